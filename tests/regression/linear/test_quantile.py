"""Exact quantile regression, against linear programs, statsmodels, and what must hold."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import QuantileRegressor

from talweg.regression.linear.quantile import fit_quantile


def value(x, y, coefficients, intercept, quantile, l1=0.0, weight=None):
    residuals = y - x @ coefficients - intercept
    losses = np.maximum(quantile * residuals, (quantile - 1.0) * residuals)
    return np.average(losses, weights=weight) + l1 * np.abs(coefficients).sum()


def table(seed, n=80, d=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d) + rng.normal(size=d)
    return x, (x / x.std(axis=0)) @ rng.normal(size=d) + rng.standard_t(2, n) + 3.0


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("l1", [0.0, 0.05, 0.3])
def test_it_is_the_solution_of_the_linear_program(quantile, l1):
    x, y = table(1)
    x = x / x.std(axis=0)
    found = fit_quantile(x, y, quantile=quantile, l1=l1)
    peer = QuantileRegressor(quantile=quantile, alpha=l1, solver="highs").fit(x, y)
    assert found.success
    np.testing.assert_allclose(found.coefficients, peer.coef_, atol=1e-9)
    assert found.intercept == pytest.approx(peer.intercept_, abs=1e-9)
    assert np.array_equal(found.coefficients == 0.0, np.abs(peer.coef_) < 1e-9)
    expected = value(x, y, peer.coef_, peer.intercept_, quantile, l1)
    assert found.fun == pytest.approx(expected, rel=1e-10)


def test_columns_of_very_different_sizes():
    x, y = table(2, d=3)
    x = x * [1e6, 1.0, 1e-6] + [1e6, 0.0, 0.0]
    found = fit_quantile(x, y, quantile=0.25)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    peer = QuantileRegressor(quantile=0.25, alpha=0.0, solver="highs").fit(standard, y)
    assert found.success
    np.testing.assert_allclose(found.coefficients * x.std(axis=0), peer.coef_, rtol=1e-7)


def test_it_agrees_with_statsmodels():
    x, y = table(3)
    design = sm.add_constant((x - x.mean(axis=0)) / x.std(axis=0))
    peer = sm.QuantReg(y, design).fit(q=0.7, p_tol=1e-10, max_iter=5000)
    found = fit_quantile(design, y, quantile=0.7, intercept=False)
    np.testing.assert_allclose(found.coefficients, peer.params, atol=1e-6)


def test_weights_count_as_repeated_rows():
    x, y = table(4, n=40)
    counts = np.random.default_rng(0).integers(0, 4, 40)
    weighted = fit_quantile(x, y, quantile=0.6, weight=counts)
    repeated = fit_quantile(np.repeat(x, counts, axis=0), np.repeat(y, counts), quantile=0.6)
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, rtol=1e-9)
    assert weighted.fun == pytest.approx(repeated.fun, rel=1e-12)


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(
    st.integers(0, 10**6), st.sampled_from([0.1, 0.5, 0.8]), st.sampled_from([0.0, 0.02, 2.0]),
    st.integers(1, 30), st.booleans(),
)  # fmt: skip
def test_ties_and_whole_numbers_and_few_rows(seed, quantile, l1, n, intercept):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(-2, 3, (n, 2)).astype(float), rng.integers(0, 5, n).astype(float)
    found = fit_quantile(x, y, quantile=quantile, l1=l1, intercept=intercept)
    peer = QuantileRegressor(
        quantile=quantile, alpha=l1, fit_intercept=intercept, solver="highs"
    ).fit(x, y)
    expected = value(x, y, peer.coef_, peer.intercept_, quantile, l1)
    assert found.fun <= expected + 1e-10
    assert found.success
    mine = value(x, y, found.coefficients, found.intercept, quantile, l1)
    assert found.fun == pytest.approx(mine, abs=1e-13)


@pytest.mark.parametrize(
    "y", [[3.0, 3.0, 3.0, 3.0], [1e-300, 0.0, 0.0, 0.0], [1e12, 1.0, 2.0, 5.0]]
)
def test_targets_that_are_hard_on_the_scale(y):
    x = np.arange(4.0)[:, None]
    found = fit_quantile(x, y)
    peer = QuantileRegressor(alpha=0.0, solver="highs").fit(x, y)
    expected = value(x, np.array(y), peer.coef_, peer.intercept_, 0.5)
    assert found.fun <= expected * (1.0 + 1e-9) + 1e-15


def test_without_columns_it_is_the_quantile_itself():
    y = np.random.default_rng(5).normal(size=101)
    for quantile in (0.25, 0.5, 0.995):
        found = fit_quantile(np.zeros((101, 0)), y, quantile=quantile)
        assert found.intercept == np.quantile(y, quantile, method="inverted_cdf")


def test_columns_that_depend_on_one_another_share():
    x, y = table(6, d=1)
    single = fit_quantile(x, y)
    double = fit_quantile(np.column_stack([x, x, np.full(len(x), 7.0)]), y)
    assert double.success
    assert double.rank == single.rank == 2
    np.testing.assert_allclose(double.coefficients[:2], single.coefficients[0] / 2.0, rtol=1e-9)
    assert double.coefficients[2] == 0.0
    assert double.fun == pytest.approx(single.fun, rel=1e-12)


def test_a_penalty_that_is_large_leaves_the_quantile():
    x, y = table(7)
    found = fit_quantile(x, y, l1=1e9, quantile=0.3)
    assert np.array_equal(found.coefficients, np.zeros(3))
    assert value(x, y, np.zeros(3), found.intercept, 0.3) == pytest.approx(
        value(x, y, np.zeros(3), np.quantile(y, 0.3, method="inverted_cdf"), 0.3), rel=1e-12
    )


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "words"),
    [
        (np.ones(3), np.ones(3), {}, ValueError, r"not \(3,\) and \(3,\)"),
        (np.ones((3, 1)), np.ones(4), {}, ValueError, r"not \(3, 1\) and \(4,\)"),
        (np.ones((0, 1)), np.ones(0), {}, ValueError, "empty"),
        ([[np.nan]], [1.0], {}, ValueError, r"x\[0, 0\] is nan"),
        ([[1.0]], [np.inf], {}, ValueError, r"y\[0\] is inf"),
        ([[1.0]], [1.0], {"quantile": 0.0}, ValueError, "between 0 and 1"),
        ([[1.0]], [1.0], {"l1": -1.0}, ValueError, "not negative"),
        ([[1.0]], [1.0], {"l1": "1"}, TypeError, "l1 must be a number"),
        ([[1.0]], [1.0], {"weight": [-1.0]}, ValueError, r"weight\[0\] is -1"),
        ([[1.0]], [1.0], {"weight": [0.0]}, ValueError, "all weights are zero"),
        ([[1.0]], [1.0], {"weight": [1.0, 2.0]}, ValueError, "where y has"),
        ([["a"]], [1.0], {}, TypeError, "x must be made of real numbers"),
    ],
)
def test_bad_input_is_named(x, y, options, error, words):
    with pytest.raises(error, match=words):
        fit_quantile(x, y, **options)
