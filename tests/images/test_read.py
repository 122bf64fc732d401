"""Reading what Pillow, tifffile, imagecodecs and NumPy wrote."""

from __future__ import annotations

import os

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from tests.images.files import noise, npy, read_bytes, saved, tiff

from talweg.errors import ImageError
from talweg.images.read import images_in, read


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_reads_8_bit_files_of_pillow(mode, kind):
    channels = len(mode)
    array = noise((7, 5, channels))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    content = saved(Image.fromarray(array.squeeze(), mode=None), kind, **options)
    picture = read_bytes(content)
    gray = mode[0] == "L" and kind != "WEBP"  # WebP has no gray
    colours = array[..., : channels - ("A" in mode)]
    np.testing.assert_array_equal(
        picture.pixels, colours[..., 0] if gray else np.broadcast_to(colours, (7, 5, 3))
    )
    assert picture.channel_axis == (None if gray else 2)
    assert (picture.alpha is not None) == ("A" in mode)
    if picture.alpha is not None:
        np.testing.assert_array_equal(picture.alpha, array[..., -1])
    assert picture.format == kind


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_reads_16_bit_png_of_imagecodecs(channels):
    array = noise((7, 5, channels), np.uint16)
    picture = read_bytes(imagecodecs.png_encode(array.squeeze()))
    assert picture.pixels.dtype == np.uint16
    colours = array[..., :1] if channels < 3 else array[..., :3]
    np.testing.assert_array_equal(picture.pixels, colours.squeeze())
    if channels in (2, 4):
        np.testing.assert_array_equal(picture.alpha, array[..., -1])
    else:
        assert picture.alpha is None


def test_reads_16_bit_gray_png_of_pillow():
    array = noise((7, 5), np.uint16)
    np.testing.assert_array_equal(
        read_bytes(saved(Image.fromarray(array), "PNG")).pixels, array, strict=True
    )


def test_reads_palette_bilevel_and_cmyk_as_8_bit():
    palette = Image.fromarray(noise((7, 5, 3))).quantize(8)
    np.testing.assert_array_equal(
        read_bytes(saved(palette, "PNG")).pixels, np.asarray(palette.convert("RGB"))
    )
    for kind in ("PNG", "TIFF", "BMP"):
        bilevel = Image.fromarray(noise((7, 5)) > 127)
        picture = read_bytes(saved(bilevel, kind))
        np.testing.assert_array_equal(picture.pixels, np.asarray(bilevel) * np.uint8(255))
        assert picture.pixels.dtype == np.uint8
    for kind in ("JPEG", "TIFF"):
        cmyk = Image.new("CMYK", (5, 7), (0, 255, 255, 0))
        picture = read_bytes(saved(cmyk, kind))
        assert np.abs(picture.pixels.astype(int) - [255, 0, 0]).max() <= 2
        assert picture.channel_axis == 2


def test_reads_transparent_palette_entries_as_alpha():
    palette = Image.new("P", (4, 3), 1)
    palette.putpalette([9, 8, 7, 50, 60, 70])
    palette.putpixel((2, 1), 0)
    picture = read_bytes(saved(palette, "PNG", transparency=0))
    assert picture.alpha is not None
    assert (picture.alpha[1, 2], picture.alpha[0, 0]) == (0, 255)
    assert picture.pixels[0, 0].tolist() == [50, 60, 70]


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd"])
def test_reads_tiff_of_every_type(dtype, compression):
    array = noise((9, 6), dtype)
    picture = read_bytes(tiff(array, photometric="minisblack", compression=compression))
    np.testing.assert_array_equal(picture.pixels, array, strict=True)
    assert picture.channel_axis is None
    assert not picture.lossy


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("alpha", [False, True])
def test_reads_colour_tiff_with_planes_apart_or_not(planes, alpha):
    array = noise((9, 6, 4 if alpha else 3), np.uint16)
    stored = array if planes == "contig" else np.moveaxis(array, -1, 0)
    content = tiff(
        stored,
        photometric="rgb",
        planarconfig=planes,
        extrasamples=["unassalpha"] if alpha else None,
    )
    picture = read_bytes(content)
    np.testing.assert_array_equal(picture.pixels, array[..., :3], strict=True)
    if alpha:
        np.testing.assert_array_equal(picture.alpha, array[..., 3], strict=True)
    else:
        assert picture.alpha is None


def test_reads_tiff_variants():
    array = noise((4, 9, 6), np.uint16)
    stack = read_bytes(tiff(array, photometric="minisblack"))
    np.testing.assert_array_equal(stack.pixels, array)
    assert stack.channel_axis is None
    pages = [Image.fromarray(page) for page in array]
    stack = read_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    np.testing.assert_array_equal(stack.pixels, array)
    imagej = tiff(array[:, :, :], imagej=True, metadata={"axes": "CYX"})
    picture = read_bytes(imagej)
    np.testing.assert_array_equal(picture.pixels, np.moveaxis(array, 0, -1))
    assert picture.channel_axis == 2
    big = array[0].astype(">u2")
    picture = read_bytes(tiff(big, byteorder=">", bigtiff=True, photometric="minisblack"))
    np.testing.assert_array_equal(picture.pixels, array[0], strict=True)
    white_is_zero = read_bytes(tiff(array[0], photometric="miniswhite"))
    np.testing.assert_array_equal(white_is_zero.pixels, 65535 - array[0])
    palette = Image.fromarray(noise((7, 5, 3))).quantize(8)
    np.testing.assert_array_equal(
        read_bytes(saved(palette, "TIFF")).pixels, np.asarray(palette.convert("RGB"))
    )
    assert read_bytes(tiff(noise((16, 16, 3)), photometric="ycbcr", compression="jpeg")).lossy


