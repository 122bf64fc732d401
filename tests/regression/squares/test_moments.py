"""Means and sums of products against exact arithmetic, in any layout, order and grouping."""

from __future__ import annotations

import itertools
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.rows import ArrayRows, Block
from talweg.regression.squares.moments import Moments, NotFiniteError, gather_moments


def exact(z, w=None):
    """Means and centred products in rational arithmetic."""
    rows = [[Fraction(float(v)) for v in row] for row in z]
    weights = [Fraction(1)] * len(rows) if w is None else [Fraction(float(v)) for v in w]
    total, d = sum(weights), len(rows[0])
    mean = [sum(v * row[k] for v, row in zip(weights, rows, strict=True)) / total for k in range(d)]
    products = [
        [
            float(
                sum(
                    v * (row[j] - mean[j]) * (row[k] - mean[k])
                    for v, row in zip(weights, rows, strict=True)
                )
            )
            for k in range(d)
        ]
        for j in range(d)
    ]
    return np.array([float(m) for m in mean]), np.array(products)


def close(moments, mean, products, digits=2e-14):
    """Check both; a mean far from 0 is a float64, and its last digit moves the products."""
    root = np.sqrt(moments.weight)
    size = np.sqrt(np.diag(products))
    ulp = 4e-16 * np.abs(mean) * root
    allowed = digits * np.outer(size, size) + np.outer(ulp, size) + np.outer(size, ulp)
    assert np.all(np.abs(moments.products - products) <= allowed + np.outer(ulp, ulp))
    assert np.all(np.abs(moments.mean - mean) <= (digits * size + 2.0 * ulp) / root)


class Pieces:
    """Rows in blocks of given numbers of rows."""

    def __init__(self, x, y, counts, weight=None):
        self.x, self.y, self.weight, self.counts = x, y, weight, counts
        self.names = tuple(f"c{k}" for k in range(x.shape[1]))

    def blocks(self):
        start = 0
        for count in self.counts:
            part = slice(start, start + count)
            weight = None if self.weight is None else self.weight[part]
            yield Block(self.x[part].T, self.y[part], weight)
            start += count
        assert start == len(self.y)

    def parts(self):
        return [self]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((300, 3)) @ rng.standard_normal((3, 3)) + [0.0, 2.0, 50.0]
    return x, rng.standard_normal(300) - 7.0, rng.random(300)


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "every other column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_exact_arithmetic(table, layout, weighted, offset):
    x, y, w = table
    x = LAYOUTS[layout](x + offset)
    weight = w if weighted else None
    mean, products = exact(np.column_stack([x, y]), weight)
    x.setflags(write=False)
    for moments in (
        Moments.of(Block(x.T, y, weight)),
        gather_moments(ArrayRows(x, y, weight)),
        gather_moments(Pieces(x, y, [1, 2, 97, 200], weight)),
        gather_moments(Pieces(x, y, [1] * 300, weight)),  # more blocks than go into a group
    ):
        close(moments, mean, products)
        assert moments.rows == 300
        assert moments.weight == pytest.approx(w.sum() if weighted else 300, rel=1e-14)
        assert np.array_equal(moments.products, moments.products.T)
        assert moments.mean.flags.writeable


def test_many_rows():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((200_000, 2))
    y = rng.standard_normal(200_000)
    z = np.column_stack([x, y]).astype(np.longdouble)
    mean = z.mean(axis=0)
    close(gather_moments(ArrayRows(x, y)), mean.astype(float),
          ((z - mean).T @ (z - mean)).astype(float))  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_as_repetitions(table, weighted):
    x, y, _ = table
    times = np.arange(300) % 4
    if weighted:
        once = gather_moments(ArrayRows(x, y, times.astype(float)))
    else:
        once = Moments.of(Block(x.T, y, times.astype(float)))
    many = gather_moments(ArrayRows(np.repeat(x, times, axis=0), np.repeat(y, times)))
    close(once, many.mean, many.products)
    assert once.weight == many.weight == many.rows


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_merging_in_any_order(data):
    n = data.draw(st.integers(2, 30))
    offset = data.draw(st.sampled_from([0.0, 1e4, -1e8]))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    z = rng.integers(-50, 50, (n, 3)) + np.array([offset, 0.0, 1.0])
    weight = rng.integers(0, 3, n).astype(float)
    weight[0] = 1.0
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    edges = [0, *cuts, n]
    parts = [
        Moments.of(Block(z[a:b, :2].T, z[a:b, 2], weight[a:b]))
        for a, b in itertools.pairwise(edges)
    ]
    parts.append(Moments.none(2))
    while len(parts) > 1:  # any two at a time
        k = data.draw(st.integers(0, len(parts) - 1))
        one = parts.pop(k)
        j = data.draw(st.integers(0, len(parts) - 1))
        parts[j] = one.merge(parts[j])
    mean, products = exact(z, weight)
    close(parts[0], mean, products)
    assert parts[0].rows == n


