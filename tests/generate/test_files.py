"""Pictures on the disk."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from bozzetto.errors import SetupError
from bozzetto.generate.files import LEFT, keep, sweep
from bozzetto.generate.received import Received
from bozzetto.store.images import picture_path, thumbnail_path

PICTURE = Received(b"a picture", b"small", (1, 1))


def test_a_picture_lies_by_its_content(tmp_path: Path) -> None:
    digest = keep(tmp_path, PICTURE)
    assert digest == hashlib.sha256(b"a picture").hexdigest()
    assert picture_path(tmp_path, digest).read_bytes() == b"a picture"
    assert thumbnail_path(tmp_path, digest).read_bytes() == b"small"
    assert keep(tmp_path, PICTURE) == digest
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_one_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    path = picture_path(tmp_path, keep(tmp_path, PICTURE))
    path.write_bytes(b"a pic")
    keep(tmp_path, PICTURE)
    assert path.read_bytes() == b"a picture"


def test_what_a_killed_program_left_is_swept(tmp_path: Path) -> None:
    place = picture_path(tmp_path, hashlib.sha256(PICTURE.file).hexdigest())
    place.parent.mkdir(parents=True)
    old, new = (place.with_name(f"{place.name}.{name}.part") for name in ("old", "new"))
    now = time.time()
    for path, age in ((old, LEFT + 60), (new, LEFT - 60)):
        path.write_bytes(b"a pic")
        os.utime(path, (now - age, now - age))
    keep(tmp_path, PICTURE)
    assert {path.name for path in place.parent.iterdir()} == {place.name, new.name}
    sweep(place.parent, now + 120)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the system refuses the same way."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    large = Received(bytes(200_000), b"small", (1, 1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(SetupError, match="cannot be written") as caught:
            keep(tmp_path, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.hint == "make room on the disk, then: bozzetto jobs resume"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name == "nt", reason="folders are protected otherwise there")
def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="cannot be written"):
        keep(tmp_path, PICTURE)
