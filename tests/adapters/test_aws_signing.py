"""Credentials and regions to sign requests with, from a mapping of variables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.adapters.aws import signing
from bozzetto.errors import SetupError

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example-secret"}


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def nothing(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine that has nothing of Amazon."""
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def told(environ: dict[str, str], region: str = "") -> tuple[str, str, str | None, str]:
    credentials, found = signing("OpenSearch", environ=environ, region=region)
    return credentials.access_key, credentials.secret_key, credentials.token, found


def test_the_variables_are_used(nothing: dict[str, str]) -> None:
    environ = {**nothing, **KEYS, "AWS_SESSION_TOKEN": "t", "AWS_REGION": "eu-west-1"}
    assert told(environ) == ("AKIDEXAMPLE", "example-secret", "t", "eu-west-1")
    assert told(environ, "us-east-1")[3] == "us-east-1"


def test_a_profile_gives_both(nothing: dict[str, str]) -> None:
    Path(nothing["AWS_CONFIG_FILE"]).write_text("[profile work]\nregion = eu-central-1\n", "utf-8")
    Path(nothing["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        "[work]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = other\n", "utf-8"
    )
    environ = {**nothing, "AWS_PROFILE": "work"}
    assert told(environ) == ("AKIDOTHER", "other", None, "eu-central-1")


@pytest.mark.parametrize(
    ("environ", "region", "says", "hint"),
    [
        ({}, "eu-west-1", "Unable to locate credentials", "AWS_PROFILE"),
        (KEYS, "", "You must specify a region", "AWS_REGION"),
        ({"AWS_ACCESS_KEY_ID": "A"}, "eu-west-1", "Partial credentials", "set both"),
        ({"AWS_PROFILE": "nobody"}, "eu-west-1", "profile .nobody. could not", "list-profiles"),
    ],
)
def test_what_is_missing_is_told(
    nothing: dict[str, str], environ: dict[str, str], region: str, says: str, hint: str
) -> None:
    with pytest.raises(SetupError, match=f"^OpenSearch: .*{says}") as caught:
        signing("OpenSearch", environ={**nothing, **environ}, region=region)
    assert hint in (caught.value.hint or "")
