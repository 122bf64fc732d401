"""Places that can't be written to: what was there is kept, and nothing is left behind."""

from __future__ import annotations

import os
import stat

import numpy as np
import pytest

from talweg.images import write as write_module
from talweg.images.picture import Picture
from talweg.images.read import read
from talweg.images.write import atomic_write, write

NOISE = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
PICTURE = Picture(NOISE, 2)


def test_an_existing_file_is_kept(tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=r"out\.png.*overwrite"):
        write(path, PICTURE)
    assert path.read_bytes() == b"precious"
    path.chmod(0o604)
    write(path, PICTURE, overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, NOISE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert os.listdir(tmp_path) == ["out.png"]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    path = tmp_path / "out.png"

    def race():
        with atomic_write(path) as file:
            file.write(b"new")
            path.write_bytes(b"precious")

    with pytest.raises(FileExistsError, match="exists"):
        race()
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["out.png"]


def test_existing_file_is_noticed_before_any_work(tmp_path, monkeypatch):
    path = tmp_path / "out.png"
    path.touch()
    monkeypatch.setitem(write_module.ENCODERS, "PNG", lambda picture: pytest.fail("worked"))
    with pytest.raises(FileExistsError):
        write(path, PICTURE)


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_permissions_are_those_that_open_gives(tmp_path, mask):
    before = os.umask(mask)
    try:
        write(tmp_path / "out.png", PICTURE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_when_writing_fails(tmp_path, error):
    path = tmp_path / "out.gif"
    path.write_bytes(b"precious")

    def fail():
        with atomic_write(path, overwrite=True) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    if isinstance(error, OSError):
        assert str(path) in str(caught.value)
        assert caught.value.errno == 28
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["out.gif"]


def test_nothing_is_left_when_renaming_fails(tmp_path, monkeypatch):
    def deny(source, target):
        raise PermissionError(13, "Permission denied", source, None, target)

    monkeypatch.setattr("os.replace", deny)
    with pytest.raises(PermissionError, match=r"out\.png"):
        write(tmp_path / "out.png", PICTURE)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_an_os_error_and_stays_a_device():
    with pytest.raises(OSError, match="/dev/full") as caught:
        write("/dev/full", PICTURE, format="PNG")
    assert caught.value.errno == 28
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_errors_name_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.out\.png"):
        write(tmp_path / "nowhere" / "out.png", PICTURE)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(FileExistsError, match="folder"):
        write(tmp_path / "folder.png", PICTURE, overwrite=True)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "real" / "file.png")
    write(link, PICTURE)
    assert link.is_symlink()
    np.testing.assert_array_equal(read(tmp_path / "real" / "file.png").pixels, NOISE)
