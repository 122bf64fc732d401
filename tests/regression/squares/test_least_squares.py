"""Least squares against NumPy, scikit-learn, statsmodels and exact cases."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression.rows import ArrayRows
from talweg.regression.squares.least_squares import least_squares
from talweg.regression.squares.moments import gather_moments

LARGE = 30_000  # rows of 4 columns: too many to be refined in extended precision


def make(n, d, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    y = x @ np.arange(1.0, d + 1.0) + 3.0 + noise * rng.standard_normal(n)
    return x, y


def lstsq(x, y, weight=None):
    """Coefficients and intercept, by NumPy on the columns and a column of ones."""
    design = np.column_stack([x, np.ones(len(y))])
    if weight is not None:
        root = np.sqrt(weight)
        design, y = design * root[:, None], y * root
    found = np.linalg.lstsq(design, y)[0]
    return found[:-1], found[-1]


def smallest(x, y):
    """The smallest of all solutions: the pseudo-inverse of the centred columns."""
    return np.linalg.pinv(x - x.mean(axis=0), rcond=1e-12) @ (y - y.mean())


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_many_rows_in_one_pass(layout):
    x, y = make(200_000, 5)
    fit = least_squares(ArrayRows(layout(x), y))
    right, constant = lstsq(x, y)
    np.testing.assert_allclose(fit.coefficients, right, rtol=1e-12)
    assert fit.intercept == pytest.approx(constant, rel=1e-12)
    assert (fit.passes, fit.way, fit.rank, fit.rows) == (1, "gram", 5, 200_000)
    assert 1.0 <= fit.condition < 1.1
    assert fit.coefficients.flags.writeable


@pytest.mark.parametrize("n", [60, LARGE])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_statsmodels(n, weighted, intercept):
    import statsmodels.api

    x, y = make(n, 4, seed=1)
    w = np.random.default_rng(2).uniform(0.1, 3.0, n)
    weight = w if weighted else None
    fit = least_squares(ArrayRows(x, y, weight), intercept=intercept)
    design = statsmodels.api.add_constant(x, prepend=False) if intercept else x
    model = statsmodels.api.WLS(y, design, weights=w if weighted else 1.0).fit()
    np.testing.assert_allclose(fit.coefficients, model.params[:4], rtol=1e-11)
    np.testing.assert_allclose(fit.standard_errors, model.bse[:4], rtol=1e-10)
    p = 5 if intercept else 4
    np.testing.assert_allclose(
        fit.covariance[:p, :p], model.cov_params(), rtol=1e-9, atol=1e-12 * fit.covariance.max()
    )
    assert fit.rss == pytest.approx(model.ssr, rel=1e-11)
    assert fit.residual_sd == pytest.approx(np.sqrt(model.scale), rel=1e-11)
    assert fit.r2 == pytest.approx(model.rsquared, rel=1e-11)
    if intercept:
        assert fit.intercept == pytest.approx(model.params[4], rel=1e-11)
        assert fit.intercept_error == pytest.approx(model.bse[4], rel=1e-10)
    else:
        assert (fit.intercept, fit.intercept_error) == (0.0, None)


@pytest.mark.parametrize("n", [60, LARGE])
@pytest.mark.parametrize("l2", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("intercept", [False, True])
def test_ridge_of_sklearn(n, l2, intercept):
    from sklearn.linear_model import Ridge

    x, y = make(n, 4, seed=3)
    x = x * [1.0, 10.0, 0.1, 1.0] + 2.0
    w = np.random.default_rng(2).uniform(0.1, 3.0, n)
    fit = least_squares(ArrayRows(x, y, w), l2=l2, intercept=intercept)
    ridge = Ridge(alpha=l2 * w.sum(), fit_intercept=intercept, solver="svd").fit(x, y, w)
    np.testing.assert_allclose(fit.coefficients, ridge.coef_, rtol=1e-10)
    assert fit.intercept == pytest.approx(ridge.intercept_, rel=1e-10)
    assert fit.standard_errors is None
    assert fit.covariance is None
    assert fit.rss == pytest.approx(w @ (y - ridge.predict(x)) ** 2, rel=1e-9)


def test_the_seven_points():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])[:, None]
    fit = least_squares(ArrayRows(x, x[:, 0] / 2.0 + 5.0))
    assert fit.coefficients[0] == 0.5
    assert fit.intercept == 5.0
    assert fit.rss < 1e-30
    assert fit.r2 == 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans())
def test_residuals_are_orthogonal_to_the_columns(seed, d, weighted):
    """The normal equations hold, in whatever units the columns are."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(d + 2, 40))
    scale = 10.0 ** rng.integers(-8, 8, d)
    x = (rng.standard_normal((n, d)) + rng.integers(-3, 3, d)) * scale
    y = rng.standard_normal(n)
    w = rng.uniform(0.2, 2.0, n) if weighted else np.ones(n)
    fit = least_squares(ArrayRows(x, y, w if weighted else None))
    left = w * (y - fit.intercept - x @ fit.coefficients)
    size = np.abs(w * y).sum() + np.abs(w @ (x * fit.coefficients)).sum()
    assert abs(left.sum()) < 1e-11 * size
    assert np.all(np.abs(left @ x) < 1e-11 * size * np.abs(x).max(axis=0))


