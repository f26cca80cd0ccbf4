"""What a user made with LangChain, by its name: "module:attribute", an object or its factory.

The module is found as Python finds any: installed, or in a folder of PYTHONPATH. Naming it runs
it, so the name comes from the command line, the settings or the owner, never from a request.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

from pydantic import ValidationError

from bozzetto.adapters.failures import spoken
from bozzetto.errors import SetupError

__all__ = ["named_object", "secrets_of", "words_of"]

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)


def named_object(rest: str, kind: type, *, environ: Mapping[str, str]) -> Any:  # noqa: ANN401
    """The object of a kind that "module:attribute" names; a factory is called, without arguments.

    Raises:
        SetupError: the name is none, the module cannot be imported, has no such attribute, or it
            is something else.
    """
    module, colon, attribute = rest.strip().partition(":")
    parts = [*module.split("."), *attribute.split(".")]
    if not colon or not all(part.isidentifier() for part in parts):
        raise SetupError(
            f"langchain: {rest.strip()!r} names nothing",
            hint="name a module and what it holds: langchain:mymodels:writer",
        )
    name = f"langchain:{module}:{attribute}"
    try:
        found = reduce(getattr, attribute.split("."), importlib.import_module(module))
        made = found if isinstance(found, kind) or not callable(found) else found()
    except ModuleNotFoundError as error:
        raise _not_found(name, module, error.name or "") from None
    except AttributeError as error:
        raise SetupError(f"{name}: {words_of(error, environ)}") from None
    except (Exception, SystemExit) as error:  # what a stranger's code may raise is anything
        said = f"{type(error).__name__}: {words_of(error, environ)}"
        raise SetupError(f"{name} failed while it was set up: {said}") from None
    if not isinstance(made, kind):
        raise SetupError(f"{name} is no {kind.__name__} of LangChain, but {type(made).__name__}")
    return made


def _not_found(name: str, module: str, missing: str) -> SetupError:
    if module == missing or module.startswith(f"{missing}."):
        hint = "install it, or name its folder in PYTHONPATH"
        return SetupError(f"{name}: Python finds no module {missing}", hint=hint)
    return SetupError(
        f"{name} needs the package {missing}", hint=f"pip install {missing.replace('_', '-')}"
    )


def words_of(error: BaseException, environ: Mapping[str, str]) -> str:
    """What an error says in one safe line, without the values that pydantic would repeat."""
    said: object = error
    if isinstance(error, ValidationError):
        lines = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        said = "; ".join(lines)
    return spoken(said, secrets_of(environ))


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """What of the environment must not be shown: keys, by the names of their variables."""
    return [value for name, value in environ.items() if _SECRET.search(name)]
