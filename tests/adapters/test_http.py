"""What a status means, whatever the service."""

from __future__ import annotations

from bozzetto.adapters.endpoint import Endpoint
from bozzetto.adapters.http import Answer, refusal
from bozzetto.errors import BackendError, SetupError

ENDPOINT = Endpoint("Acme", "http://127.0.0.1:9", "m", 5.0, local=True)


def test_every_status_is_told_in_our_terms() -> None:
    told = {n: refusal(ENDPOINT, Answer(n, b"no"), "m") for n in range(100, 600)}
    setup = {n for n, error in told.items() if isinstance(error, SetupError)}
    passing = {
        n for n, error in told.items() if isinstance(error, BackendError) and error.retryable
    }
    rest = told.keys() - setup - passing
    assert setup == {401, 403, 404}
    assert passing == {408, 409, 425, 429, *range(500, 600)}
    assert all(isinstance(told[n], BackendError) and told[n].exit_code == 5 for n in rest)
    assert all("Acme" in error.message for error in told.values())
