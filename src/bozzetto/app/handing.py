"""What a campaign hands on: sheets, exports, and judgements for the library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bozzetto.app.boards import Campaign
from bozzetto.app.writeout import write_whole
from bozzetto.errors import BozzettoError, InputError, NotFoundError
from bozzetto.library.keeping import KeepItem
from bozzetto.profiles import load as load_profile
from bozzetto.review.canvas import png
from bozzetto.review.contact import contact_pages, contact_pdf, contact_pngs, page_count
from bozzetto.review.export import Export, Exported, export_folder, export_zip
from bozzetto.review.tuning import Tuning, export_tuning, tuning_zip
from bozzetto.review.verdicts import Standing
from bozzetto.store.store import Store
from bozzetto.types import Effective, Image, Parameters

__all__ = ["contact_page", "contact_sheet", "export", "judged_items", "tune"]


def contact_sheet(campaign: Campaign, path: Path) -> tuple[Path, ...]:
    """The pages of a campaign as a PDF, or as PNG files beside one another.

    Raises:
        InputError: the file ends neither in .pdf nor in .png, or cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".pdf":
        data = contact_pdf(campaign.images, campaign.verdicts, brief=campaign.brief)
        return (write_whole(path, data),)
    if kind == ".png":
        pages = contact_pngs(
            campaign.images, campaign.verdicts, brief=campaign.brief, name=path.stem
        )
        return tuple(write_whole(path.with_name(name), data) for name, data in pages.items())
    raise InputError(f"{path}: a contact sheet is a .pdf or a .png")


def contact_page(campaign: Campaign, number: int) -> tuple[bytes, int]:
    """A page of a campaign's contact sheet as a PNG file, and how many pages there are.

    Raises:
        NotFoundError: there is no such page.
    """
    count = page_count(campaign.images)
    if not 1 <= number <= count:
        raise NotFoundError(f"page: {number} is not between 1 and {count}")
    pages = contact_pages(campaign.images, campaign.verdicts, brief=campaign.brief)
    return png(next(islice(pages, number - 1, None))), count


def tune(campaign: Campaign, target: Path, **options: Any) -> Tuning:  # noqa: ANN401
    """Kept pictures with their prompts as a folder, or as a .zip file.

    Raises:
        InputError: nothing is kept, or something stands at the target.
        SetupError: the disk is full or cannot be written to.
    """
    write = tuning_zip if target.suffix.lower() == ".zip" else export_tuning
    return write(target, campaign.images, campaign.verdicts, **options)


def export(store: Store, campaign: Campaign, target: Path, *, only_kept: bool) -> Exported:
    """Pictures, prompts, manifests and a contact sheet as a folder, or as a .zip file.

    Raises:
        InputError: there is no picture, or something else stands at the target.
        SetupError: the disk is full or cannot be written to.
    """
    if not any(image.state == "ok" for image in campaign.images):
        raise InputError(f"there are no pictures of {campaign.name!r} yet")
    ids = dict.fromkeys(image.lineage.candidate for image in campaign.images)
    found = [store.candidate(identity) for identity in ids if identity]
    what = Export(
        images=campaign.images,
        verdicts=campaign.verdicts,
        brief=campaign.brief,
        candidates={kept.candidate.id: kept.candidate for kept in found if kept},
        sheets={
            "contact.pdf": contact_pdf(campaign.images, campaign.verdicts, brief=campaign.brief)
        },
        only_kept=only_kept,
    )
    return (export_zip if target.suffix.lower() == ".zip" else export_folder)(target, what)


def judged_items(campaign: Campaign, profiles: Path) -> list[KeepItem]:
    """What the library is told: the verdicts of those who say what most say, stars with them.

    Where nobody decided, or as many keep as reject, the stars of all count and nothing else.
    """
    families: dict[str, str | None] = {}
    items: list[KeepItem] = []
    for image, standing in zip(campaign.images, campaign.standings, strict=True):
        if image.state != "ok":
            continue
        name = image.request.profile or ""
        if name not in families:
            families[name] = _family(name, profiles)
        items += _items(image, standing, families[name])
    return items


def _items(image: Image, standing: Standing, family: str | None) -> Iterator[KeepItem]:
    for verdict in standing.verdicts:
        heard = verdict.rating if standing.keep is None else verdict.keep == standing.keep
        if heard:
            yield KeepItem(
                prompt=image.request.prompt,
                keep=bool(standing.keep),
                rating=verdict.rating,
                negative=image.request.negative,
                picture=image.path,
                image=image.id,
                parameters=_parameters(image.effective),
                model_family=family,
                idea=image.lineage.idea,
                candidate=image.lineage.candidate,
                hits=image.lineage.hits,
                made_at=image.at,
            )


def _family(name: str, profiles: Path) -> str | None:
    """The family of a profile's model; None where the profile is not there any more."""
    try:
        family = load_profile(name, profiles).family
    except BozzettoError:
        return None
    return None if family == "any" else family


def _parameters(made: Effective | None) -> Parameters | None:
    if made is None:
        return None
    return Parameters(
        made.seed, made.steps, made.guidance, made.sampler, made.width, made.height, made.model
    )
