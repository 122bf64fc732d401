"""Linear models with any loss, against scikit-learn, statsmodels and closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import ElasticNet, LogisticRegression

from talweg.regression.linear.linear_fit import fit_linear
from talweg.regression.rows import ArrayRows

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(400, 3)) @ [[1.0, 0.4, 0.0], [0.0, 30.0, 0.0], [0.2, 0.0, 0.01]] + [5, 0, 1]
ETA = 0.3 + (X - X.mean(0)) @ [0.8, -0.02, 30.0]
WEIGHT = RANDOM.integers(0, 4, 400).astype(float)
TARGETS = {
    "squared": ETA + RANDOM.normal(size=400),
    "huber": ETA + RANDOM.standard_t(2, size=400),
    "logistic": (RANDOM.random(400) < 1 / (1 + np.exp(-ETA))).astype(float),
    "poisson": RANDOM.poisson(np.exp(ETA)).astype(float),
}
FAMILIES = {"logistic": sm.families.Binomial(), "poisson": sm.families.Poisson()}


class InPieces(ArrayRows):
    """Rows in blocks of uneven size."""

    def blocks(self):
        for first, last in ((0, 7), (7, 150), (150, 151), (151, 400)):
            yield self._slice(slice(first, last))


def rows(loss, weight=None, x=X):
    return InPieces(x, TARGETS[loss], weight)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("loss", ["logistic", "poisson"])
def test_likelihoods_agree_with_statsmodels(loss, intercept, weight):
    fit = fit_linear(rows(loss, weight), loss, intercept=intercept)
    design = sm.add_constant(X) if intercept else X
    expected = sm.GLM(TARGETS[loss], design, FAMILIES[loss], freq_weights=weight)
    expected = expected.fit(tol=1e-14, maxiter=200)
    assert fit.success
    params = [fit.intercept, *fit.coefficients][not intercept :]
    assert params == pytest.approx(expected.params, rel=1e-7)
    errors = [fit.intercept_error, *fit.standard_errors][not intercept :]
    assert errors == pytest.approx(expected.bse, rel=1e-5)
    assert fit.deviance == pytest.approx(expected.deviance, rel=1e-9)
    if intercept:
        assert fit.null_deviance == pytest.approx(expected.null_deviance, rel=1e-9)
    assert fit.predict(X.T) == pytest.approx(expected.predict(design), rel=1e-6)
    assert fit.passes <= 20


@pytest.mark.parametrize("loss", ["squared", "huber", "logistic", "poisson"])
def test_a_penalty_holds_the_gradient_of_the_mean_loss(loss):
    fit = fit_linear(rows(loss, WEIGHT), loss, l2=0.05)
    eta = fit.predictor(X.T)
    slope = (
        WEIGHT
        * {
            "squared": eta - TARGETS[loss],
            "huber": np.clip(eta - TARGETS[loss], -1, 1),
            "logistic": 1 / (1 + np.exp(-eta)) - TARGETS[loss],
            "poisson": np.exp(eta) - TARGETS[loss],
        }[loss]
    )
    scale = np.abs(X).max(0) * np.abs(slope).sum() / WEIGHT.sum()
    at_rest = X.T @ slope / WEIGHT.sum() + 0.05 * fit.coefficients
    assert np.abs(at_rest / scale).max() < 1e-8
    assert abs(slope.sum()) < 1e-8 * np.abs(slope).sum()
    assert fit.standard_errors is None


def test_huber_agrees_with_statsmodels_at_its_scale():
    fit = fit_linear(rows("huber"), "huber", delta=1.345)
    expected = sm.RLM(TARGETS["huber"], sm.add_constant(X), sm.robust.norms.HuberT(1.345))
    # At a scale of one its estimate is the minimiser of the mean loss.
    start = np.append(fit.intercept, fit.coefficients)
    residual = TARGETS["huber"] - sm.add_constant(X) @ start
    weights = np.minimum(1.0, 1.345 / np.abs(residual))
    again = np.linalg.lstsq(
        sm.add_constant(X) * np.sqrt(weights)[:, None], TARGETS["huber"] * np.sqrt(weights),
        rcond=None,
    )[0]  # fmt: skip
    assert again == pytest.approx(start, rel=1e-7)
    assert expected.exog.shape == (400, 4)
    # The sandwich, by hand.
    z, inside = sm.add_constant(X), np.abs(residual) <= 1.345
    bread = np.linalg.inv(z[inside].T @ z[inside])
    meat = (z * np.clip(residual, -1.345, 1.345)[:, None] ** 2).T @ z
    errors = np.sqrt(np.diag(bread @ meat @ bread))
    assert [fit.intercept_error, *fit.standard_errors] == pytest.approx(errors, rel=1e-6)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_l1_leaves_the_zeros_that_scikit_learn_finds(loss):
    x = np.random.default_rng(0).normal(size=(400, 3)) @ np.diag([1.0, 10.0, 0.1])
    y = TARGETS[loss]
    l1, l2 = 0.03, 0.01
    fit = fit_linear(InPieces(x, y), loss, l1=l1, l2=l2)
    if loss == "squared":
        peer = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=100_000)
        peer.fit(x, y)
        coefficients, intercept = peer.coef_, peer.intercept_
    else:
        peer = LogisticRegression(
            C=1 / (400 * (l1 + l2)), l1_ratio=l1 / (l1 + l2), solver="saga", tol=1e-12,
            max_iter=100_000,
        ).fit(x, y)  # fmt: skip
        coefficients, intercept = peer.coef_[0], peer.intercept_[0]
    assert np.array_equal(fit.coefficients == 0.0, coefficients == 0.0)
    assert 0 < (fit.coefficients == 0.0).sum() < 3
    assert fit.coefficients == pytest.approx(coefficients, abs=2e-6)
    assert fit.intercept == pytest.approx(intercept, abs=2e-6)


def test_so_much_l1_that_nothing_is_left():
    fit = fit_linear(rows("squared"), l1=1e4)
    assert np.array_equal(fit.coefficients, np.zeros(3))
    assert fit.intercept == pytest.approx(TARGETS["squared"].mean())


@pytest.mark.parametrize("loss", ["logistic", "poisson", "huber"])
def test_batches_first_lead_to_the_same_answer(loss):
    full = fit_linear(rows(loss, WEIGHT), loss)
    seen = []
    after = fit_linear(rows(loss, WEIGHT), loss, batch=40, epochs=20, seed=1, callback=seen.append)
    assert after.success
    assert after.coefficients == pytest.approx(full.coefficients, rel=1e-6)
    assert after.intercept == pytest.approx(full.intercept, rel=1e-6)
    other = fit_linear(rows(loss, WEIGHT), loss, batch=40, epochs=20, seed=1)
    assert np.array_equal(other.coefficients, after.coefficients)


def test_a_descent_as_told_is_that_of_the_textbook():
    x, y = np.array([1.0, 2, 3, 4, 5, 6, 8]), np.array([5.5, 6, 6.5, 7, 7.5, 8, 9])
    fit = fit_linear(ArrayRows(x[:, None], y), step=0.008, max_iter=50, tol=0.0, start=[0.3, -0.5])
    w0, w1 = 0.3, -0.5
    for epoch in fit.history:
        residual = w1 * x + w0 - y
        assert epoch.intercept == pytest.approx(w0, rel=1e-13)
        assert epoch.coefficients[0] == pytest.approx(w1, rel=1e-12)
        assert epoch.loss == pytest.approx(0.5 * np.mean(residual**2), rel=1e-12)
        w0, w1 = w0 - 0.008 * residual.mean(), w1 - 0.008 * (residual * x).mean()
    assert [epoch.epoch for epoch in fit.history] == list(range(51))
    assert fit.standard_errors is None
    assert "rest" in fit.note


def test_many_rows_descend_on_their_products():
    plain = fit_linear(ArrayRows(X, TARGETS["squared"]), method="lbfgs", tol=1e-9)
    pieces = fit_linear(rows("squared"), method="lbfgs", tol=1e-9)
    solved = fit_linear(rows("squared"))
    assert (plain.way, pieces.way, solved.way) == ("passes", "moments", "gram")
    for fit in (plain, pieces):
        assert fit.coefficients == pytest.approx(solved.coefficients, rel=1e-5)
        assert fit.standard_errors == pytest.approx(solved.standard_errors, rel=1e-5)
        assert fit.intercept_error == pytest.approx(solved.intercept_error, rel=1e-5)
        assert fit.r2 == pytest.approx(solved.r2, rel=1e-8)


def test_repeated_columns_share_their_coefficient():
    twice = np.column_stack([X[:, :1], X[:, :1], np.ones(400)])
    once = fit_linear(rows("logistic", x=X[:, :1]), "logistic")
    fit = fit_linear(rows("logistic", x=twice), "logistic")
    assert fit.rank == 1
    assert fit.coefficients == pytest.approx([*once.coefficients / 2] * 2 + [0.0], rel=1e-6)
    assert fit.intercept == pytest.approx(once.intercept, rel=1e-6)
    assert "shortest" in fit.note


def test_a_constant_column_far_away_and_a_large_offset():
    moved = X + np.array([1e6, 0.0, 0.0])
    plain, far = (fit_linear(rows("logistic", x=x), "logistic") for x in (X, moved))
    assert far.coefficients == pytest.approx(plain.coefficients, rel=1e-5)
    assert far.predictor(moved.T) == pytest.approx(plain.predictor(X.T), rel=1e-4, abs=1e-4)


def test_classes_that_can_be_told_apart_are_said():
    y = (X[:, 0] > 5.0).astype(float)
    fit = fit_linear(ArrayRows(X[:, :1], y), "logistic")
    assert "without error" in fit.note
    assert fit.mean_loss < 1e-6


@pytest.mark.parametrize(
    ("loss", "quantile", "l1"), [("absolute", None, 0), ("quantile", 0.8, 0.1)]
)
def test_quantiles_leave_that_share_below(loss, quantile, l1):
    level = 0.5 if quantile is None else quantile
    fit = fit_linear(rows("huber"), loss, quantile=quantile, l1=l1)
    below = TARGETS["huber"] < fit.predict(X.T) - 1e-9
    above = TARGETS["huber"] > fit.predict(X.T) + 1e-9
    assert below.sum() <= level * 400 <= 400 - above.sum()
    assert fit.way == "exact"
    assert fit.standard_errors is None


def test_a_loss_of_one_s_own():
    def fourth(prediction, y):
        return (prediction - y) ** 4

    fit = fit_linear(rows("squared"), fourth)
    residual = fit.predictor(X.T) - TARGETS["squared"]
    slopes = np.column_stack([np.ones(400), X]).T @ residual**3
    assert np.abs(slopes).max() < 1e-5 * np.abs(residual**3).sum()
    smooth = fit_linear(rows("squared"), lambda p, y: jnp.log(jnp.cosh(p - y)))
    tanh = np.tanh(smooth.predictor(X.T) - TARGETS["squared"])
    assert np.abs(X.T @ tanh).max() < 1e-5 * 400


def test_callbacks_see_every_epoch_and_may_stop():
    seen = []

    def stop_at_three(epoch):
        seen.append(epoch.epoch)
        if epoch.epoch == 3:
            raise StopIteration

    fit = fit_linear(rows("poisson"), "poisson", callback=stop_at_three)
    assert seen == [0, 1, 2, 3]
    assert not fit.success
    assert [epoch.loss for epoch in fit.history] == sorted(
        (epoch.loss for epoch in fit.history), reverse=True
    )


@pytest.mark.parametrize(
    ("loss", "options", "words"),
    [
        ("squared", {"l2": -1.0}, "l2 is -1.0"),
        ("absolute", {"l2": 1.0}, "use l1"),
        ("squared", {"batch": 10}, "batch goes before"),
        ("logistic", {"batch": 0}, "whole number"),
        ("logistic", {"epochs": 3}, "give batch"),
        ("squared", {"tol": 1e-3}, "tol means nothing"),
        ("logistic", {"l1": 1.0, "step": 0.1}, "its own descent"),
        ("quantile", {"method": "lbfgs"}, "fitted exactly"),
        ("logistic", {"start": [1.0]}, "4 finite numbers"),
    ],
)
def test_options_that_mean_nothing_are_refused(loss, options, words):
    with pytest.raises(ValueError, match=words):
        fit_linear(rows("logistic"), loss, **options)


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        ("logistic", np.full(400, 1.0), "1 in every row"),
        ("logistic", np.arange(400.0), "0 and 1"),
        ("poisson", np.zeros(400), "0 in every row"),
        ("poisson", np.full(400, -1.0), "negative"),
    ],
)
def test_targets_that_do_not_suit_are_refused(loss, y, words):
    with pytest.raises(ValueError, match=words):
        fit_linear(InPieces(X, y), loss)
