"""The missing pixels given by a mask file."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.images.pictures import gray, refused, spots

from talweg.images.mask import find_missing
from talweg.images.picture import Picture


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".npy"])
def test_a_mask_file(tmp_path, suffix):
    lost = np.kron(spots((5, 6)), np.ones((8, 8), bool))  # squares that JPEG keeps apart
    path = tmp_path / f"mask{suffix}"
    if suffix == ".npy":
        np.save(path, lost)
    else:
        Image.fromarray(np.where(lost, 255, 0).astype(np.uint8)).save(path)
    missing = find_missing(Picture(gray((40, 48, 3)), 2), str(path))
    np.testing.assert_array_equal(missing.mask, lost)
    assert missing.how == "file"
    assert missing.report.startswith(f"{path}: {lost.sum():,} of 1,920 pixels")


def test_white_is_over_half_the_range(tmp_path):
    path = tmp_path / "mask.png"
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(path)
    mask = find_missing(Picture(gray((1, 4))), str(path)).mask
    assert mask.tolist() == [[False, False, True, True]]
    deep = np.array([[0, 32767, 32768, 65535]], np.uint16)
    tifffile.imwrite(tmp_path / "mask.tif", deep, photometric="minisblack")
    assert find_missing(Picture(gray((1, 4))), str(tmp_path / "mask.tif")).mask.sum() == 2
    np.save(tmp_path / "mask.npy", deep / 65535)
    assert find_missing(Picture(gray((1, 4))), str(tmp_path / "mask.npy")).mask.sum() == 2


def test_colour_masks(tmp_path):
    path = tmp_path / "mask.png"
    lost = spots((40, 50, 3))
    Image.fromarray(np.where(lost, 255, 0).astype(np.uint8)).save(path)
    mask = find_missing(Picture(gray((40, 50, 3)), 2), str(path)).mask
    np.testing.assert_array_equal(mask, lost)
    refused(Picture(gray()), str(path), "channels", "gray mask")
    equal = np.repeat(lost[..., :1], 3, axis=2)
    Image.fromarray(np.where(equal, 255, 0).astype(np.uint8)).save(path)
    for picture in (Picture(gray()), Picture(gray((40, 50, 3)), 2)):
        np.testing.assert_array_equal(find_missing(picture, str(path)).mask, equal[..., 0])


def test_what_is_transparent_in_a_mask_is_known(tmp_path):
    lost = spots()
    mask = np.dstack([np.full((40, 50, 3), 255), np.where(lost, 255, 0)]).astype(np.uint8)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    found = find_missing(Picture(gray()), str(tmp_path / "mask.png")).mask
    np.testing.assert_array_equal(found, lost)


def test_a_mask_array_of_all_channels(tmp_path):
    lost = spots((40, 50, 3))
    np.save(tmp_path / "mask.npy", lost)
    mask = find_missing(Picture(gray((40, 50, 3)), 2), str(tmp_path / "mask.npy")).mask
    np.testing.assert_array_equal(mask, lost)


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_a_mask_of_another_size_is_refused(tmp_path, suffix):
    path = tmp_path / f"mask{suffix}"
    array = np.full((30, 20), 255, np.uint8)
    Image.fromarray(array).save(path) if suffix == ".png" else np.save(path, array)
    refused(Picture(gray(), name="photo.png"), str(path), "20x30", "50x40", "photo.png")


def test_a_mask_of_ones_is_told(tmp_path):
    np.save(tmp_path / "mask.npy", spots().astype(np.uint8))
    refused(
        Picture(gray()), str(tmp_path / "mask.npy"), "no pixel is missing", "largest value is 1"
    )
