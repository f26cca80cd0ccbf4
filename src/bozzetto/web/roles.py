"""Who may do what: each route and the role it takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bozzetto.types import Caller

__all__ = ["ROLES", "Role", "may"]


class Role(StrEnum):
    """A role has what stands before it too. `open` is anybody who reaches this server."""

    open = "open"
    viewer = "viewer"
    editor = "editor"
    admin = "admin"


def may(caller: Caller | None, role: Role) -> bool:
    """Whether somebody has a role; what is open is for nobody too."""
    has = Role.open if caller is None else Role(caller.role)
    order = list(Role)
    return order.index(has) >= order.index(role)


_V1 = "/api/v1"

ROLES: Mapping[str, Role] = {
    "GET /": Role.open,
    "GET /campaigns": Role.open,
    "GET /campaigns/{_:path}": Role.open,
    "GET /library": Role.open,
    "GET /settings": Role.open,
    "GET /jobs": Role.open,
    "GET /static/{name:path}": Role.open,
    "GET /healthz": Role.open,
    "GET /readyz": Role.open,
    f"GET {_V1}/session": Role.viewer,
    f"POST {_V1}/session": Role.open,
    f"DELETE {_V1}/session": Role.viewer,
    f"PUT {_V1}/session/password": Role.viewer,
    f"GET {_V1}/accounts": Role.admin,
    f"POST {_V1}/accounts": Role.admin,
    f"PATCH {_V1}/accounts/{{name}}": Role.admin,
    f"DELETE {_V1}/accounts/{{name}}": Role.admin,
    f"GET {_V1}/accounts/{{name}}/keys": Role.admin,
    f"POST {_V1}/accounts/{{name}}/keys": Role.admin,
    f"DELETE {_V1}/accounts/{{name}}/keys/{{key}}": Role.admin,
    f"GET {_V1}/accounts/{{name}}/sessions": Role.admin,
    f"DELETE {_V1}/accounts/{{name}}/sessions": Role.admin,
    "GET /openapi.json": Role.viewer,
    f"GET {_V1}/campaigns": Role.viewer,
    f"POST {_V1}/campaigns": Role.editor,
    f"POST {_V1}/campaigns/plan": Role.viewer,
    f"GET {_V1}/campaigns/{{name:path}}": Role.viewer,
    f"DELETE {_V1}/campaigns/{{name:path}}": Role.admin,
    f"POST {_V1}/campaigns/{{name:path}}/resume": Role.editor,
    f"GET {_V1}/campaigns/{{name:path}}/export.zip": Role.viewer,
    f"GET {_V1}/campaigns/{{name:path}}/tune.zip": Role.viewer,
    f"GET {_V1}/campaigns/{{name:path}}/sheet.pdf": Role.viewer,
    f"GET {_V1}/campaigns/{{name:path}}/sheet.png": Role.viewer,
    f"GET {_V1}/campaigns/{{name:path}}/missing": Role.viewer,
    f"POST {_V1}/campaigns/{{name:path}}/keep": Role.editor,
    f"POST {_V1}/campaigns/{{name:path}}/take-back": Role.editor,
    f"POST {_V1}/campaigns/{{name:path}}/score": Role.editor,
    f"GET {_V1}/campaigns/{{name:path}}/board": Role.viewer,
    f"POST {_V1}/campaigns/{{name:path}}/verdicts": Role.editor,
    f"POST {_V1}/campaigns/{{name:path}}/undo": Role.editor,
    f"GET {_V1}/images/{{identity}}/file": Role.viewer,
    f"GET {_V1}/images/{{identity}}/thumbnail": Role.viewer,
    f"POST {_V1}/search": Role.viewer,
    f"POST {_V1}/batch/search": Role.viewer,
    f"POST {_V1}/batch/optimize": Role.editor,
    f"POST {_V1}/import": Role.editor,
    f"POST {_V1}/optimize": Role.editor,
    f"POST {_V1}/optimize/{{candidate}}/refine": Role.editor,
    f"POST {_V1}/optimize/{{candidate}}/regenerate": Role.editor,
    f"GET {_V1}/runs/{{run}}/events": Role.editor,
    f"POST {_V1}/runs/{{run}}/stop": Role.editor,
    f"GET {_V1}/candidates/{{candidate}}": Role.viewer,
    f"GET {_V1}/candidates/{{candidate}}/explain": Role.viewer,
    f"POST {_V1}/candidates/{{candidate}}/revise": Role.editor,
    f"POST {_V1}/tokens": Role.viewer,
    f"GET {_V1}/library": Role.viewer,
    f"GET {_V1}/library/export": Role.viewer,
    f"GET {_V1}/stats": Role.viewer,
    f"GET {_V1}/index": Role.viewer,
    f"POST {_V1}/index/build": Role.editor,
    f"POST {_V1}/index/verify": Role.editor,
    f"GET {_V1}/config": Role.admin,
    f"GET {_V1}/doctor": Role.admin,
    f"POST {_V1}/backup": Role.admin,
    f"DELETE {_V1}/library": Role.admin,
    f"GET {_V1}/library/{{identity}}": Role.viewer,
    f"GET {_V1}/library/{{identity}}/variants": Role.viewer,
    f"PATCH {_V1}/library/{{identity}}": Role.editor,
    f"DELETE {_V1}/library/{{identity}}": Role.editor,
    f"PUT {_V1}/library/{{identity}}/rating": Role.editor,
    f"POST {_V1}/generate": Role.editor,
    f"POST {_V1}/compare": Role.editor,
    f"GET {_V1}/jobs": Role.viewer,
    f"GET {_V1}/jobs/{{job}}": Role.viewer,
    f"GET {_V1}/jobs/{{job}}/events": Role.viewer,
    f"GET {_V1}/jobs/{{job}}/sheet.png": Role.viewer,
    f"GET {_V1}/jobs/{{job}}/compare.png": Role.viewer,
    f"POST {_V1}/jobs/{{job}}/cancel": Role.editor,
    f"POST {_V1}/jobs/{{job}}/retry": Role.editor,
    f"POST {_V1}/jobs/{{job}}/resume": Role.editor,
    f"GET {_V1}/profiles": Role.viewer,
    f"GET {_V1}/profiles/{{name}}": Role.viewer,
    f"GET {_V1}/backends": Role.viewer,
}
"""The role of each route, as "METHOD path"."""
