"""The damages that are trained on: how many of which kind, and how much of a picture they take."""

from __future__ import annotations

import numpy as np
import pytest

from talweg.training.damages import STRUCTURES, draw_damage

SHAPE = (96, 128)
COUNT = 2000


@pytest.fixture(scope="module")
def damages():
    rng = np.random.default_rng(0)
    return [draw_damage((32, 32), (0.4, 0.9), rng) for _ in range(COUNT)]


def test_the_kinds_have_their_shares(damages):
    """Within four standard deviations of the binomial distributions."""
    lossy = np.array([damage.missing.any() for damage in damages])
    noisy = np.array([damage.noise > 0.0 for damage in damages])
    for found, share in (
        (lossy & noisy, 0.05), (~lossy & noisy, 0.15), (lossy & ~noisy, 0.8),
    ):  # fmt: skip
        assert abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / COUNT)
    # A structure can miss a small picture, seldom.
    assert (~lossy & ~noisy).mean() < 0.01


def test_noise_is_within_its_range(damages):
    levels = np.array([255 * damage.noise for damage in damages if damage.noise > 0.0])
    assert levels.min() >= 2.0
    assert levels.max() <= 50.0
    usual = np.isclose(levels, 25.0).mean()
    assert abs(usual - 0.5) < 4 * np.sqrt(0.25 / len(levels))


def test_the_logarithm_of_what_is_left_is_even():
    """Held against the even distribution on [log 0.1, log 0.6], by its first two moments."""
    rng = np.random.default_rng(1)
    logs = []
    while len(logs) < 200:
        damage = draw_damage((64, 64), (0.4, 0.9), rng)
        if damage.noise > 0.0 and damage.missing.any():  # never structured
            logs.append(np.log(1.0 - damage.missing.mean()))
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
