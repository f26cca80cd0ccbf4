"""`/healthz` and `/readyz`: for whoever looks after the server, without a token."""

from __future__ import annotations

from fastapi import APIRouter

from bozzetto.web.state import TheAssistant, TheDrawer

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The server answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(a: TheAssistant, drawer: TheDrawer) -> dict[str, str]:
    """The library can be read, and the server is not about to end; else 503."""
    drawer.check()
    a.library.count()
    return {"status": "ready"}