@pytest.mark.parametrize("n", [200, LARGE])
def test_a_shift_of_the_columns_moves_the_intercept_alone(n):
    x, y = make(n, 4, seed=5)
    x = np.round(x * 1024.0) / 1024.0  # so that adding 1e8 is exact
    plain, moved = least_squares(ArrayRows(x, y)), least_squares(ArrayRows(x + 1e8, y))
    digits = 1e-13 if n == 200 else 1e-9
    np.testing.assert_allclose(moved.coefficients, plain.coefficients, rtol=digits)
    np.testing.assert_allclose(moved.standard_errors, plain.standard_errors, rtol=1e-8)
    assert moved.condition == pytest.approx(plain.condition, rel=1e-7)


@pytest.mark.parametrize("n", [200, LARGE])
def test_units_of_the_columns_do_not_matter(n):
    x, y = make(n, 4, seed=6)
    scale = np.exp2([-400.0, 0.0, 27.0, 400.0])
    plain, scaled = least_squares(ArrayRows(x, y)), least_squares(ArrayRows(x * scale, y))
    np.testing.assert_allclose(scaled.coefficients * scale, plain.coefficients, rtol=1e-13)
    assert scaled.condition == pytest.approx(plain.condition, rel=1e-12)
    assert scaled.rank == 4


def nearly_dependent(n, apart, seed=7):
    x, y = make(n, 4, seed=seed)
    x[:, 3] = x[:, 0] + apart * x[:, 3]
    return x, y


@pytest.mark.parametrize(("apart", "way", "passes"), [(1e-3, "gram", 2), (1e-7, "qr", 2)])
def test_nearly_dependent_columns(apart, way, passes):
    """Exact in the well-determined directions, as good as lstsq in the other one."""
    x, y = nearly_dependent(LARGE, apart)
    fit = least_squares(ArrayRows(x, y))
    assert (fit.way, fit.passes, fit.rank) == (way, passes, 4)
    centred = x - x.mean(axis=0)
    assert fit.condition == pytest.approx(
        np.linalg.cond(centred / np.linalg.norm(centred, axis=0)), rel=1e-6
    )
    best = least_squares(ArrayRows(x, y), accuracy="high")
    right, _ = lstsq(x, y)
    error = np.abs(fit.coefficients - best.coefficients).max() / np.abs(right).max()
    assert error <= 1e-15 / apart
    assert np.abs(right - best.coefficients).max() / np.abs(right).max() <= 1e-14 / apart
    assert fit.rss == pytest.approx(best.rss, rel=1e-9)


def test_quick_is_one_pass():
    x, y = nearly_dependent(LARGE, 1e-3)
    fit = least_squares(ArrayRows(x, y), accuracy="quick")
    assert fit.passes == 1
    np.testing.assert_allclose(fit.coefficients, lstsq(x, y)[0], rtol=1e-8)


def test_an_exact_fit_of_many_rows():
    x, y = make(LARGE, 4, noise=0.0)
    fit = least_squares(ArrayRows(x, y))
    np.testing.assert_allclose(fit.coefficients, [1.0, 2.0, 3.0, 4.0], rtol=1e-14)
    assert fit.residual_sd < 1e-13
    assert "nearly exact" in fit.note


