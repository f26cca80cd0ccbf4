from __future__ import annotations

import importlib.util

from bozzetto.app.backends import Backend, absent, backends


def test_every_scheme_is_listed_with_what_it_lacks() -> None:
    found = {(one.kind, one.scheme): one for one in backends()}
    assert found["chat", "compose"] == Backend("chat", "compose")
    assert found["images", "a1111"] == Backend("images", "a1111")
    lacks = importlib.util.find_spec("boto3") is None
    bedrock = Backend("images", "bedrock", "boto3", "pip install 'bozzetto[aws]'")
    assert found["images", "bedrock"] == (bedrock if lacks else Backend("images", "bedrock"))


def test_packages_of_an_extra_that_are_not_there_are_named() -> None:
    lines = ["none-such[a]>=1,<2; extra == 'aws'", "absent>=2", 'numpy>=2; extra == "aws"']
    assert absent("aws", lines) == ["none-such"]
    assert absent("other", lines) == []
