"""Finding the missing pixels, and what the user is told about them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from tests.images.pictures import gray, refused, spots

from talweg.images.damage import damage
from talweg.images.mask import find_missing
from talweg.images.picture import Picture
from talweg.images.solid import solid_pixels

# auto


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint64, np.float32])
@pytest.mark.parametrize("axis", [None, 2])
def test_auto_finds_exactly_the_damage(dtype, axis):
    shape = (60, 70) if axis is None else (60, 70, 3)
    damaged, mask = damage(gray(shape, dtype), rng=1, channel_axis=axis)
    missing = find_missing(Picture(damaged, axis))
    np.testing.assert_array_equal(missing.mask, mask)
    assert missing.how == "auto"
    count = int(mask.sum())
    plane = damaged if axis is None else damaged[..., 0]
    black = int((plane == 0).sum())
    assert missing.report == (
        f"auto: {count:,} of 4,200 pixels ({count / 42:.1f} %) are pure black or white "
        f"({black / 42:.1f} % black, {(count - black) / 42:.1f} % white), scattered"
    )
    assert missing.warning is None


def test_auto_wants_all_channels_alike():
    image = gray((8, 9, 3))
    image[1, 2] = 0
    image[3, 4] = 255, 255, 255
    image[5, 6] = 0, 255, 0
    mask = find_missing(Picture(image, 2), "auto").mask
    assert np.argwhere(mask).tolist() == [[1, 2], [3, 4]]


def test_a_saturated_sky_and_a_black_border_are_told():
    image = gray((200, 300))
    image[:60, 100:250] = 255
    missing = find_missing(Picture(image))
    assert missing.report.endswith("in solid areas")
    assert "9,000 pixels (15.0 %) lie in solid white areas" in missing.warning
    assert "rows 0 to 59 and columns 100 to 249" in missing.warning
    assert "saturated sky" in missing.warning
    image[190:] = 0
    warning = find_missing(Picture(image)).warning
    assert "12,000 pixels (20.0 %) lie in solid black and white areas" in warning
    assert "rows 0 to 199 and columns 0 to 299" in warning


def test_little_solid_is_no_reason_to_warn():
    image, _ = damage(gray((200, 300)), rng=1, missing=0.5)
    image[:10, :10] = 255
    assert find_missing(Picture(image)).warning is None  # 100 of 60,000 pixels: 0.17 %
    image[:10, :13] = 255
    assert "solid white" in find_missing(Picture(image)).warning


def test_unequal_black_and_white_is_told():
    image = gray()
    image[spots(share=0.2)] = 0
    warning = find_missing(Picture(image)).warning
    assert "only black marks lost pixels" in warning
    assert "'#000000'" in warning
    image = gray()
    image[spots(share=0.2)] = 255
    assert "'#ffffff'" in find_missing(Picture(image)).warning
    image[spots(share=0.1)] = 0
    assert find_missing(Picture(image)).warning is None


def test_a_white_that_is_never_reached_is_told():
    image = gray(dtype=np.uint16) >> 4
    image[spots()] = np.random.default_rng(0).choice([0, 4095], spots().sum())
    report = find_missing(Picture(image)).report
    assert "none white: the largest value is 4,095, white would be 65,535" in report


def test_loss_by_compression_is_told():
    damaged, mask = damage(gray(), rng=0)
    assert "JPEG" in find_missing(Picture(damaged, format="JPEG", lossy=True)).warning
    picture = Picture(damaged, alpha=np.where(mask, 0, 255).astype(np.uint8), lossy=True)
    assert find_missing(picture).warning is None  # alpha says it all


@pytest.mark.parametrize("shape", [(1, 9), (4, 4), (9, 3), (2, 1)])
def test_small_images_have_no_solid_areas(shape):
    image = np.zeros(shape, np.uint8)
    image[0, 0] = 100
    warning = find_missing(Picture(image)).warning
    assert warning is None or "solid" not in warning


def test_how_the_missing_pixels_lie_is_told():
    def lying(mask):
        picture = Picture(gray(mask.shape), alpha=np.where(mask, 0, 255).astype(np.uint8))
        return find_missing(picture, "alpha").report.rpartition(", ")[2]

    for share in (0.02, 0.5, 0.9, 0.99):
        assert lying(spots((100, 100), share)) == "scattered"
    lines = np.zeros((100, 100), bool)
    lines[::9] = True
    assert lying(lines) == "in clusters or lines"
    square = np.zeros((100, 100), bool)
    square[20:60, 30:80] = True
    assert lying(square) == "in solid areas"
    assert lying(np.ones((1, 9), bool) & (np.arange(9) == 4)) == "scattered"


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 14), st.integers(5, 14), st.integers(0, 10**6), st.floats(0.7, 0.99))
def test_solid_pixels_against_brute_force(rows, columns, seed, share):
    flags = np.random.default_rng(seed).random((2, rows, columns)) < share
    expected = np.zeros_like(flags)
    for plane, row, column in np.argwhere(
        sliding_window_view(flags, (5, 5), axis=(1, 2)).all(axis=(-2, -1))
    ):
        expected[plane, row : row + 5, column : column + 5] = True
    np.testing.assert_array_equal(solid_pixels(flags), expected)


def test_volumes():
    volume = gray((6, 20, 30), np.uint16)
    damaged, mask = damage(volume, rng=0)
    np.testing.assert_array_equal(find_missing(Picture(damaged)).mask, mask)


# nan, alpha, colour


def test_nan_by_default_and_by_channel():
    image = gray((20, 30, 3), np.float32)
    lost = spots((20, 30))
    image[lost] = np.nan
    missing = find_missing(Picture(image, 2))
    assert missing.how == "nan"
    np.testing.assert_array_equal(missing.mask, lost)
    image[0, 0] = [np.nan, 0.5, 0.5]
    mask = find_missing(Picture(image, 2), "nan").mask
    np.testing.assert_array_equal(mask, np.isnan(image))
    assert "of 1,800 samples" in find_missing(Picture(image, 2)).report


def test_alpha_by_default_where_some_is_0():
    lost = spots()
    picture = Picture(gray(), alpha=np.where(lost, 0, 9).astype(np.uint8))
    missing = find_missing(picture)
    assert missing.how == "alpha"
    np.testing.assert_array_equal(missing.mask, lost)
    opaque = Picture(damage(gray(), rng=0)[0], alpha=np.full((40, 50), 255, np.uint8))
    assert find_missing(opaque).how == "auto"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_colour_is_spread_over_the_range(dtype):
    image = gray((20, 30, 3), dtype)
    lost = spots((20, 30))
    full = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
    image[lost] = np.array([full, 0, full / 5], dtype)  # 255 / 5 is 0x33
    missing = find_missing(Picture(image, 2), "#ff0033")
    assert missing.how == "color"
    np.testing.assert_array_equal(missing.mask, lost)
    assert "#ff0033" in missing.report


def test_a_colour_in_own_units():
    image = gray((20, 30, 3), np.uint16)
    image[3, 4] = 65535, 0, 7
    image[5, 6] = 9, 9, 9
    assert np.argwhere(find_missing(Picture(image, 2), "65535, 0,7").mask).tolist() == [[3, 4]]
    assert np.argwhere(find_missing(Picture(image, 2), "9").mask).tolist() == [[5, 6]]
    flat = image[..., 0].copy()
    flat[flat == 9] = 10
    flat[2, 2] = 9
    for how in ("9", "9,9,9"):
        assert np.argwhere(find_missing(Picture(flat), how).mask).tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("how", "word"),
    [("300", "0 to 255"), ("-1", "0 to 255"), ("0.5", "whole"), ("1,2,3", "one number"),
     ("#ff00ff", "one number"), ("1,2", "one number")],
)  # fmt: skip
def test_a_colour_that_cannot_be_is_refused(how, word):
    refused(Picture(gray()), how, word, how)


# Refusals


def test_refuses_what_does_not_fit():
    refused(Picture(gray()), "nan", "uint8", "auto")
    refused(Picture(gray()), "alpha", "no alpha")
    refused(Picture(gray()), "nowhere.png", "nowhere.png", "no such mask file")
    refused(Picture(gray()), None, "no pixel is missing: nothing to restore", "black (0)", "(255)")
    refused(Picture(np.zeros((4, 5), np.uint8)), None, "every pixel is missing")
    refused(Picture(np.full((4, 5), np.nan)), None, "every pixel is missing")
    channel_lost = gray((4, 5, 3), np.float32)
    channel_lost[..., 1] = np.nan
    refused(Picture(channel_lost, 2), None, "every pixel of channel 1 is missing")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_refuses_known_values_that_are_not_finite(value):
    image = gray(dtype=np.float32)
    image[0, :] = 0
    image[3, 7] = value
    image[5, 1] = value
    refused(Picture(image), "auto", "index (3, 7)", "one of 2", "--mask nan", str(value))
    image[2, 2] = np.nan
    if not np.isnan(value):
        refused(Picture(image), None, "index (3, 7)")