@pytest.mark.parametrize("n", [50, LARGE])
@pytest.mark.parametrize("scale", [1.0, 1e-8])
def test_duplicated_columns(n, scale):
    x, y = make(n, 3, seed=8)
    x = np.column_stack([x, scale * x[:, 1]])
    fit = least_squares(ArrayRows(x, y, names=("a", "b", "c", "copy")))
    assert fit.rank == 3
    assert fit.condition == np.inf
    assert "b and copy are linearly dependent" in fit.note
    np.testing.assert_allclose(fit.coefficients, smallest(x, y), rtol=1e-9, atol=1e-14)
    assert fit.intercept == pytest.approx(y.mean() - x.mean(axis=0) @ fit.coefficients, rel=1e-12)


@pytest.mark.parametrize("n", [50, LARGE])
def test_dependence_that_rounding_has_blurred(n):
    """A sum of columns far from 0 differs from them in its last digits, which mean nothing."""
    x, y = make(n, 2, seed=15)
    x = x + 1e6
    x = np.column_stack([x, x[:, 0] + x[:, 1] / 3.0])
    fit = least_squares(ArrayRows(x, y))
    assert fit.rank == 2
    assert "x1, x2 and x3 are linearly dependent" in fit.note
    assert np.abs(fit.coefficients).max() < 10.0
    left = y - fit.intercept - x @ fit.coefficients
    _, right, _, _ = np.linalg.lstsq(x[:, :2] - x[:, :2].mean(axis=0), y - y.mean())
    assert left @ left == pytest.approx(right[0], rel=1e-9)
    assert fit.rss == pytest.approx(right[0], rel=1e-9)


def test_standard_errors_of_dependent_columns():
    import statsmodels.api

    x, y = make(40, 3, seed=9)
    x = np.column_stack([x, x[:, 0] - 2.0 * x[:, 2]])
    fit = least_squares(ArrayRows(x, y), intercept=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that they are dependent
        model = statsmodels.api.OLS(y, x).fit(method="pinv")
    np.testing.assert_allclose(fit.coefficients, model.params, rtol=1e-11)
    np.testing.assert_allclose(fit.standard_errors, model.bse, rtol=1e-10)
    assert "x1, x3 and x4 are linearly dependent" in fit.note


def test_dummies_of_every_level():
    """One-hot columns without a baseline add up to the constant."""
    rng = np.random.default_rng(10)
    x = np.eye(4)[rng.integers(0, 4, 80)]
    y = x @ [1.0, 2.0, 3.0, 4.0] + rng.standard_normal(80)
    fit = least_squares(ArrayRows(x, y))
    assert fit.rank == 3
    np.testing.assert_allclose(fit.coefficients, smallest(x, y), rtol=1e-11)
    np.testing.assert_allclose(
        fit.intercept + fit.coefficients, [y[x[:, k] == 1.0].mean() for k in range(4)], rtol=1e-12
    )
    bare = least_squares(ArrayRows(x, y), intercept=False)
    assert bare.rank == 4
    np.testing.assert_allclose(bare.coefficients, fit.intercept + fit.coefficients, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 10, 11])
