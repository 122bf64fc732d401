"""The estimators find the minima that scikit-learn's and statsmodels' find, and true minima."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.special
import sklearn.linear_model as peers
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.regression import estimators as ours

N, D = 120, 4
NEAR = {"rtol": 1e-6, "atol": 1e-6}


def table(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, D)) @ (np.eye(D) + 0.3 * rng.standard_normal((D, D)))
    x = x * [1.0, 3.0, 0.3, 1.0] + [0.0, 2.0, 0.0, -1.0]
    eta = x @ [0.4, -0.1, 0.5, 0.0] + 0.3
    return x, eta, rng


X, ETA, RNG = table()
NOISY = ETA + 0.5 * RNG.standard_normal(N)
BROKEN = np.where(RNG.random(N) < 0.1, 30.0, NOISY)
COUNTS = RNG.poisson(np.exp(ETA)).astype(float)
BINARY = (RNG.random(N) < scipy.special.expit(ETA)).astype(int)
KINDS = np.argmax(np.column_stack([ETA, X[:, 0], -X[:, 2]]) + RNG.gumbel(size=(N, 3)), axis=1)
WEIGHT = RNG.integers(0, 4, N).astype(float)

both = pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
intercepts = pytest.mark.parametrize("fit_intercept", [True, False], ids=["intercept", "origin"])


def assert_agree(our, peer, **near):
    near = near or NEAR
    np.testing.assert_allclose(our.coef_, peer.coef_, **near)
    np.testing.assert_allclose(our.intercept_, peer.intercept_, **near)


@both
@intercepts
def test_linear_regression_agrees_with_scikit_learn(weight, fit_intercept):
    our = ours.LinearRegression(fit_intercept=fit_intercept).fit(X, NOISY, weight)
    peer = peers.LinearRegression(fit_intercept=fit_intercept).fit(X, NOISY, weight)
    assert_agree(our, peer, rtol=1e-10, atol=1e-12)


def test_standard_errors_are_those_of_statsmodels():
    for weight in (None, WEIGHT + 1.0):
        our = ours.LinearRegression().fit(X, NOISY, weight)
        peer = sm.WLS(NOISY, sm.add_constant(X), 1.0 if weight is None else weight).fit()
        found = np.append(our.intercept_error_, our.standard_errors_)
        np.testing.assert_allclose(found, peer.bse, rtol=1e-10)


@both
@intercepts
@pytest.mark.parametrize("alpha", [0.01, 30.0])
def test_ridge_agrees_with_scikit_learn(weight, fit_intercept, alpha):
    options = {"alpha": alpha, "fit_intercept": fit_intercept}
    our = ours.Ridge(**options).fit(X, NOISY, weight)
    peer = peers.Ridge(**options, solver="svd").fit(X, NOISY, weight)
    assert_agree(our, peer, rtol=1e-10, atol=1e-12)


@both
@intercepts
@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.03, 1.0), (0.2, 0.6), (0.5, 0.0)])
def test_elastic_net_agrees_with_scikit_learn_zeros_included(
    weight, fit_intercept, alpha, l1_ratio
):
    options = {"alpha": alpha, "l1_ratio": l1_ratio, "fit_intercept": fit_intercept}
    our = ours.ElasticNet(**options).fit(X, NOISY, weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # coordinate descent warns where there is no l1 penalty
        peer = peers.ElasticNet(**options, tol=1e-14, max_iter=100_000).fit(X, NOISY, weight)
    assert_agree(our, peer, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(our.coef_ == 0.0, peer.coef_ == 0.0)


def test_many_useless_columns_get_exact_zeros():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((80, 30))
    y = x[:, 0] - 2 * x[:, 1] + 0.1 * rng.standard_normal(80)
    our = ours.ElasticNet(alpha=0.1, l1_ratio=0.9).fit(x, y)
    peer = peers.ElasticNet(alpha=0.1, l1_ratio=0.9, tol=1e-14, max_iter=100_000).fit(x, y)
    assert 0 < np.count_nonzero(our.coef_) < 10
    np.testing.assert_array_equal(our.coef_ == 0.0, peer.coef_ == 0.0)
    assert_agree(our, peer)


@both
@intercepts
@pytest.mark.parametrize("strength", [0.05, 10.0, np.inf])
@pytest.mark.parametrize("target", [BINARY, KINDS], ids=["two", "three"])
def test_logistic_regression_agrees_with_scikit_learn(weight, fit_intercept, strength, target):
    options = {"C": strength, "fit_intercept": fit_intercept}
    our = ours.LogisticRegression(**options).fit(X, target, weight)
    # Without a penalty the Hessian of three classes is singular, which Newton's method warns of.
    solver = "lbfgs" if strength == np.inf else "newton-cholesky"
    peer = peers.LogisticRegression(**options, solver=solver, tol=1e-12, max_iter=10_000)
    peer.fit(X, target, weight)
    near = {"rtol": 1e-4, "atol": 1e-4} if strength == np.inf else NEAR
    assert_agree(our, peer, **near)
    np.testing.assert_allclose(our.predict_proba(X), peer.predict_proba(X), **near)


def test_unpenalised_logistic_regression_agrees_with_statsmodels():
    two = ours.LogisticRegression(C=np.inf).fit(X, BINARY)
    peer = sm.Logit(BINARY, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-12)
    np.testing.assert_allclose(np.append(two.intercept_, two.coef_), peer.params, **NEAR)
    three = ours.LogisticRegression(C=np.inf).fit(X, KINDS)
    peer = sm.MNLogit(KINDS, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-12)
    both_parts = np.column_stack([three.intercept_, three.coef_])
    np.testing.assert_allclose((both_parts[1:] - both_parts[0]).T, peer.params, **NEAR)


@pytest.mark.parametrize("target", [BINARY, KINDS], ids=["two", "three"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_logistic_regression_with_zeros_agrees_with_scikit_learn(target, l1_ratio):
    x = (X - X.mean(axis=0)) / X.std(axis=0)  # the peer is a slow descent on other columns
    options = {"C": 0.1, "l1_ratio": l1_ratio}
    our = ours.LogisticRegression(**options).fit(x, target, WEIGHT)
    peer = peers.LogisticRegression(**options, solver="saga", tol=1e-12, max_iter=20_000)
    peer.fit(x, target, WEIGHT)
    assert_agree(our, peer)
    zeros = our.coef_ == 0.0
    assert zeros.any()
    assert np.all(np.abs(peer.coef_[zeros]) < 1e-9)
    assert np.all(np.abs(peer.coef_[~zeros]) > 1e-9)


def test_balanced_classes_agree_with_scikit_learn():
    for class_weight in ("balanced", {0: 2.0, 1: 1.0, 2: 0.5}):
        options = {"class_weight": class_weight, "C": 2.0}
        our = ours.LogisticRegression(**options).fit(X, KINDS)
        peer = peers.LogisticRegression(**options, solver="newton-cholesky", tol=1e-12)
        assert_agree(our, peer.fit(X, KINDS))


@both
@intercepts
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_poisson_regression_agrees_with_scikit_learn(weight, fit_intercept, alpha):
    options = {"alpha": alpha, "fit_intercept": fit_intercept}
    our = ours.PoissonRegression(**options).fit(X, COUNTS, weight)
    peer = peers.PoissonRegressor(**options, solver="newton-cholesky", tol=1e-12)
    assert_agree(our, peer.fit(X, COUNTS, weight))
    assert our.score(X, COUNTS, weight) == pytest.approx(peer.score(X, COUNTS, weight), abs=1e-8)


def test_poisson_regression_agrees_with_statsmodels():
    our = ours.PoissonRegression(alpha=0.0).fit(X, COUNTS)
    peer = sm.GLM(COUNTS, sm.add_constant(X), sm.families.Poisson()).fit(tol=1e-12)
    np.testing.assert_allclose(np.append(our.intercept_, our.coef_), peer.params, **NEAR)


def huber_objective(parameters, weight, epsilon, alpha):
    intercept, *slopes, scale = parameters
    z = np.abs(BROKEN - intercept - X @ slopes) / scale
    cost = np.where(z <= epsilon, z**2, 2 * epsilon * z - epsilon**2)
    return weight @ (scale + cost * scale) + alpha * np.dot(slopes, slopes)


def reweighted(weight, epsilon, alpha, fit_intercept):
    """Find the same minimum by turns: least squares with the outliers weighted down, the scale."""
    columns = np.column_stack([X, np.ones(N)]) if fit_intercept else X
    ridge = np.diag([alpha] * D + [0.0] * fit_intercept)
    found, scale = np.zeros(columns.shape[1]), 1.0
    for _ in range(2000):
        size = np.abs(BROKEN - columns @ found)
        counted = weight * np.minimum(1.0, epsilon * scale / np.maximum(size, 1e-300))
        curved = (columns.T * counted) @ columns + scale * ridge
        found = np.linalg.solve(curved, columns.T @ (counted * BROKEN))
        size = np.abs(BROKEN - columns @ found)
        near = size <= epsilon * scale
        left = weight.sum() - epsilon**2 * weight[~near].sum()
        scale = np.sqrt(weight[near] @ size[near] ** 2 / left)
    return found[:D], (found[D] if fit_intercept else 0.0), scale


@both
@intercepts
@pytest.mark.parametrize(("epsilon", "alpha"), [(1.35, 1e-4), (2.0, 20.0)])
def test_huber_regression_finds_the_fixed_point_of_reweighting(
    weight, fit_intercept, epsilon, alpha
):
    options = {"epsilon": epsilon, "alpha": alpha, "fit_intercept": fit_intercept}
    our = ours.HuberRegression(**options).fit(X, BROKEN, weight)
    ones = np.ones(N) if weight is None else weight
    coefficients, intercept, scale = reweighted(ones, epsilon, alpha, fit_intercept)
    np.testing.assert_allclose(our.coef_, coefficients, rtol=1e-6, atol=1e-7)
    assert our.intercept_ == pytest.approx(intercept, rel=1e-6, abs=1e-7)
    assert our.scale_ == pytest.approx(scale, rel=1e-6)


@both
@intercepts
@pytest.mark.parametrize(("epsilon", "alpha"), [(1.35, 1e-4), (2.0, 20.0)])
def test_huber_regression_is_as_low_as_scikit_learns_and_beside_it(
    weight, fit_intercept, epsilon, alpha
):
    options = {"epsilon": epsilon, "alpha": alpha, "fit_intercept": fit_intercept}
    our = ours.HuberRegression(**options).fit(X, BROKEN, weight)
    peer = peers.HuberRegressor(**options, tol=1e-12, max_iter=10_000).fit(X, BROKEN, weight)
    ones = np.ones(N) if weight is None else weight
    lows = [
        huber_objective([m.intercept_, *m.coef_, m.scale_], ones, epsilon, alpha)
        for m in (our, peer)
    ]
    assert lows[0] <= lows[1] * (1.0 + 1e-13)
    # It stops where the value falls by less than 2e-9 of itself, which is early for coefficients.
    assert_agree(our, peer, rtol=1e-3, atol=2e-4)
    assert our.scale_ == pytest.approx(peer.scale_, rel=1e-4)
    np.testing.assert_array_equal(our.outliers_, peer.outliers_)


@both
def test_huber_regression_ends_where_its_documented_cost_is_flat(weight):
    our = ours.HuberRegression(alpha=3.0).fit(X, BROKEN, weight)
    weight = np.ones(N) if weight is None else weight
    best = np.concatenate([[our.intercept_], our.coef_, [our.scale_]])
    value = huber_objective(best, weight, 1.35, 3.0)
    assert our.history[-1]["loss"] == pytest.approx(value, rel=1e-12)
    for direction in np.eye(D + 2):
        after = huber_objective(best + 1e-6 * direction, weight, 1.35, 3.0)
        before = huber_objective(best - 1e-6 * direction, weight, 1.35, 3.0)
        assert abs(after - before) / 2e-6 < 1e-4  # of slopes of some hundreds nearby
        assert after > value - 1e-10
        assert before > value - 1e-10


@both
@intercepts
@pytest.mark.parametrize(("quantile", "alpha"), [(0.5, 0.0), (0.8, 0.0), (0.3, 0.02)])
def test_quantile_regression_agrees_with_scikit_learn(weight, fit_intercept, quantile, alpha):
    options = {"quantile": quantile, "alpha": alpha, "fit_intercept": fit_intercept}
    our = ours.QuantileRegression(**options).fit(X, NOISY, weight)
    peer = peers.QuantileRegressor(**options, solver="highs").fit(X, NOISY, weight)
    assert_agree(our, peer)
    np.testing.assert_array_equal(our.coef_ == 0.0, peer.coef_ == 0.0)


EVERY_ESTIMATOR = [
    (ours.LinearRegression(), NOISY),
    (ours.Ridge(alpha=3.0), NOISY),
    (ours.ElasticNet(alpha=0.1), NOISY),
    (ours.LogisticRegression(), BINARY),
    (ours.LogisticRegression(), KINDS),
    (ours.LogisticRegression(l1_ratio=1.0), KINDS),
    (ours.HuberRegression(), BROKEN),
    (ours.QuantileRegression(alpha=0.01), NOISY),
    (ours.PoissonRegression(), COUNTS),
]


@pytest.mark.parametrize(("estimator", "y"), EVERY_ESTIMATOR, ids=repr)
def test_whole_weights_count_as_repeated_rows(estimator, y):
    times = WEIGHT.astype(int)
    weighted = estimator.fit(X, y, WEIGHT)
    found = np.append(weighted.intercept_, weighted.coef_)
    repeated = estimator.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(found, np.append(repeated.intercept_, repeated.coef_), **NEAR)


@pytest.mark.parametrize(
    "estimator",
    [ours.LinearRegression(), ours.Ridge(alpha=2.0), ours.ElasticNet(alpha=0.1, l1_ratio=0.7)],
    ids=repr,
)
@both
def test_partial_fit_finds_what_fit_finds_on_all_rows(estimator, weight):
    ends = [0, 1, 2, 40, 41, N]  # one row at a time too
    at_once = estimator.fit(X, NOISY, weight)
    coefficients, intercept = at_once.coef_.copy(), at_once.intercept_
    errors = getattr(at_once, "standard_errors_", None)
    weight = np.ones(N) if weight is None else np.maximum(weight, 0.0)
    del estimator._summary
    for start, end in itertools.pairwise(ends):
        if weight[start:end].any():
            part = slice(start, end)
            estimator.partial_fit(X[part], NOISY[part], weight[part])
    np.testing.assert_allclose(estimator.coef_, coefficients, rtol=1e-9, atol=1e-11)
    assert estimator.intercept_ == pytest.approx(intercept, rel=1e-9)
    if errors is not None:
        np.testing.assert_allclose(estimator.standard_errors_, errors, rtol=1e-9)


def test_partial_fit_keeps_the_digits_of_columns_that_are_nearly_dependent():
    t = np.linspace(1.0, 2.0, N)
    x = t[:, None] ** np.arange(1, 7)  # condition about 1e8: its square leaves no digit
    truth = np.array([1.0, -2.0, 3.0, -1.0, 0.5, 0.25])
    y = x @ truth + 1.0
    model = ours.LinearRegression()
    for part in np.array_split(np.arange(N), 5):
        model.partial_fit(x[part], y[part])
    np.testing.assert_allclose(model.coef_, truth, rtol=1e-5)


numbers = st.floats(-100.0, 100.0)
sizes = st.floats(0.01, 100.0)


@settings(max_examples=25, deadline=None)
@given(sizes, numbers, st.lists(numbers, min_size=D, max_size=D), sizes)
def test_least_squares_moves_with_the_target_and_scales_with_the_columns(size, level, tilt, unit):
    first = ours.LinearRegression().fit(X, NOISY)
    moved = ours.LinearRegression().fit(X * unit, size * NOISY + X @ tilt + level)
    np.testing.assert_allclose(moved.coef_ * unit, size * first.coef_ + tilt, rtol=1e-8, atol=1e-8)
    expected = size * first.intercept_ + level
    assert moved.intercept_ == pytest.approx(expected, rel=1e-8, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(sizes, numbers, st.lists(numbers, min_size=D, max_size=D))
def test_huber_regression_moves_with_the_target(size, level, tilt):
    first = ours.HuberRegression(alpha=0.0).fit(X, BROKEN)
    moved = ours.HuberRegression(alpha=0.0).fit(X, size * BROKEN + X @ tilt + level)
    near = {"rtol": 1e-6, "atol": 1e-6 * (1.0 + size)}
    np.testing.assert_allclose(moved.coef_, size * first.coef_ + tilt, **near)
    assert moved.scale_ == pytest.approx(size * first.scale_, rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(st.sampled_from([0.25, 0.5, 0.7]), sizes, numbers)
def test_quantiles_move_with_the_target_and_turn_with_its_sign(quantile, size, level):
    first = ours.QuantileRegression(quantile=quantile, alpha=0.0).fit(X, NOISY)
    moved = ours.QuantileRegression(quantile=quantile, alpha=0.0).fit(X, size * NOISY + level)
    turned = ours.QuantileRegression(quantile=1.0 - quantile, alpha=0.0).fit(X, -NOISY)
    near = {"rtol": 1e-6, "atol": 1e-6 * (1.0 + size)}
    np.testing.assert_allclose(moved.coef_, size * first.coef_, **near)
    np.testing.assert_allclose(turned.coef_, -first.coef_, **near)
