"""Writing, checked by Pillow, tifffile, imagecodecs or NumPy on the other side."""

from __future__ import annotations

import io
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.images.files import noise, read_bytes, written

from talweg.errors import ImageError
from talweg.images.picture import Picture
from talweg.images.read import read
from talweg.images.write import write


@st.composite
def pictures(draw):
    kind = draw(st.sampled_from(["PNG", "TIFF", "NPY", "WEBP", "BMP"]))
    types = {"PNG": ["u1", "u2"], "WEBP": ["u1"], "BMP": ["u1"]}
    every = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]
    dtype = draw(st.sampled_from(types.get(kind, every)))
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=2, max_size=2)))
    colour = kind == "WEBP" or draw(st.booleans())
    alpha = kind != "BMP" and (colour or kind != "NPY") and draw(st.booleans())
    array = noise((*shape, 4), dtype, draw(st.integers(0, 9)))
    pixels = array[..., :3] if colour else array[..., 0]
    return Picture(pixels, 2 if colour else None, array[..., 3] if alpha else None, format=kind)


@settings(max_examples=150, deadline=None)
@given(pictures())
def test_what_is_written_is_what_is_read(picture):
    again = read_bytes(written(picture, picture.format))
    np.testing.assert_array_equal(again.pixels, picture.pixels, strict=True)
    assert again.channel_axis == picture.channel_axis
    assert (again.alpha is None) == (picture.alpha is None)
    if picture.alpha is not None:
        np.testing.assert_array_equal(again.alpha, picture.alpha, strict=True)


@settings(max_examples=60, deadline=None)
@given(pictures().filter(lambda picture: picture.format in ("PNG", "TIFF")))
def test_others_read_what_is_written(picture):
    content = written(picture, picture.format)
    decode = imagecodecs.png_decode if picture.format == "PNG" else tifffile.imread
    source = content if picture.format == "PNG" else io.BytesIO(content)
    expected = picture.pixels
    if picture.alpha is not None:
        expected = np.dstack([expected, picture.alpha])
    np.testing.assert_array_equal(decode(source), expected, strict=True)


@pytest.mark.parametrize(
    ("shape", "axis"), [((5, 6, 7), None), ((5, 6, 3), None), ((3, 6, 7), None), ((2, 5, 6, 3), 3)]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_volumes_stay_volumes_in_tiff(shape, axis, dtype):
    volume = Picture(noise(shape, dtype), axis)
    again = read_bytes(written(volume, "TIFF"))
    np.testing.assert_array_equal(again.pixels, volume.pixels, strict=True)
    assert again.channel_axis == axis


def test_tiff_tags_are_right():
    array = noise((6, 5, 4), np.uint16)
    content = written(Picture(array[..., :3], 2, array[..., 3]), "TIFF")
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        assert page.photometric == tifffile.PHOTOMETRIC.RGB
        assert page.extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.tags.get(270) is None  # no description where none is needed
    five = Picture(noise((6, 5, 5), np.uint16), 2)
    np.testing.assert_array_equal(read_bytes(written(five, "TIFF")).pixels, five.pixels)


def test_jpeg_is_full_colour_and_close():
    gradient = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    picture = Picture(np.dstack([gradient, gradient[::-1], gradient.T]), 2)
    content = written(picture, "JPEG")
    with Image.open(io.BytesIO(content)) as image:
        assert all(layer[1:3] == (1, 1) for layer in image.layer)  # 4:4:4
        difference = np.asarray(image).astype(int) - picture.pixels
    assert np.abs(difference).max() <= 6


@pytest.mark.parametrize(
    ("picture", "kind", "able"),
    [
        (Picture(np.zeros((4, 5), np.uint16)), "JPEG", "PNG, TIFF or NPY"),
        (Picture(np.zeros((4, 5))), "PNG", "TIFF or NPY"),
        (Picture(np.zeros((4, 5, 6), np.uint8)), "PNG", "TIFF or NPY"),
        (Picture(np.zeros((4, 5, 2), np.uint8), 2), "PNG", "TIFF or NPY"),
        (Picture(np.zeros((4, 5), np.uint8), alpha=np.ones((4, 5), np.uint8)), "JPEG", "PNG, TIFF"),
        (Picture(np.zeros((1, 70000), np.uint8)), "JPEG", "PNG, TIFF, NPY or BMP"),
        (Picture(np.zeros((4, 5), bool)), "PNG", "bool"),
        (Picture(np.zeros((4, 5), complex)), "NPY", "complex"),
        (Picture(np.zeros((0, 5))), "NPY", "shape"),
        (Picture(np.zeros((4, 5)), alpha=np.zeros((4, 5), np.uint8)), "TIFF", "alpha"),
    ],
)
def test_refuses_what_a_format_cannot_hold(tmp_path, picture, kind, able):
    with pytest.raises(ImageError, match=able) as caught:
        write(tmp_path / "out", picture, format=kind)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_format_comes_from_the_ending_or_is_said(tmp_path):
    picture = Picture(np.zeros((4, 5), np.uint8))
    write(tmp_path / "A.PNG", picture)
    assert read(tmp_path / "A.PNG").format == "PNG"
    write(tmp_path / "b.png", picture, format="tif")
    assert read(tmp_path / "b.png").format == "TIFF"
    for name in ("c.xyz", "c"):
        with pytest.raises(ImageError, match=r"\.png"):
            write(tmp_path / name, picture)
    with pytest.raises(ImageError, match="format"):
        write(io.BytesIO(), picture)
    with pytest.raises(ImageError, match="'xyz'"):
        write(io.BytesIO(), picture, format="xyz")


def test_reading_8_bit_png_imports_little(tmp_path):
    Image.fromarray(noise((6, 4, 3))).save(tmp_path / "a.png")
    script = (
        "import sys; from talweg.images.read import read; from talweg.images.write import write\n"
        "picture = read(sys.argv[1]); write(sys.argv[2], picture)\n"
        "heavy = {'tifffile', 'imagecodecs', 'scipy', 'skimage', 'jax'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a.png", tmp_path / "b.png"], check=True
    )
    np.testing.assert_array_equal(read(tmp_path / "b.png").pixels, read(tmp_path / "a.png").pixels)
