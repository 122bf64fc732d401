"""Files that can't be read: one line that says why and what to do."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from talweg.errors import ImageError
from talweg.images.picture import Picture
from talweg.images.png_chunks import _chunk
from talweg.images.read import read

NOISE = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
PICTURE = Picture(NOISE, 2)


def encoded(kind):
    buffer = io.BytesIO()
    if kind == "PNG16":
        return imagecodecs.png_encode(NOISE.astype(np.uint16) * 257)
    if kind == "NPY":
        np.save(buffer, NOISE)
    elif kind == "TIFF pages":
        pages = [Image.fromarray(NOISE[..., channel]) for channel in range(3)]
        pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    elif kind.startswith("TIFF"):
        compression = kind.removeprefix("TIFF").strip() or None
        tifffile.imwrite(buffer, NOISE, photometric="rgb", compression=compression, rowsperstrip=9)
    else:
        name, _, progressive = kind.partition(" ")
        options = {"progressive": True} if progressive else {}
        Image.fromarray(NOISE).save(buffer, name, **options)
    return buffer.getvalue()


def png(width, height, bits=8, rows=b""):
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    )


def refused(path, *words, **options):
    with pytest.raises(ImageError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    assert "; " in message  # what is wrong; what to do
    for word in words:
        assert word in message
    return message


KINDS = ["PNG", "PNG16", "JPEG", "JPEG progressive", "NPY", "WEBP", "BMP", "TIFF", "TIFF pages"]
KINDS += ["TIFF zlib", "TIFF lzw", "TIFF packbits"]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_short_is_refused(tmp_path, kind, share, capfd):
    whole = encoded(kind)
    assert read(io.BytesIO(whole)).pixels.size == NOISE.size
    path = tmp_path / "cut.img"
    path.write_bytes(whole[: max(6, int(len(whole) * share))])
    refused(path)
    assert capfd.readouterr() == ("", "")  # no decoder's own complaints


@pytest.mark.parametrize("bits", [8, 16])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, bits):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(20000, 15000, bits))
    refused(path, "20000x15000", "300,000,000", "250,000,000")
    script = (
        "import resource, sys; from talweg.images.read import read\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "try: read(sys.argv[1])\n"
        "except ValueError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, path], capture_output=True, check=True
    )
    assert b"20000x15000" in run.stdout


def test_the_limit_replaces_that_of_pillow(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for kind in ("PNG", "JPEG"):
        path = tmp_path / kind
        path.write_bytes(encoded(kind))
        assert read(path, max_pixels=3000).describe() == "50x60 RGB uint8"
        refused(path, "50x60", "3,000", "2,999", max_pixels=2999)
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_holds_for_every_format(tmp_path, kind):
    path = tmp_path / "photo"
    path.write_bytes(encoded(kind))
    refused(path, "2,999", max_pixels=2999)


def test_what_is_no_image_is_refused(tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not at all an image\n" * 20)
    refused(text, "no image", "PNG")
    empty = tmp_path / "empty.png"
    empty.touch()
    refused(empty, "empty")
    refused(tmp_path / "nowhere.png", "no such file")
    refused(tmp_path, "folder")
    refused(text / "inside.png")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "locked.png"
    path.write_bytes(encoded("PNG"))

    def deny(*arguments, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", deny)  # root may read everything
    refused(path, "may not be read", "permissions")


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((4, 5), bool), "mask"),
        (np.zeros((4, 5), complex), "complex128"),
        (np.array([[None, {}]]), "object"),
        (np.zeros((4, 5), [("a", "f4")]), "[('a', '<f4')]"),
        (np.zeros((4, 5), "U3"), "U3"),
        (np.zeros((0, 5)), "empty"),
        (np.zeros(5), "two axes"),
        (np.float64(3), "two axes"),
    ],
)
def test_arrays_that_are_no_image_are_refused(tmp_path, array, word):
    path = tmp_path / "array.npy"
    np.save(path, array, allow_pickle=True)
    refused(path, word)


def test_corrupt_npy_is_refused(tmp_path):
    path = tmp_path / "array.npy"
    good = encoded("NPY")
    for bad in (good.replace(b"descr", b"des\0r"), good[:6] + b"\x09\x09" + good[8:], good[:8]):
        path.write_bytes(bad)
        refused(path, "NPY")
    path.write_bytes(good.replace(b"(60, 50, 3)", b"(60, 90, 3)"))
    refused(path, "cut short", "16,200")


@pytest.mark.parametrize("axis", [3, -4, 1.5, True, "last"])
def test_a_wrong_channel_axis_is_refused(tmp_path, axis):
    for kind in ("NPY", "PNG", "TIFF"):
        path = tmp_path / kind
        path.write_bytes(encoded(kind))
        refused(path, "channel_axis", channel_axis=axis)


def test_several_images_in_one_file_are_refused(tmp_path):
    frames = [Image.fromarray(NOISE), Image.fromarray(NOISE[::-1])]
    for kind in ("GIF", "PNG", "WEBP"):
        path = tmp_path / kind
        frames[0].save(path, kind, save_all=True, append_images=frames[1:])
        refused(path, "animation of 2 frames")
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(NOISE, photometric="rgb")
        file.write(NOISE[:9, :8], photometric="rgb")
    refused(path, "2 images", "60x50x3", "9x8x3")


def test_depth_that_would_be_lost_is_refused(tmp_path):
    path = tmp_path / "deep.ppm"
    path.write_bytes(b"P6 2 2 65535\n" + bytes(24))
    refused(path, "8 bits")
    path.write_bytes(imagecodecs.jpeg2k_encode(NOISE.astype(np.uint16) * 200, level=0))
    refused(path, "8 bits")
    path.write_bytes(imagecodecs.jpeg2k_encode(NOISE, level=0))
    np.testing.assert_array_equal(read(path).pixels, NOISE)


def test_a_text_stream_is_refused():
    with pytest.raises(ImageError, match="binary mode"):
        read(io.StringIO("text"))
