"""The triangular factor against NumPy's of the whole matrix, in blocks and in trees."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.rows import ArrayRows, Block
from talweg.regression.squares import triangular
from talweg.regression.squares.triangular import gather_factor, merge_factors

CENTRE, SCALE = np.array([1.0, -2.0, 0.5, 3.0]), np.array([2.0, 0.5, 1.0, 4.0])


def whole(x, y, weight=None):
    """NumPy's factor, with the sign that makes the diagonal positive."""
    z = (np.column_stack([x, y]) - CENTRE) / SCALE
    if weight is not None:
        z = z * np.sqrt(weight)[:, None]
    return signed(np.linalg.qr(z, mode="r"))


def signed(factor):
    return factor * np.where(np.diag(factor) < 0.0, -1.0, 1.0)[:, None]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    return rng.standard_normal((1000, 3)), rng.standard_normal(1000), rng.random(1000)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("buffer", [2**18, 1])  # all rows at once, and thirty-two at a time
def test_numpy(table, weighted, layout, buffer, monkeypatch):
    x, y, w = table
    monkeypatch.setattr(triangular, "_BUFFER_BYTES", buffer)
    weight = w if weighted else None
    x = layout(x)
    x.setflags(write=False)
    factor = gather_factor(ArrayRows(x, y, weight), CENTRE, SCALE)
    assert factor.shape == (4, 4)
    assert np.array_equal(factor, np.triu(factor))
    np.testing.assert_allclose(signed(factor), whole(x, y, weight), rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 10**6))
def test_any_tree_of_parts(cuts, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((60, 3)), rng.standard_normal(60)
    edges = [0, *sorted(cuts), 60]
    parts = [
        gather_factor(ArrayRows(x[a:b], y[a:b]), CENTRE, SCALE)
        for a, b in itertools.pairwise(edges)
    ]
    while len(parts) > 1:
        parts = [merge_factors(*parts[k : k + 2]) for k in range(0, len(parts), 2)]
    np.testing.assert_allclose(signed(parts[0]), whole(x, y), rtol=1e-10, atol=1e-12)


def test_fewer_rows_than_columns(table):
    x, y, _ = table
    factor = gather_factor(ArrayRows(x[:2], y[:2]), CENTRE, SCALE)
    assert factor.shape == (2, 4)
    z = (np.column_stack([x[:2], y[:2]]) - CENTRE) / SCALE
    np.testing.assert_allclose(factor.T @ factor, z.T @ z, rtol=1e-13)
    assert gather_factor(ArrayRows(x[:0], y[:0]), CENTRE, SCALE).shape == (0, 4)


def test_digits_that_products_lose():
    """The smallest singular value of Läuchli's matrix is 1e-9; of its products none is left."""
    small = 1e-9
    x = np.vstack([np.ones(3), small * np.eye(3)])
    factor = gather_factor(ArrayRows(x, np.zeros(4)), np.zeros(4), np.ones(4))
    values = np.linalg.svd(factor[:, :3], compute_uv=False)
    np.testing.assert_allclose(values, [np.sqrt(3 + small**2), small, small], rtol=1e-6)


def test_many_small_blocks(table):
    x, y, _ = table

    class Pieces(ArrayRows):
        def blocks(self):
            for k in range(1000):
                yield Block(x[k : k + 1].T, y[k : k + 1])

    told = []
    factor = gather_factor(Pieces(x, y), CENTRE, SCALE, tell=told.append)
    np.testing.assert_allclose(signed(factor), whole(x, y), rtol=1e-12, atol=1e-12)
    assert told == list(range(1, 1001))


def test_refuses_factors_of_other_columns():
    with pytest.raises(ValueError, match=r"same columns; they have \[2, 3\]"):
        merge_factors(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="same columns"):
        merge_factors()
