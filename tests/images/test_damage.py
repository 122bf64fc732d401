"""The tutorial's damage: its share, its colours, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from talweg.errors import ImageError
from talweg.images.damage import damage


def image_of(shape, dtype):
    generator = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return generator.uniform(0.1, 0.9, shape).astype(dtype)
    return generator.integers(1, np.iinfo(dtype).max, shape, dtype=dtype)


TYPES = [np.uint8, np.uint16, np.int16, np.uint64, np.float16, np.float32, np.float64]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(TYPES),
    st.lists(st.integers(1, 12), min_size=2, max_size=4).map(tuple),
    st.booleans(),
    st.data(),
)
def test_lost_pixels_are_black_or_white_and_the_others_untouched(dtype, shape, channels, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1)) if channels else None
    image = image_of(shape, dtype)
    before = image.copy()
    damaged, mask = damage(image, missing=0.6, rng=3, channel_axis=axis)
    np.testing.assert_array_equal(image, before)
    assert (damaged.dtype, damaged.shape) == (image.dtype, image.shape)
    wide = np.broadcast_to(mask if axis is None else np.expand_dims(mask, axis), shape)
    np.testing.assert_array_equal(damaged[~wide], image[~wide])
    white = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    assert set(damaged[wide].tolist()) <= {0, white}
    if axis is not None:
        last = np.moveaxis(damaged, axis, -1)[mask]
        assert (last == last[:, :1]).all()


@pytest.mark.parametrize("missing", [0.01, 0.5, 0.9, 0.999])
def test_shares_are_those_of_chance(missing):
    damaged, mask = damage(np.full((300, 400), 9, np.uint8), missing=missing, rng=11)
    lost = int(mask.sum())
    assert binomtest(lost, mask.size, missing).pvalue > 1e-4
    assert binomtest(int((damaged[mask] == 255).sum()), lost, 0.5).pvalue > 1e-4
    # Neighbours are lost independently: both with probability missing squared.
    pairs = mask[:, ::2] & mask[:, 1::2]
    assert binomtest(int(pairs.sum()), pairs.size, missing**2).pvalue > 1e-4


def test_seeds_and_generators():
    image = image_of((20, 30), np.uint8)
    first, again = damage(image, rng=5)[0], damage(image, rng=np.int64(5))[0]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, damage(image, rng=np.random.default_rng(5))[0])
    assert (first != damage(image, rng=6)[0]).any()
    assert (damage(image)[0] != damage(image)[0]).any()
    generator = np.random.default_rng(5)
    assert (damage(image, rng=generator)[0] != damage(image, rng=generator)[0]).any()


@pytest.mark.parametrize("missing", [0, 1, -0.1, 1.5, np.nan, np.inf])
def test_refuses_shares_out_of_range(missing):
    with pytest.raises(ValueError, match=f"missing is {missing}; give a number above 0"):
        damage(np.ones((4, 5), np.uint8), missing=missing)


@pytest.mark.parametrize(
    ("option", "value"),
    [("missing", value) for value in ("0.9", True, None, 1j)]
    + [("rng", value) for value in ("seed", 1.5, True, np.random.RandomState(0))],
)
def test_refuses_options_of_the_wrong_type(option, value):
    with pytest.raises(TypeError, match=option):
        damage(np.ones((4, 5), np.uint8), **{option: value})


def test_refuses_a_negative_seed():
    with pytest.raises(ValueError, match="rng is -1"):
        damage(np.ones((4, 5), np.uint8), rng=-1)


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (np.zeros((0, 5)), "no pixels"),
        (3.0, "no pixels"),
        (np.ones((4, 5), bool), "bool"),
        (np.ones((4, 5), complex), "complex"),
        (np.full((4, 5), 255.0), "scale"),
        (np.full((4, 5), -0.1), "scale"),
        (np.full((4, 5), np.nan), "NaN"),
        ([["a", "b"]], "U1"),
    ],
)
def test_refuses_what_is_no_image(image, word):
    with pytest.raises(ImageError, match=word):
        damage(image)


@pytest.mark.parametrize("axis", [2, -3, 1.0, "auto"])
def test_refuses_a_wrong_channel_axis(axis):
    with pytest.raises(ImageError, match="channel_axis"):
        damage(np.ones((4, 5), np.uint8), channel_axis=axis)
