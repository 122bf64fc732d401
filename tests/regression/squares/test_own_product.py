"""Small products, added up, against the one large product."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.squares.own_product import own_product


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 700), st.integers(0, 40), st.sampled_from(["rows", "columns", "cut", "gaps"]),
    st.integers(0, 9),
)  # fmt: skip
def test_it_is_the_product_in_every_layout(n, d, layout, seed):
    random = np.random.default_rng(seed)
    rows = {
        "rows": lambda: random.normal(size=(n, d)),
        "columns": lambda: random.normal(size=(d, n)).T,
        "cut": lambda: random.normal(size=(d, n + 5))[:, 3 : n + 3].T,
        "gaps": lambda: random.normal(size=(2 * n, 2 * d))[::2, ::2],
    }[layout]()
    expected = np.einsum("ij,ik->jk", rows, rows)
    assert own_product(rows) == pytest.approx(expected, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("row", [0, 300, 511, 519])
def test_what_is_not_finite_shows_on_the_diagonal(bad, row):
    rows = np.ones((520, 4))
    for column in range(4):
        changed = rows.copy()
        changed[row, column] = bad
        with np.errstate(all="ignore"):
            diagonal = np.diagonal(own_product(changed))
        assert np.array_equal(np.isfinite(diagonal), np.arange(4) != column)