def test_more_columns_than_rows(n):
    x, y = make(n, 10, seed=11)
    fit = least_squares(ArrayRows(x, y))
    assert fit.rank == n - 1
    np.testing.assert_allclose(fit.coefficients, smallest(x, y), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(fit.intercept + x @ fit.coefficients, y, rtol=1e-11)
    assert np.isnan(fit.residual_sd)
    assert np.all(np.isnan(fit.standard_errors)) or n == 1
    if 1 < n < 11:
        assert f"there are {n} rows for 10 columns" in fit.note


def test_a_penalty_settles_dependence():
    from sklearn.linear_model import Ridge

    x, y = make(50, 3, seed=12)
    x = np.column_stack([x, x[:, 0]])
    fit = least_squares(ArrayRows(x, y), l2=0.1)
    np.testing.assert_allclose(
        fit.coefficients, Ridge(alpha=5.0, solver="svd").fit(x, y).coef_, rtol=1e-11
    )
    assert fit.rank == 4
    assert "penalty settles" in fit.note


@pytest.mark.parametrize("n", [60, LARGE])
def test_a_small_penalty_on_nearly_dependent_columns(n):
    from sklearn.linear_model import Ridge

    x, y = nearly_dependent(n, 1e-9)
    fit = least_squares(ArrayRows(x, y), l2=1e-14)
    assert fit.way == "qr"
    right = Ridge(alpha=1e-14 * n, solver="svd").fit(x, y).coef_
    np.testing.assert_allclose(fit.coefficients, right, rtol=1e-5)


@pytest.mark.parametrize("intercept", [True, False])
def test_constant_columns(intercept):
    x, y = make(40, 2, seed=13)
    x = np.column_stack([x, np.full(40, 0.1 if intercept else 0.0)])
    fit = least_squares(ArrayRows(x, y), intercept=intercept)
    plain = least_squares(ArrayRows(x[:, :2], y), intercept=intercept)
    np.testing.assert_allclose(fit.coefficients, [*plain.coefficients, 0.0], rtol=1e-14)
    assert fit.intercept == pytest.approx(plain.intercept, rel=1e-14)
    assert fit.rank == 2
    assert ("x3: constant" if intercept else "x3: zero") in fit.note


def test_a_constant_target():
    x, _ = make(40, 2)
    fit = least_squares(ArrayRows(x, np.full(40, 0.3)))
    np.testing.assert_array_equal(fit.coefficients, 0.0)
    assert fit.intercept == 0.3
    assert fit.rss == 0.0
    assert np.isnan(fit.r2)
    assert "the target is constant" in fit.note


def test_no_columns():
    y = np.array([1.0, 2.0, 6.0])
    fit = least_squares(ArrayRows(np.empty((3, 0)), y))
    assert fit.intercept == 3.0
    assert fit.intercept_error == pytest.approx(y.std(ddof=1) / np.sqrt(3), rel=1e-14)
    assert fit.r2 == 0.0


def test_an_uncorrelated_target_is_not_taken_for_a_saddle():
    x = np.array([[-1.0], [0.0], [1.0]])
    fit = least_squares(ArrayRows(x, np.array([1.0, -2.0, 1.0])))
    assert fit.coefficients[0] == 0.0


def test_weights_are_repetitions():
    x, y = make(50, 3, seed=14)
    times = np.arange(50) % 3
    once = least_squares(ArrayRows(x, y, times.astype(float)))
    many = least_squares(ArrayRows(np.repeat(x, times, axis=0), np.repeat(y, times)))
    np.testing.assert_allclose(once.coefficients, many.coefficients, rtol=1e-14)
    assert once.rss == pytest.approx(many.rss, rel=1e-13)


def test_moments_that_are_known_save_a_pass():
    x, y = make(LARGE, 4)
    moments = gather_moments(ArrayRows(x, y))

    class Unread(ArrayRows):
        def blocks(self):
            raise AssertionError("a pass was made")

    fit = least_squares(Unread(x, y), moments=moments)
    assert fit.passes == 0
    np.testing.assert_allclose(fit.coefficients, lstsq(x, y)[0], rtol=1e-12)


def test_tells_how_far_each_pass_is():
    x, y = nearly_dependent(LARGE, 1e-3)
    told = []
    fit = least_squares(ArrayRows(x, y), tell=told.append)
    assert told.count(LARGE) == fit.passes == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l2": -1.0}, "l2 must be a finite number, 0 or more, not -1"),
        ({"l2": float("nan")}, "l2 must be"),
        ({"accuracy": "best"}, "accuracy must be one of auto, quick, high, not 'best'"),
    ],
)
def test_refuses_options(options, message):
    x, y = make(5, 2)
    with pytest.raises(ValueError, match=message):
        least_squares(ArrayRows(x, y), **options)


def test_refuses_rows():
    x, y = make(5, 2)
    with pytest.raises(ValueError, match="no rows"):
        least_squares(ArrayRows(x[:0], y[:0]))
    with pytest.raises(ValueError, match="weights of all 5 rows are zero"):
        least_squares(ArrayRows(x, y, np.zeros(5)))
    with pytest.raises(ValueError, match="moments are of 2 columns, the rows have 1"):
        least_squares(ArrayRows(x[:, :1], y), moments=gather_moments(ArrayRows(x, y)))
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="x2 is nan in row 3"):
        least_squares(ArrayRows(x, y))
