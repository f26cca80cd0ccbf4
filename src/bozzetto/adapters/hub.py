"""What the models of this process share: the hub they come from, and the device they run on."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Final

from bozzetto.errors import BackendError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["best_device", "first_line", "hub_errors", "hush", "offline"]

_OFF: Final = ("", "0", "no", "off", "false")


def hush() -> None:
    """Keep the libraries' bars and remarks off the terminal: what matters is told by us."""
    import diffusers
    import huggingface_hub
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
        # What they mean to change one day is nothing that a person who draws can act upon.
        warnings.filterwarnings("ignore", module=rf"{library.__name__}\.")
    huggingface_hub.utils.disable_progress_bars()


def best_device() -> str:
    """The name torch has for the quickest device of this machine."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def offline(environ: Mapping[str, str]) -> bool:
    """Whether the hub is not to be asked."""
    return environ.get("HF_HUB_OFFLINE", "").lower() not in _OFF


@contextlib.contextmanager
def hub_errors(name: str, hint: str, environ: Mapping[str, str]) -> Iterator[None]:
    """The hub's refusals of a model, named with its scheme, in our words."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        page = f"https://huggingface.co/{name.partition(':')[2]}"
        raise SetupError(
            f"{name} is given only to those who accept its licence",
            hint=f"accept it at {page}; then hf auth login, or HF_TOKEN",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise SetupError(
            f"{name}: the hub has no such model, or it is private",
            hint="check the name; for a private model: hf auth login, or set HF_TOKEN",
        ) from error
    except (errors.OfflineModeIsEnabled, OSError) as error:
        if offline(environ):
            raise SetupError(
                f"{name} needs what is not on this machine, and HF_HUB_OFFLINE is set",
                hint=hint,
            ) from error
        status = getattr(getattr(error, "response", None), "status_code", None)
        why = "cannot be reached" if status is None else f"answers {status}"
        raise BackendError(
            f"{name} cannot be fetched: the hub {why}",
            hint=hint,
            retryable=True,
            status=status,
        ) from error


def first_line(error: Exception) -> str:
    """What an error says first, safe to show."""
    return visible((str(error).strip() or type(error).__name__).splitlines()[0])
