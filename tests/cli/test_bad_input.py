"""Bad input: one line on standard error, the right exit code, and nothing half-written."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from talweg.images import encode


@pytest.fixture
def nothing_written(tmp_path):
    """Check at the end that the folder holds what it held before the command."""
    before: set[str] = set()

    def watch():
        before.update(os.listdir(tmp_path))

    yield watch
    assert set(os.listdir(tmp_path)) == before


def save(path, image):
    Image.fromarray(image).save(path)
    return path


def test_missing_file(refused, tmp_path):
    refused(3, "restore", tmp_path / "none.png", says=("none.png", "no such file"))


def test_folder_without_images(refused, tmp_path):
    (tmp_path / "notes.txt").touch()
    refused(3, "restore", tmp_path, says="no image")


def test_text_called_png(refused, tmp_path, nothing_written):
    (tmp_path / "a.png").write_text("hello")
    nothing_written()
    refused(3, "restore", tmp_path / "a.png", says=("a.png", "no image"))


def test_truncated_jpeg(refused, tmp_path, clean, nothing_written):
    stream = io.BytesIO()
    Image.fromarray(np.tile(clean, (8, 8))).save(stream, "JPEG")
    (tmp_path / "a.jpg").write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    nothing_written()
    refused(3, "restore", tmp_path / "a.jpg", says=("a.jpg", "cut short"))


@pytest.mark.parametrize("value", [0, 77, 255])
def test_one_pixel(refused, tmp_path, nothing_written, value):
    save(tmp_path / "a.png", np.full((1, 1), value, np.uint8))
    nothing_written()
    says = "no pixel is missing" if value == 77 else "every pixel is missing"
    refused(3, "restore", tmp_path / "a.png", says=says)


def test_no_known_pixel(refused, tmp_path, nothing_written):
    save(tmp_path / "a.png", np.zeros((9, 9), np.uint8))
    nothing_written()
    refused(3, "restore", tmp_path / "a.png", says=("every pixel is missing", "--mask"))


def test_no_missing_pixel(refused, tmp_path, clean, nothing_written):
    save(tmp_path / "a.png", clean)
    nothing_written()
    refused(3, "restore", tmp_path / "a.png", says=("no pixel is missing", "--mask"))


def test_mask_of_another_size(refused, photo, tmp_path, nothing_written):
    save(tmp_path / "mask.png", np.full((5, 5), 255, np.uint8))
    nothing_written()
    refused(3, "restore", photo, "--mask", tmp_path / "mask.png", says=("5x5", "40x32"))


@pytest.mark.parametrize("mask", ["lost.png", "#12", "1,2,3,4"])
def test_mask_that_is_none(refused, photo, nothing_written, mask):
    nothing_written()
    refused(3, "restore", photo, "--mask", mask, says=mask)


def test_nan_everywhere(refused, tmp_path, nothing_written):
    np.save(tmp_path / "a.npy", np.full((9, 9), np.nan))
    nothing_written()
    refused(3, "restore", tmp_path / "a.npy", says="every pixel is missing")


def test_png_of_300_megapixels(refused, tmp_path, nothing_written):
    header = b"IHDR" + struct.pack(">IIBBBBB", 20000, 15000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    nothing_written()
    refused(3, "restore", tmp_path / "bomb.png", says="300,000,000 pixels")


def test_no_write_permission(refused, photo, tmp_path, monkeypatch, nothing_written):
    nothing_written()
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    refused(1, "restore", photo, says="permission")


def test_permission_that_is_lost_meanwhile(run, photo, monkeypatch, nothing_written):
    nothing_written()

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("talweg.atomic.os.replace", refuse)
    result = run("restore", photo, "-q")
    assert result.exit_code == 1
    assert "photo.restored.png: Permission denied" in result.stderr


def test_output_in_no_folder(refused, photo, tmp_path, nothing_written):
    nothing_written()
    refused(1, "restore", photo, "-o", tmp_path / "none" / "a.png", says="does not exist")
    refused(1, "restore", photo, "-o", photo / "a.png", says="not a folder")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_full_disk(run, photo, nothing_written):
    nothing_written()
    result = run("restore", photo, "-q", "-o", "/dev/full")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: /dev/full: No space left on device\n"


def test_disk_that_fills_while_writing(run, photo, tmp_path, monkeypatch, nothing_written):
    nothing_written()

    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("builtins.open", _opening(open, Full))
    result = run("restore", photo, "-q")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def _opening(usual, full):
    def opened(name, mode="r", *rest, **options):
        return full() if str(name).endswith(".part") else usual(name, mode, *rest, **options)

    return opened


def test_an_unexpected_error_is_one_line(run, photo, monkeypatch, nothing_written):
    nothing_written()

    def fail(_):
        raise RuntimeError("strange\nthings")

    monkeypatch.setitem(encode.ENCODERS, "PNG", fail)
    result = run("restore", photo, "-q")
    assert result.exit_code == 1
    assert result.stderr == "Error: unexpected RuntimeError: strange things (-v shows where)\n"
    result = run("restore", photo, "-v")
    assert "Traceback" in result.stderr


ENERGIES = {
    "raises": ("def f(x):\n    return 1 / 0\n", ("line 2", "ZeroDivisionError")),
    "vector": ("def f(x):\n    return x[0]\n", ("one number",)),
    "text": ("def f(x):\n    return 'low'\n", ("f",)),
    "nan": ("import numpy as np\ndef f(x):\n    return np.sum(x) * np.nan\n", ("nan",)),
    "branch": ("def f(x):\n    return float(x.tolist()[0][0])\n", ("differentiated",)),
    "syntax": ("def f(x:\n", ("SyntaxError", "line 1")),
    "import": ("import nowhere_to_be_found\n", ("ModuleNotFoundError", "line 1")),
    "exits": ("raise SystemExit(0)\n", ("SystemExit",)),
    "absent": ("def g(x):\n    return 0.0\n", ("no function 'f'", "g")),
    "number": ("f = 3\n", ("not a function",)),
    "arguments": ("def f(x, y):\n    return 0.0\n", ("'y'",)),
}


@pytest.mark.parametrize("name", ENERGIES)
def test_energy_files(run, photo, tmp_path, nothing_written, name):
    code, says = ENERGIES[name]
    file = tmp_path / f"{name}.py"
    file.write_text(code)
    (tmp_path / "__pycache__").mkdir()
    nothing_written()
    result = run("restore", photo, "-q", "--energy", f"{file}:f")
    assert result.exit_code == 3, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    for words in (str(file), *says):
        assert words in line


def test_energy_file_that_is_missing(refused, photo, tmp_path):
    refused(3, "restore", photo, "--energy", f"{tmp_path}/none.py:f", says="no such file")
    refused(3, "restore", photo, "--energy", f"{tmp_path}:f", says="folder")


@pytest.mark.parametrize("what", ["size", "type", "nan", "missing"])
def test_reference_that_does_not_fit(refused, photo, tmp_path, clean, what):
    reference = tmp_path / "clean.npy"
    if what != "missing":
        np.save(reference, {"size": clean[1:], "type": clean / 2, "nan": clean * np.nan}[what])
    refused(3, "restore", photo, "--reference", reference, says="clean.npy")
    assert not (tmp_path / "photo.restored.png").exists()