def test_a_large_offset_costs_no_digits():
    """The variance of 1e8 + (0, 1, 2, ...) is that of 0, 1, 2, ... to the last digit."""
    n = 100_000
    x = (1e8 + np.arange(n, dtype=float) % 100)[:, None]
    moments = gather_moments(ArrayRows(x, np.arange(n, dtype=float) % 10))
    assert moments.products[0, 0] == pytest.approx(n * (100**2 - 1) / 12, rel=1e-13)
    assert moments.products[1, 1] == pytest.approx(n * (10**2 - 1) / 12, rel=1e-13)


def test_an_offset_that_comes_later():
    x = np.concatenate([np.arange(50.0) % 2, 1e6 + np.arange(5000.0) % 7])[:, None]
    moments = gather_moments(Pieces(x, x[:, 0].copy(), [50] * 101))
    mean, products = exact(np.column_stack([x, x]))
    close(moments, mean, products, 1e-12)


@pytest.mark.parametrize("value", [0.1, 1e-9, -3e7, 1 / 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_constant_column_does_not_vary_at_all(table, value, weighted):
    x, y, w = table
    x = np.column_stack([x[:, :1], np.full(300, value)])
    weight = w if weighted else None
    moments = gather_moments(Pieces(x, y, [3] * 100, weight))
    assert np.all(moments.products[1] == 0.0)
    assert moments.mean[1] == value


def test_far_apart_scales(table):
    x, y, _ = table
    scale = np.array([1e-130, 1.0, 1e140])
    moments = gather_moments(ArrayRows(x * scale, y))
    plain = gather_moments(ArrayRows(x, y))
    back = np.append(1.0 / scale, 1.0)
    close(
        Moments(300, 300.0, moments.mean * back, moments.products * back * back[:, None]),
        plain.mean,
        plain.products,
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("column", "name"), [(0, "c0"), (2, "c2"), (3, "the target")])
def test_says_where_a_value_is_not_finite(table, value, column, name):
    z = np.column_stack(table[:2])
    z[123, column] = value
    rows = Pieces(z[:, :3], z[:, 3], [50] * 6)
    with pytest.raises(NotFiniteError, match=f"^{name} is -?(nan|inf) in row 123") as caught:
        gather_moments(rows)
    assert (caught.value.row, caught.value.column) == (123, column)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.row, again.column) == (str(caught.value), 123, column)


def test_says_that_squares_overflow(table):
    x, y, _ = table
    x = x.copy()
    x[7, 1] = 1e200
    with pytest.raises(NotFiniteError, match=r"^x2 holds values as large as 1e\+200") as caught:
        gather_moments(ArrayRows(x, y))
    assert caught.value.column == 1
    with pytest.raises(NotFiniteError, match=r"^the target holds .* overflow"):
        gather_moments(ArrayRows(x[:, :1], np.full(300, 1e300) * y))


def test_says_that_squares_vanish(table):
    x, y, _ = table
    with pytest.raises(NotFiniteError, match=r"^x3 holds values so small, 4\.99e-169 on"):
        gather_moments(ArrayRows(x * np.array([1.0, 1.0, 1e-170]), y))
    with pytest.raises(NotFiniteError, match=r"^the target holds values so small"):
        gather_moments(ArrayRows(x, y * 1e-200))
    assert gather_moments(ArrayRows(x * 0.0, y * 0.0)).products.max() == 0.0


@pytest.mark.parametrize(("value", "message"), [(-1.0, "weight is -1 in row 9"),
                                                (np.nan, "weight is nan in row 9"),
                                                (np.inf, "weight is inf in row 9")])  # fmt: skip
def test_refuses_weights(table, value, message):
    x, y, w = table
    w = w.copy()
    w[9] = value
    with pytest.raises(ValueError, match=message):
        gather_moments(ArrayRows(x, y, w))


def test_refuses_what_does_not_fit_together(table):
    x, y, _ = table
    with pytest.raises(ValueError, match="2 columns with those of 3"):
        Moments.none(2).merge(Moments.none(3))
    with pytest.raises(ValueError, match="300 rows has columns of shape"):
        Moments.of(Block(x, y))


def test_tells_how_far_it_is(table):
    x, y, _ = table
    told = []
    gather_moments(Pieces(x, y, [100, 150, 50]), tell=told.append)
    assert told == [100, 250, 300]


def test_no_rows_and_pickling(table):
    nothing = gather_moments(ArrayRows(np.empty((0, 2)), np.empty(0)))
    assert (nothing.rows, nothing.weight) == (0, 0.0)
    some = gather_moments(ArrayRows(table[0][:, :2], table[1]))
    both = pickle.loads(pickle.dumps(nothing)).merge(some)
    assert np.array_equal(both.products, some.products)


def test_weights_of_zero_alone(table):
    x, y, _ = table
    moments = gather_moments(ArrayRows(x, y, np.zeros(300)))
    assert (moments.rows, moments.weight) == (300, 0.0)
    assert np.all(np.isfinite(moments.mean))
