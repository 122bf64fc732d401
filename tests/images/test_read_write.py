"""Reading and writing, each checked by Pillow, tifffile, imagecodecs or NumPy on the other side."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from talweg.errors import ImageError
from talweg.images.picture import Metadata, Picture
from talweg.images.read import images_in, read
from talweg.images.write import write

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(shape, dtype=np.uint8, seed=0):
    generator = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return generator.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return generator.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def exif_block(orientation=1):
    exif = Image.Exif()
    exif[0x010F] = "A maker of cameras"
    exif[0x0112] = orientation
    return exif.tobytes()


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def written(picture, kind):
    buffer = io.BytesIO()
    write(buffer, picture, format=kind)
    return buffer.getvalue()


def tiff(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def read_bytes(content, **options):
    return read(io.BytesIO(content), **options)


# Reading what others wrote


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


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_turns_upright_as_pillow_does(orientation, kind):
    image = Image.fromarray(noise((16, 24, 3)))
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(image, kind, exif=exif_block(orientation), dpi=(300, 150), **options)
    picture = read_bytes(content)
    with Image.open(io.BytesIO(content)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    np.testing.assert_array_equal(picture.pixels, expected)
    if kind != "WEBP":
        turned = (150, 300) if orientation >= 5 else (300, 150)
        np.testing.assert_allclose(picture.metadata.dpi, turned, rtol=1e-3)
    for out in ("PNG", "JPEG", "WEBP"):
        with Image.open(io.BytesIO(written(picture, out))) as again:
            assert again.getexif()[0x0112] == 1
            assert again.getexif()[0x010F] == "A maker of cameras"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_tiff_and_16_bit_png_upright(orientation):
    array = noise((4, 6), np.uint16)
    exif = Image.Exif()
    exif[0x0112] = orientation
    gray = Image.fromarray((array >> 8).astype(np.uint8))
    jpeg = saved(gray, "PNG", exif=exif.tobytes())
    with Image.open(io.BytesIO(jpeg)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    content = tiff(array, photometric="minisblack", extratags=[(274, "H", 1, orientation, True)])
    np.testing.assert_array_equal(read_bytes(content).pixels >> 8, expected)
    picture = Picture(array, metadata=Metadata(exif=exif.tobytes().removeprefix(b"Exif\0\0")))
    np.testing.assert_array_equal(read_bytes(written(picture, "PNG")).pixels >> 8, expected)


def test_broken_exif_is_as_good_as_none():
    for exif in (b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0nonsense of no order"):
        content = saved(Image.fromarray(noise((6, 4))), "JPEG", exif=exif)
        assert read_bytes(content).pixels.shape == (6, 4)


# Metadata


@pytest.mark.parametrize("source", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("target", ["PNG", "JPEG", "TIFF"])
def test_carries_profile_resolution_and_exif(source, target):
    options = {"exif": exif_block()} if source != "TIFF" else {}
    image = Image.fromarray(noise((6, 4, 3)))
    picture = read_bytes(saved(image, source, icc_profile=PROFILE, dpi=(300, 150), **options))
    content = written(picture, target)
    with Image.open(io.BytesIO(content)) as again:
        assert again.info["icc_profile"] == PROFILE
        assert tuple(map(round, again.info["dpi"])) == (300, 150)
        if "TIFF" not in (source, target):
            assert again.getexif()[0x010F] == "A maker of cameras"
    assert read_bytes(content).metadata.icc_profile == PROFILE


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 3)])
def test_carries_metadata_through_16_bit_png(shape):
    metadata = Metadata(PROFILE, (300.0, 150.0), exif_block().removeprefix(b"Exif\0\0"))
    axis = 2 if len(shape) == 3 else None
    content = written(Picture(noise(shape, np.uint16), axis, metadata=metadata), "PNG")
    with Image.open(io.BytesIO(content)) as again:
        again.load()
        assert again.info["icc_profile"] == PROFILE
        assert tuple(map(round, again.info["dpi"])) == (300, 150)
        assert again.getexif()[0x010F] == "A maker of cameras"
    kept = read_bytes(content).metadata
    assert (kept.icc_profile, kept.exif) == (metadata.icc_profile, metadata.exif)
    np.testing.assert_allclose(kept.dpi, metadata.dpi, rtol=1e-4)


# Writing


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


# Folders, and what is imported


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
