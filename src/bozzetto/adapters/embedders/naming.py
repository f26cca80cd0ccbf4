"""From "MODEL?dimensions=N" and a row of the models' table to what is known of a model.

Rows of `adapters/models/*.toml` of kind "embed" may say: `dims` (the sizes of its vectors, the
usual one first), `any` (any size below is served too), `tokens` and `characters` of a text,
`languages` (ISO 639-1, in one text), `document` and `query` (what stands before texts).
"""

from __future__ import annotations

import re

from bozzetto.adapters.embedders.remote import Spec
from bozzetto.adapters.models import Known
from bozzetto.errors import SetupError

__all__ = ["sizable", "spec_of", "split_dimensions"]

_ASKED = re.compile(r"\?dimensions=(\d{1,5})(?=@|$)", re.IGNORECASE)

_UNKNOWN_TOKENS = 512
"""Read of a text where nobody says: the least that is usual."""


def split_dimensions(scheme: str, rest: str) -> tuple[str, int | None]:
    """A name without its "?dimensions=N", and N.

    Raises:
        SetupError: something else stands behind "?"; it is not shown, as it may be a key.
    """
    found = _ASKED.search(rest)
    rest = _ASKED.sub("", rest, count=1)
    if "?" in rest.partition("@")[0]:
        raise SetupError(
            f"{scheme}: only ?dimensions=NUMBER may stand behind a model's name",
            hint=f"such as {scheme}:MODEL?dimensions=512",
        )
    return rest, int(found[1]) if found else None


def spec_of(name: str, row: Known | None, asked: int | None, place: str) -> Spec:
    """What is known of the model "scheme:model"; limits of the service are the adapter's.

    Raises:
        SetupError: the model has no vectors of that size.
    """
    more = row.more if row else {}
    dims = tuple(more.get("dims", ()))
    dim = _chosen(name, dims, bool(more.get("any")), asked)
    shown = f"?dimensions={dim}" if dim and sizable(row) else ""
    document = str(more.get("document", ""))
    return Spec(
        id=f"{name}{shown}{f';{document.strip()}' if document else ''};1",
        place=place,
        tokens=int(more.get("tokens", _UNKNOWN_TOKENS)),
        characters=int(more.get("characters", 100_000)),
        dim=dim,
        document=document,
        query=str(more.get("query", "")),
        languages=tuple(str(more.get("languages", "")).split()),
        lifecycle=row.lifecycle if row else None,
    )


def sizable(row: Known | None) -> bool:
    """Whether a model, or one that nothing is known of, may be asked for vectors of a size."""
    dims = row.more.get("dims", ()) if row else ()
    return row is None or not dims or len(dims) > 1 or bool(row.more.get("any"))


def _chosen(name: str, dims: tuple[int, ...], any_: bool, asked: int | None) -> int | None:
    if asked is None:
        return dims[0] if dims else None
    if asked < 1 or (dims and asked not in dims and not (any_ and asked <= max(dims))):
        listed = f"1 to {max(dims)}" if any_ else " or ".join(map(str, dims)) or "more than 0"
        raise SetupError(
            f"{name} has no vectors of {asked} numbers", hint=f"?dimensions= takes {listed}"
        )
    return asked