def test_reads_premultiplied_alpha_only_where_it_is_all_or_nothing():
    array = noise((6, 5, 4))
    options = {"photometric": "rgb", "extrasamples": ["assocalpha"]}
    with pytest.raises(ImageError, match="premultiplied"):
        read_bytes(tiff(array, **options))
    array[..., 3] = np.where(array[..., 3] > 99, 255, 0)
    np.testing.assert_array_equal(read_bytes(tiff(array, **options)).alpha, array[..., 3])


def test_reads_npy_by_the_rules_for_its_last_axis():
    array = noise((6, 5, 3), np.float32)
    assert read_bytes(npy(array)).channel_axis == 2
    assert read_bytes(npy(array), channel_axis=None).channel_axis is None
    assert read_bytes(npy(array[..., :2])).channel_axis is None
    with_alpha = read_bytes(npy(noise((6, 5, 4))))
    assert with_alpha.alpha is not None
    assert with_alpha.pixels.shape == (6, 5, 3)
    first = read_bytes(npy(array), channel_axis=0)
    np.testing.assert_array_equal(first.pixels, np.moveaxis(array, 0, -1))
    assert first.channel_axis == 2
    swapped = read_bytes(npy(np.asfortranarray(array.astype(">f4"))))
    np.testing.assert_array_equal(swapped.pixels, array, strict=True)


def test_keeps_nan():
    array = np.array([[0.5, np.nan], [1.5, -2.0]], np.float32)
    for content in (npy(array), tiff(array, photometric="minisblack")):
        np.testing.assert_array_equal(read_bytes(content).pixels, array)


def test_channel_axis_must_agree_where_the_file_knows():
    content = saved(Image.fromarray(noise((7, 5, 3))), "PNG")
    assert read_bytes(content, channel_axis=-1).channel_axis == 2
    for wrong in (None, 0):
        with pytest.raises(ImageError, match="channel_axis"):
            read_bytes(content, channel_axis=wrong)


def test_says_where_a_picture_came_from(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(noise((7, 5))).save(path)
    picture = read(path)
    assert (picture.name, picture.format, picture.lossy) == (str(path), "JPEG", True)
    with open(path, "rb") as file:
        np.testing.assert_array_equal(read(file).pixels, picture.pixels)
    assert read_bytes(path.read_bytes()).name == "standard input"


def test_reads_a_pipe():
    content = saved(Image.fromarray(noise((7, 5))), "PNG")
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as out:
        out.write(content)
    with os.fdopen(reader, "rb") as stream:
        assert read(stream).describe() == "5x7 gray uint8"


def test_reads_the_smaller_formats():
    array = noise((7, 5, 3))
    for kind in ("BMP", "PPM"):
        np.testing.assert_array_equal(read_bytes(saved(Image.fromarray(array), kind)).pixels, array)
    deep = noise((7, 5), np.uint16)
    pgm = b"P5 5 7 65535\n" + deep.astype(">u2").tobytes()
    jpeg2000 = imagecodecs.jpeg2k_encode(deep, level=0)
    for content in (pgm, jpeg2000):
        np.testing.assert_array_equal(read_bytes(content).pixels, deep, strict=True)
    for kind in ("GIF", "AVIF"):
        picture = read_bytes(saved(Image.new("RGB", (5, 7), (200, 100, 50)), kind))
        assert picture.describe() == "5x7 RGB uint8"
        assert picture.lossy == (kind == "AVIF")


def test_low_depth_gray_with_a_transparent_shade(tmp_path):
    # Pillow compares the 4-bit key with 8-bit samples and finds nothing transparent.
    import struct
    import zlib

    from talweg.images.png_chunks import _chunk

    content = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 1, 4, 0, 0, 0, 0))
    content += _chunk(b"tRNS", b"\0\x03") + _chunk(b"IDAT", zlib.compress(b"\0\x12\x34"))
    picture = read_bytes(content + _chunk(b"IEND", b""))
    assert picture.pixels.tolist() == [[17, 34, 51, 68]]
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[255, 255, 0, 255]]


def test_lists_a_folder(tmp_path):
    for name in ("b.png", "a.TIF", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in images_in(tmp_path)] == ["a.TIF", "b.png"]
    with pytest.raises(ImageError, match="no image"):
        images_in(tmp_path / "folder.png")
    for name in ("b.png", "nowhere"):
        with pytest.raises(ImageError, match=name):
            images_in(tmp_path / name)
