"""`bozzetto optimize`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli import rewriting
from bozzetto.cli.batches import answer_lines
from bozzetto.cli.explain import print_explanations
from bozzetto.cli.live import drafts_shown, usage_text
from bozzetto.cli.options import (
    Actor,
    BatchFile,
    Format,
    FormatChoice,
    HasImage,
    Home,
    MaxNsfw,
    MinRating,
    ModelFamily,
    Since,
    Source,
    Tag,
    Use,
    make_filters,
)
from bozzetto.cli.output import console, note, progress_bar, write_json
from bozzetto.cli.preferences import (
    Aspect,
    Avoid,
    Camera,
    Keep,
    Light,
    Medium,
    Mood,
    Palette,
    Prefer,
    Set,
    StrengthChoice,
    StrengthOption,
    TemplateOption,
    read_values,
)
from bozzetto.cli.rewriting import Again, Cache, Negative, Refine, Revise, RevisedText

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.app.batch import BatchRequest
    from bozzetto.app.sessions import OnEvent
    from bozzetto.types import Filters, OptimizeResult

__all__ = ["optimize_command"]

PARTLY = 6


def optimize_command(
    idea: Annotated[
        str | None,
        typer.Argument(help="What you have in mind, in any language.", show_default=False),
    ] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many.", show_default="4")] = None,
    pick: Annotated[
        list[str] | None,
        typer.Option(
            "--pick", metavar="ID", help="Write from this hit; repeat for more.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="The image model, or a profile file.", show_default="sdxl"),
    ] = None,
    chat: Annotated[
        str | None,
        typer.Option(
            "--chat",
            metavar="SCHEME:MODEL",
            help="A language model that writes.",
            show_default="compose",
        ),
    ] = None,
    cache: Cache = True,
    refine: Refine = None,
    again: Again = None,
    revise: Revise = None,
    text: RevisedText = None,
    negative: Negative = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="The same seed gives the same bytes.", show_default="0"),
    ] = None,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep the candidates.")] = True,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each reads as it does.")
    ] = False,
    batch: BatchFile = None,
    prefer: Prefer = None,
    mood: Mood = None,
    medium: Medium = None,
    light: Light = None,
    palette: Palette = None,
    camera: Camera = None,
    aspect: Aspect = None,
    avoid: Avoid = None,
    keep: Keep = None,
    strength: StrengthOption = StrengthChoice.enrich,
    template: TemplateOption = None,
    values: Set = None,
    tag: Tag = None,
    use: Use = None,
    source: Source = None,
    model_family: ModelFamily = None,
    min_rating: MinRating = None,
    max_nsfw: MaxNsfw = None,
    has_image: HasImage = None,
    since: Since = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Write prompts from an idea and the library.

    Every phrase shows where it came from.
    """
    from bozzetto.app import Assistant
    from bozzetto.app.batch import BatchRequest
    from bozzetto.app.explaining import explained_json
    from bozzetto.app.wire import optimize_json
    from bozzetto.types import Wishes

    wishes = Wishes(
        mood or (), medium or (), light or (), palette or (), camera or (), aspect,
        avoid or (), keep or (),
    )  # fmt: skip
    filled = read_values(values or ())
    filters = make_filters(tag, use, source, model_family, min_rating, max_nsfw, has_image, since)
    asked = BatchRequest(
        idea=idea or "", n=n, pick=tuple(pick or ()), prefer=prefer, wishes=wishes,
        strength=strength.value, template=template, values=filled, profile=profile,
        seed=seed or 0,
    )  # fmt: skip
    with progress_bar() as progress, Assistant.open(home, actor=actor, progress=progress) as a:
        write = _writer(a, asked, chat=chat, filters=filters, save=save, cache=cache)
        ways = {"--refine": refine, "--again": again, "--revise": revise}
        changed = refine or again or revise
        if changed or text is not None or negative is not None:
            new = {
                "the idea": idea, "--batch": batch, "-n": n, "--pick": pick,
                "--profile": profile, "--template": template, "--set": values, "--mood": mood,
                "--medium": medium, "--light": light, "--palette": palette, "--camera": camera,
                "--aspect": aspect, "--avoid": avoid, "--keep": keep,
                "--strength": None if strength is StrengthChoice.enrich else strength,
            }  # fmt: skip
            if revise:
                new |= {"--chat": chat, "--seed": seed, "--no-save": not save}
            rewriting.alone(new, ways, prefer, text, negative)
        elif batch is not None:
            a.check(profile, chat)
            as_json = explained_json if explain else optimize_json
            answer_lines(idea, batch, lambda line: as_json(write(line)))
            return
        elif idea is None and template is None:
            raise typer.BadParameter("say what you have in mind, or give --batch FILE")
        with drafts_shown() as on_event:
            if revise:
                result = rewriting.revise(a, revise, text or "", negative)
            elif changed:
                result = rewriting.rewrite(
                    a, changed, prefer, chat=chat, seed=seed, save=save, cache=cache,
                    on_event=on_event,
                )  # fmt: skip
            else:
                result = write(asked, on_event)
        limits = a.token_limits(profile)
    _show(result, format, limits, explain=explain)


def _writer(
    a: Assistant,
    asked: BatchRequest,
    *,
    chat: str | None,
    filters: Filters,
    save: bool,
    cache: bool,
) -> Callable[..., OptimizeResult]:
    """What writes a line, which may say otherwise than the command's options."""
    from bozzetto.app.batch import over

    def write(line: BatchRequest, on_event: OnEvent | None = None) -> OptimizeResult:
        whole = over(asked, line)
        return a.optimize(
            whole.idea,
            n=whole.n,
            k=whole.k,
            pick=whole.pick,
            prefer=whole.prefer,
            wishes=whole.wishes,
            strength=whole.strength or "enrich",
            template=whole.template,
            values=whole.values,
            profile=whole.profile,
            chat=chat,
            seed=whole.seed or 0,
            filters=filters,
            save=save,
            on_event=on_event,
            cache=cache,
        )

    return write


def _show(
    result: OptimizeResult, format: FormatChoice, limits: Mapping[str, int], *, explain: bool
) -> None:
    """Print the candidates, and beside them what a person should know."""
    from bozzetto.app.explaining import explained_json
    from bozzetto.app.wire import optimize_json

    if format is FormatChoice.json:
        write_json(explained_json(result) if explain else optimize_json(result))
    else:
        from bozzetto.cli.render import candidates_view

        console().print(candidates_view(result, limits))
        if explain:
            print_explanations(result)
        for text in result.notes:
            note(text)
    if result.usage:
        note(usage_text(result.usage))
    if result.degraded:
        note(f"compose stood in: {result.degraded}")
        raise typer.Exit(PARTLY)
