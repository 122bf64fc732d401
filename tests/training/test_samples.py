"""Damaged pictures and batches of them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.tiny import striped

from talweg.training import samples
from talweg.training.samples import Pool, damaged_sample


@pytest.fixture(scope="module")
def plane():
    return (striped(0) / 255).astype(np.float32)


def test_what_is_known_is_where_the_descent_starts(plane):
    rng = np.random.default_rng(0)
    missing = rng.random((64, 64)) < 0.5
    sample = damaged_sample(plane[:, :64], missing, 0.0, rng)
    np.testing.assert_array_equal(sample.start[~missing], plane[:, :64][~missing])
    assert sample.known == pytest.approx((~missing).mean())
    noisy = damaged_sample(plane[:, :64], np.zeros((64, 64), bool), 0.1, rng)
    apart = noisy.start - plane[:, :64]
    # Of 4096 draws: a standard deviation known to 1.1 %, a mean to 0.0016.
    assert abs(apart.std() / 0.1 - 1.0) < 0.05
    assert abs(apart.mean()) < 0.007


def test_a_batch_is_made_of_crops(plane, monkeypatch):
    monkeypatch.setattr(samples, "_POOLED", 8)
    monkeypatch.setattr(samples, "_SHRUNK_SHARE", 0.0)
    # The thin plate would be compiled for each shape; any other start does here.
    monkeypatch.setattr(samples, "thin_plate_start", lambda seen, lost: np.where(lost, 0.5, seen))
    pool = Pool([[plane]], (0.3, 0.5), None, np.random.default_rng(0))
    ways = [
        turn(each) for each in (plane, plane.T)
        for turn in (np.asarray, np.flipud, np.fliplr, lambda each: each[::-1, ::-1])
    ]  # fmt: skip
    crops = {
        way[i : i + 64, j : j + 64].tobytes()
        for way in ways
        for i in range(way.shape[0] - 63)
        for j in range(way.shape[1] - 63)
    }
    for _ in range(3):
        batch = pool.batch(8)
        assert batch.truth.shape == batch.start.shape == batch.missing.shape == (8, 64, 64)
        assert all(np.ascontiguousarray(truth).tobytes() in crops for truth in batch.truth)
        assert batch.truth.dtype == np.float32
        assert (batch.missing.mean((1, 2)) > 0.02).all()
        assert (batch.noise == 0.0).all()
        kept = ~batch.missing
        np.testing.assert_array_equal(batch.start[kept], batch.truth[kept])
    noisy = Pool([[plane]], (0.3, 0.5), (5.0, 50.0), np.random.default_rng(0)).batch(8)
    assert ((noisy.noise >= 5.0 / 255.0) & (noisy.noise <= 50.0 / 255.0)).all()
    apart = [(noisy.start - noisy.truth)[k][~noisy.missing[k]].std() for k in range(8)]
    np.testing.assert_allclose(apart, noisy.noise, rtol=0.1)  # of 2000 draws each, or more


def test_differences_of_colour_are_learned_from_at_times():
    planes = [np.full((64, 64), level, np.float32) for level in (0.0, 0.25, 0.5)]
    pool = Pool.__new__(Pool)  # without its samples: only what it takes them from
    pool._pictures, pool._rng = [planes], np.random.default_rng(0)
    levels = np.array([pool._region().max() for _ in range(400)])
    share = (levels > 0.1).mean()
    assert abs(share - 0.15) < 4 * np.sqrt(0.15 * 0.85 / 400)
    np.testing.assert_allclose(np.unique(levels.round(4)), [0.0, 0.25, 0.5])
