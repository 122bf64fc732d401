"""Noise cut off at the ends of the range: what it does to the mean, and undoing it."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import talweg
from talweg.images.clipping import Clipping

SHAPE = (7, 11)
KNOWN = np.ones(SHAPE, bool)


def mean_of_clipped(true, noise, low, high):
    """Integrate the clipped noise."""
    inside, _ = quad(lambda x: x * norm.pdf(x, true, noise), low, high, epsabs=1e-12)
    return low * norm.cdf(low, true, noise) + inside + high * norm.sf(high, true, noise)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-2.0, 3.0)])
@pytest.mark.parametrize("noise", [0.03, 0.3, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.04, 0.5, 0.9, 1.0])
def test_true_values_come_back_from_the_means(low, high, noise, share):
    true, noise = low + share * (high - low), noise * (high - low)
    seen = np.where(np.arange(SHAPE[1]) % 2, low, high) + np.zeros(SHAPE)  # both ends everywhere
    mean = np.full(SHAPE, mean_of_clipped(true, noise, low, high))
    undone = Clipping(seen, KNOWN, (low, high), noise).undo(mean)
    assert np.allclose(undone, true, rtol=0.0, atol=1e-4 * noise)


@pytest.mark.parametrize(("end", "far"), [(0.0, 40.0), (1.0, -40.0)])
def test_one_end_alone(end, far):
    low, high = min(end, far), max(end, far)
    mean = mean_of_clipped(end, 0.2, low, high)
    assert abs(mean - end) == pytest.approx(0.2 / np.sqrt(2.0 * np.pi))
    clipping = Clipping(np.full(SHAPE, end), KNOWN, (0.0, 1.0), 0.2)
    assert np.allclose(clipping.undo(np.full(SHAPE, mean)), end, rtol=0.0, atol=1e-6)


def test_a_range_far_wider_than_the_noise():
    mean = np.full(SHAPE, mean_of_clipped(0.1, 0.2, 0.0, 40.0))
    clipping = Clipping(np.zeros(SHAPE), KNOWN, (0.0, 1e9), 0.2)
    assert np.allclose(clipping.undo(mean), 0.1, rtol=0.0, atol=1e-5)
    for untouched in (1.7, 12345.0):
        assert np.allclose(clipping.undo(np.full(SHAPE, untouched)), untouched)


def test_only_around_clipped_pixels():
    seen, known = np.full((20, 30), 0.5), np.ones((20, 30), bool)
    seen[8, 10] = 0.0
    seen[15, 25], known[15, 25] = 0.0, False  # missing: what stands there was never seen
    denoised = np.full(seen.shape, 0.1)
    undone = Clipping(seen, known, (0.0, 1.0), 0.1).undo(denoised)
    expected = np.zeros(seen.shape, bool)
    expected[4:13, 6:15] = True
    assert np.array_equal(undone != 0.1, expected)
    assert (undone[expected] < 0.1).all()
    assert (denoised == 0.1).all()


def test_some_rows():
    rng = np.random.default_rng(0)
    seen = np.clip(rng.normal(0.1, 0.2, (40, 9)), 0.0, 1.0).astype(np.float32)
    clipping = Clipping(seen, np.ones(seen.shape, bool), (0.0, 1.0), 0.2)
    rows = slice(13, 29)
    some = clipping.undo(seen[rows], rows)
    assert some.dtype == np.float32
    assert np.array_equal(some, clipping.undo(seen)[rows])


@pytest.mark.parametrize("colors", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_restore_finds_how_dark_and_how_bright_it_was(kind, colors):
    truth = np.repeat([8.0, 247.0], 32)[None] + np.zeros((64, 64))
    if colors:
        truth = np.stack([truth, 100.0 + 0.0 * truth, 255.0 - truth], axis=-1)
    seen = np.clip(truth + np.random.default_rng(0).normal(0, 25, truth.shape), 0, 255)
    seen = np.rint(seen).astype(kind) if kind == np.uint8 else seen / 255.0
    restored = talweg.restore(seen, noise=25, channel_axis=-1 if colors else None).image
    values = restored * (1.0 if kind == np.uint8 else 255.0)
    dark, bright = values[8:-8, 4:24].mean((0, 1)), values[8:-8, 40:-4].mean((0, 1))
    # Averaging would find 14.7 and 240.3.
    assert np.allclose(dark, [8.0, 100.0, 247.0] if colors else 8.0, rtol=0.0, atol=2.5)
    assert np.allclose(bright, [247.0, 100.0, 8.0] if colors else 247.0, rtol=0.0, atol=2.5)


def test_floats_of_another_range_have_no_ends():
    truth = np.full((64, 64), 8.0)
    seen = np.maximum(truth + np.random.default_rng(0).normal(0, 25, truth.shape), 0.0)
    seen[:, 32:] += 100.0
    restored = talweg.restore(seen, noise=25 * 255.0 / np.ptp(seen)).image
    assert restored[8:-8, 4:24].mean() == pytest.approx(seen[8:-8, 4:24].mean(), abs=1.0)
