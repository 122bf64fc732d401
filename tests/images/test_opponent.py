"""Opponent colours: an orthogonal transform, over the root of three."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talweg.images.opponent import NOISE_SHARE, from_opponent, to_opponent

COLORS = hnp.arrays(float, (3, 4), elements=st.floats(-1e3, 1e3))


def matrix(transform):
    """Return the matrix of a transform, column by column."""
    return np.array([transform(list(unit.reshape(3, 1))) for unit in np.eye(3)])[..., 0].T


def test_it_is_orthogonal_over_the_root_of_three():
    forward = matrix(to_opponent)
    assert np.allclose(forward @ forward.T, np.eye(3) / 3.0, rtol=0.0, atol=1e-15)
    assert np.allclose(matrix(from_opponent), np.linalg.inv(forward), rtol=0.0, atol=1e-15)


def test_the_channels_are_brightness_and_two_differences():
    brightness, across, green = matrix(to_opponent)
    assert np.allclose(brightness, 1.0 / 3.0)
    assert across[1] == 0.0
    assert across[0] == -across[2] > 0.0
    assert green[1] == -2.0 * green[0] == -2.0 * green[2] > 0.0


@given(COLORS)
@settings(max_examples=50, deadline=None)
def test_there_and_back(colors):
    kept = colors.copy()
    back = from_opponent(to_opponent(list(colors)))
    assert np.allclose(back, colors, rtol=0.0, atol=1e-12 * (1.0 + np.abs(colors).max()))
    assert np.array_equal(colors, kept)


@given(hnp.arrays(float, (5,), elements=st.floats(0.0, 1.0)))
@settings(max_examples=50, deadline=None)
def test_grey_has_no_differences(gray):
    brightness, *differences = to_opponent([gray, gray, gray])
    assert np.allclose(brightness, gray, rtol=1e-15, atol=1e-300)
    assert np.abs(differences).max() <= 1e-16


def test_noise_is_shared_out_alike_and_stays_independent():
    noise = np.random.default_rng(0).normal(0.0, 0.1, (3, 200_000))
    covariance = np.cov(to_opponent(list(noise)))
    # A standard deviation found from as many numbers errs by a sixth of a percent.
    assert np.allclose(np.sqrt(np.diag(covariance)), 0.1 * NOISE_SHARE, rtol=0.01, atol=0.0)
    correlation = covariance / (0.1 * NOISE_SHARE) ** 2 - np.eye(3)
    assert np.abs(correlation).max() < 0.015


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_precision_stays_and_the_arrays_are_new(dtype):
    colors = [np.full((2, 3), level, dtype) for level in (0.25, 0.5, 0.75)]
    channels = to_opponent(colors)
    back = from_opponent(channels)
    for array in (*channels, *back):
        assert array.dtype == dtype
        assert array.shape == (2, 3)
        assert array.flags.writeable
    assert np.allclose(back, colors, rtol=0.0, atol=4 * np.finfo(dtype).eps)


def test_colours_from_zero_to_one_stay_within_the_ranges_named():
    corners = np.array(np.meshgrid([0.0, 1.0], [0.0, 1.0], [0.0, 1.0])).reshape(3, 8)
    channels = to_opponent(list(corners))
    expected = [(0.0, 1.0), (-(6**-0.5), 6**-0.5), (-(2**0.5) / 3.0, 2**0.5 / 3.0)]
    assert np.allclose([(c.min(), c.max()) for c in channels], expected, rtol=0.0, atol=1e-15)
