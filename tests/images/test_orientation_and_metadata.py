"""Orientation, profiles, resolution and EXIF: kept, and checked by Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.images.files import PROFILE, exif_block, noise, read_bytes, saved, tiff, written

from talweg.images.picture import Metadata, Picture

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
