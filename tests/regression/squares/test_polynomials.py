"""Polynomial fits against exact arithmetic, NumPy's Chebyshev fit and the definition."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials
from talweg.regression.squares.polynomials import fit_polynomial


def exact(x, y, degree, weight):
    """Coefficients by rational elimination."""
    x, y, w = ([Fraction(float(v)) for v in values] for values in (x, y, weight))
    p = degree + 1
    rows = [
        [sum(v * t ** (i + j) for v, t in zip(w, x, strict=True)) for j in range(p)]
        + [sum(v * t**i * u for v, t, u in zip(w, x, y, strict=True))]
        for i in range(p)
    ]
    for i in range(p):
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(p):
            if k != i:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return np.array([float(row[-1]) for row in rows])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5), st.integers(0, 10**6), st.sampled_from([1.0, 1e-6, 1e8]))
def test_exact_arithmetic(degree, seed, scale):
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.arange(-6, 7))[:9] * scale
    y, weight = rng.integers(-20, 20, 9).astype(float), rng.integers(1, 4, 9).astype(float)
    fit = fit_polynomial(x, y, degree, weight=weight)
    right = exact(x, y, degree, weight)
    size = scale ** np.arange(degree + 1)
    # What is left of 20 by subtraction may be anything: digits are counted from 20 on.
    np.testing.assert_allclose(fit.coefficients * size, right * size, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("degree", [3, 12, 25])
def test_chebyshev(degree):
    rng = np.random.default_rng(degree)
    x = np.sort(rng.uniform(3.0, 9.0, 120))
    y = np.sin(x) + 0.1 * rng.standard_normal(120)
    fit = fit_polynomial(x, y, degree)
    other = np.polynomial.Chebyshev.fit(x, y, degree)
    inside = np.linspace(3.2, 8.8, 50)
    np.testing.assert_allclose(fit.predict(inside), other(inside), rtol=0.0, atol=1e-10)
    assert fit.predict(x.reshape(4, 30)).shape == (4, 30)
    left = y - fit.predict(x)
    assert fit.rss == pytest.approx(left @ left, rel=1e-10)
    assert fit.r2 == pytest.approx(1.0 - left @ left / (y.var() * 120), rel=1e-12)
    assert fit.residual_sd == pytest.approx(np.sqrt(left @ left / (119 - degree)), rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_standard_errors_of_statsmodels(weighted):
    import statsmodels.api

    rng = np.random.default_rng(4)
    x = rng.uniform(-1.0, 1.0, 40)
    y = x**3 + rng.standard_normal(40)
    w = rng.uniform(0.5, 2.0, 40) if weighted else np.ones(40)
    fit = fit_polynomial(x, y, 3, weight=w if weighted else None)
    model = statsmodels.api.WLS(y, np.vander(x, 4, increasing=True), weights=w).fit()
    np.testing.assert_allclose(fit.coefficients, model.params, rtol=1e-10)
    np.testing.assert_allclose(fit.standard_errors, model.bse, rtol=1e-10)
    np.testing.assert_allclose(fit.covariance, model.cov_params(), rtol=1e-9, atol=1e-12)
    assert fit.rss == pytest.approx(model.ssr, rel=1e-11)
    assert fit.r2 == pytest.approx(model.rsquared, rel=1e-11)


def test_the_basis_is_orthogonal_and_monic():
    rng = np.random.default_rng(2)
    x = rng.standard_normal(60).astype(np.longdouble)
    w = rng.random(60).astype(np.longdouble)
    basis = OrthogonalPolynomials.on(x, 8, w)
    values = basis.evaluate(x)
    products = (values * w) @ values.T
    length = np.sqrt(products.diagonal())
    assert np.abs(products / length / length[:, None] - np.eye(9)).max() < 1e-14
    np.testing.assert_allclose(length**2, basis.squares, rtol=1e-12)
    powers = basis.powers()
    np.testing.assert_allclose(powers.diagonal() * basis.scale ** np.arange(9), 1.0, rtol=1e-15)
    direct = powers @ x ** np.arange(9)[:, None]
    np.testing.assert_allclose(direct.astype(float), values.astype(float), atol=1e-12)


@pytest.mark.parametrize("degree", [1, 4, 8])
def test_condition_of_numpy(degree):
    x = np.linspace(2.0, 5.0, 50)
    columns = x[:, None] ** np.arange(1, degree + 1)
    columns = columns - columns.mean(axis=0)
    expected = np.linalg.cond(columns / np.linalg.norm(columns, axis=0))
    found = fit_polynomial(x, np.sin(x), degree).condition
    assert found == pytest.approx(expected, rel=1e-2 if degree == 8 else 1e-6)


def test_as_many_coefficients_as_points():
    x = np.array([0.0, 1.0, 3.0, 4.0])
    fit = fit_polynomial(x, x**3 - 2.0, 3)
    np.testing.assert_allclose(fit.coefficients, [-2.0, 0.0, 0.0, 1.0], atol=1e-14)
    assert np.isnan(fit.residual_sd)
    assert np.all(np.isnan(fit.standard_errors))


def test_weights_of_zero_and_constants():
    x, y = np.arange(6.0), np.array([1.0, 3.0, 5.0, 7.0, 100.0, -100.0])
    fit = fit_polynomial(x, y, 1, weight=[1, 1, 1, 1, 0, 0])
    np.testing.assert_allclose(fit.coefficients, [1.0, 2.0], rtol=1e-15)
    flat = fit_polynomial(x, np.full(6, 0.1), 2)
    assert flat.coefficients[0] == 0.1
    assert np.isnan(flat.r2)
    mean = fit_polynomial(x, y, 0)
    assert mean.coefficients[0] == pytest.approx(y.mean(), rel=1e-15)
    assert mean.standard_errors[0] == pytest.approx(y.std(ddof=1) / np.sqrt(6), rel=1e-14)
    assert fit_polynomial(np.zeros(3), [1.0, 2.0, 3.0], 0).coefficients[0] == 2.0


@pytest.mark.parametrize(
    ("x", "y", "degree", "weight", "message"),
    [
        ([1.0, 2.0], [1.0], 0, None, "x has 2 values, but y has 1"),
        ([1.0, np.nan], [1.0, 2.0], 0, None, r"x\[1\] is nan"),
        ([1.0, 2.0], [np.inf, 2.0], 0, None, r"y\[0\] is inf"),
        ([1.0, 2.0], [1.0, 2.0], 2, None, "below the number of different x, 2, not 2"),
        ([1.0, 1.0], [1.0, 2.0], 1, None, "different x, 1, not 1"),
        ([1.0, 2.0], [1.0, 2.0], -1, None, "0 or more"),
        ([1.0, 2.0], [1.0, 2.0], 1, [1.0, -1.0], r"weight\[1\] is -1"),
        ([1.0, 2.0], [1.0, 2.0], 1, [1.0, 0.0], "different x, 1, not 1"),
        ([[1.0], [2.0]], [1.0, 2.0], 1, None, "one dimension"),
        ([], [], 0, None, "different x, 0"),
    ],
)
def test_says_what_is_wrong(x, y, degree, weight, message):
    with pytest.raises(ValueError, match=message):
        fit_polynomial(x, y, degree, weight=weight)


def test_degree_must_be_an_integer():
    with pytest.raises(TypeError, match="integer, not float"):
        fit_polynomial([1.0, 2.0], [1.0, 2.0], 1.0)


def test_a_degree_that_rounding_does_not_bear():
    x = np.linspace(-1.0, 1.0, 200)
    with pytest.raises(ValueError, match="degree 180 is too high for these 200 points"):
        fit_polynomial(x, np.sin(9.0 * x), 180)
