"""The damages that are trained on: how many of which kind, and how much of a picture they take."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from talweg.training import damages
from talweg.training.damages import STRUCTURES, draw_damage

SHAPE = (96, 128)
COUNT = 2000


def drawn(noise, seed, count=COUNT, shape=(32, 32)):
    rng = np.random.default_rng(seed)
    return [draw_damage(shape, (0.4, 0.9), noise, rng) for _ in range(count)]


def is_share(found, share):
    """Whether it is within four standard deviations of the binomial distribution."""
    return abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(found))


def test_without_noise_structures_have_their_share(monkeypatch):
    named = dict.fromkeys(STRUCTURES, lambda shape, rng: np.eye(*shape, dtype=bool))
    monkeypatch.setattr(damages, "STRUCTURES", named)
    found = drawn(None, 0)
    structured = [np.array_equal(each.missing, np.eye(32, dtype=bool)) for each in found]
    assert is_share(np.array(structured), 0.15)
    assert all(each.missing.any() and each.noise == 0.0 for each in found)


def test_with_noise_all_are_noisy_and_a_quarter_lose_some():
    found = drawn((5.0, 50.0), 1)
    assert is_share(np.array([each.missing.any() for each in found]), 0.25)
    levels = np.array([255 * each.noise for each in found])
    assert 5.0 <= levels.min() < 6.0
    assert 49.0 < levels.max() <= 50.0
    assert kstest(levels, "uniform", (5.0, 45.0)).pvalue > 1e-3
    lossy = np.array([255 * each.noise for each in found if each.missing.any()])
    assert kstest(lossy, "uniform", (5.0, 45.0)).pvalue > 1e-3  # neither knows of the other
    assert {each.noise for each in drawn((15.0, 15.0), 2, 5)} == {15.0 / 255.0}


def test_the_logarithm_of_what_is_left_is_even():
    """Held against the even distribution on [log 0.1, log 0.6], by its first two moments."""
    found = drawn((5.0, 50.0), 3, 800, (64, 64))  # never structured
    logs = [np.log(1.0 - each.missing.mean()) for each in found if each.missing.any()]
    assert len(logs) > 100
    low, high = np.log(0.1), np.log(0.6)
    spread = (high - low) / np.sqrt(12.0)
    assert abs(np.mean(logs) - (low + high) / 2.0) < 4 * spread / np.sqrt(len(logs))
    assert abs(np.std(logs) / spread - 1.0) < 0.2
    assert min(logs) > low - 0.15
    assert max(logs) < high + 0.15


@pytest.mark.parametrize("name", STRUCTURES)
def test_structures_leave_something_and_take_something(name):
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(20):
        lost = STRUCTURES[name](SHAPE, rng)
        assert (lost.shape, lost.dtype) == (SHAPE, bool)
        shares.append(lost.mean())
    least, most = {
        "lines": (0.005, 0.7), "blocks": (0.02, 0.42), "rows": (1 / 3 - 0.02, 0.5),
        "lattice": (0.75, 0.95), "letters": (0.02, 0.6),
    }[name]  # fmt: skip
    assert least <= min(shares)
    assert max(shares) <= most


def test_rows_lose_whole_lines():
    rng = np.random.default_rng(3)
    for _ in range(10):
        lost = STRUCTURES["rows"](SHAPE, rng)
        by_row, by_column = lost.all(1), lost.all(0)
        assert lost.sum() in (by_row.sum() * SHAPE[1], by_column.sum() * SHAPE[0])
        where = np.flatnonzero(by_row if by_row.any() else by_column)
        assert set(np.diff(where)) <= {2, 3}
