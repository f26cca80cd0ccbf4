"""What the doctor makes of a model's life."""

from __future__ import annotations

import pytest

from bozzetto.app.doctor import Check, _model
from bozzetto.ports import Lifecycle


@pytest.mark.parametrize(
    ("life", "state", "detail", "hint"),
    [
        (None, "ok", "x:m (not called)", None),
        (Lifecycle("active"), "ok", "x:m (not called)", None),
        (Lifecycle("active", "9999-01-01"), "ok", "x:m (not called)", None),
        (
            Lifecycle("legacy", "9999-01-01", "m2"),
            "warn",
            "x:m is legacy and ends on 9999-01-01: new customers may be refused",
            "m2 stands in its place",
        ),
        (
            Lifecycle("legacy"),
            "warn",
            "x:m is legacy: new customers may be refused",
            "choose another model",
        ),
        (
            Lifecycle("legacy", "2020-01-01"),
            "fail",
            "x:m is gone: its vendor ended it on 2020-01-01",
            "choose another model",
        ),
        (Lifecycle("gone"), "fail", "x:m is gone: its vendor ended it", "choose another model"),
    ],
)
def test_a_model_as_long_as_its_vendor_keeps_it(
    life: Lifecycle | None, state: str, detail: str, hint: str | None
) -> None:
    assert _model("chat", "x:m", life) == Check("chat", state, detail, hint)  # type: ignore[arg-type]
