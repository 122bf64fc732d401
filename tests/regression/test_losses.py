"""The losses, against automatic and numerical derivatives and other libraries' formulas."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import sklearn.metrics
import statsmodels.api as sm

import talweg
from talweg.regression.losses import LOSSES, read_loss

ETA = np.array([-3.0, -1.2, -0.4, 0.3, 0.9, 2.5, 4.0])
Y = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
CHOICES = [
    read_loss("squared"), read_loss("huber", delta=0.7), read_loss("absolute"),
    read_loss("quantile", quantile=0.3), read_loss("logistic"), read_loss("poisson"),
    read_loss(lambda prediction, y: jnp.log(jnp.cosh(prediction - y))),
]  # fmt: skip
IDS = ["squared", "huber", "absolute", "quantile", "logistic", "poisson", "function"]


@pytest.fixture(params=CHOICES, ids=IDS)
def loss(request):
    return request.param


def test_slopes_and_curvatures_are_the_derivatives_that_jax_finds(loss):
    with jax.enable_x64(True):
        slope = jax.vmap(jax.grad(loss.per_row))
        bend = jax.vmap(jax.grad(jax.grad(loss.per_row)))
        expected, curved = np.asarray(slope(ETA, Y)), np.asarray(bend(ETA, Y))
    np.testing.assert_allclose(loss.slope(ETA, Y), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(loss.curvature(ETA, Y), curved, rtol=1e-12, atol=1e-14)


def test_slopes_and_curvatures_are_differences_of_values_and_slopes(loss):
    step = 1e-6
    values = [np.asarray(loss.per_row(ETA + h, Y)) for h in (-step, step)]
    slopes = [loss.slope(ETA + h, Y) for h in (-step, step)]
    np.testing.assert_allclose(loss.slope(ETA, Y), (values[1] - values[0]) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(
        loss.curvature(ETA, Y), (slopes[1] - slopes[0]) / (2 * step), atol=1e-6
    )


@pytest.mark.parametrize("name", list(LOSSES))
def test_autograd_differentiates_a_value_in_numpy(name):
    loss = LOSSES[name]

    def total(eta):  # np.linalg.norm keeps JAX out
        return np.sum(loss.per_row(eta, Y)) + 0.0 * np.linalg.norm(eta)

    np.testing.assert_allclose(talweg.gradient(total, ETA), loss.slope(ETA, Y), atol=1e-13)


def test_values_are_those_of_other_libraries():
    rng = np.random.default_rng(0)
    eta, y = rng.normal(size=50), rng.normal(size=50)
    huber = read_loss("huber", delta=1.3)
    np.testing.assert_allclose(huber.per_row(eta, y), scipy.special.huber(1.3, y - eta), rtol=1e-13)
    np.testing.assert_allclose(
        huber.per_row(eta, y), sm.robust.norms.HuberT(1.3).rho(y - eta), rtol=1e-13
    )
    np.testing.assert_allclose(
        huber.slope(eta, y), -sm.robust.norms.HuberT(1.3).psi(y - eta), rtol=1e-13
    )
    pinball = sklearn.metrics.mean_pinball_loss(y, eta, alpha=0.2)
    mine = read_loss("quantile", quantile=0.2).per_row(eta, y)
    assert np.mean(mine) == pytest.approx(pinball, rel=1e-13)
    labels = (y > 0).astype(float)
    chance = LOSSES["logistic"].mean(eta)
    expected = sklearn.metrics.log_loss(labels, chance)
    assert np.mean(LOSSES["logistic"].per_row(eta, labels)) == pytest.approx(expected, rel=1e-12)


def test_deviances_are_those_of_statsmodels():
    rng = np.random.default_rng(1)
    eta, counts = rng.normal(size=40), rng.poisson(2.0, 40).astype(float)
    poisson = sm.families.Poisson()
    found = LOSSES["poisson"].deviance(eta, counts)
    assert found.sum() == pytest.approx(poisson.deviance(counts, np.exp(eta)), rel=1e-12)
    labels = (counts > 1).astype(float)
    found = LOSSES["logistic"].deviance(eta, labels)
    binomial = sm.families.Binomial().deviance(labels, scipy.special.expit(eta))
    assert found.sum() == pytest.approx(binomial, rel=1e-12)
    assert LOSSES["squared"].deviance(2.0, 5.0) == 9.0


def test_at_a_kink_the_slope_is_a_subgradient():
    at = np.array([2.0])
    assert LOSSES["absolute"].slope(at, at) == 0.0
    assert LOSSES["quantile"].slope(at, at) == 0.0
    edge = read_loss("huber", delta=2.0)
    assert edge.slope(np.array([2.0]), np.zeros(1)) == 2.0
    assert edge.per_row(np.array([2.0]), np.zeros(1)) == 2.0


def test_extremes_neither_overflow_nor_lose_their_digits():
    far = np.array([-1e300, -1e4, -1e3, 1e3, 1e4, 1e300])
    logistic = LOSSES["logistic"]
    for label in (0.0, 1.0):
        right = np.sign(far) == (1.0 if label else -1.0)
        values = logistic.per_row(far, np.full(6, label))
        np.testing.assert_array_equal(values, np.where(right, 0.0, np.abs(far)))
        assert np.isfinite(logistic.slope(far, np.full(6, label))).all()
    # log(1 + e^-40) is e^-40 to double precision
    assert logistic.per_row(np.array([40.0]), np.ones(1)) == pytest.approx(np.exp(-40.0), rel=1e-14)
    with jax.enable_x64(True):
        traced = jax.jit(logistic.per_row)(jnp.array([40.0, 1e4]), jnp.array([1.0, 0.0]))
    np.testing.assert_allclose(traced, [np.exp(-40.0), 1e4], rtol=1e-14)
    # y log(y / mu) - (y - mu) where mu is too small for a double
    assert LOSSES["poisson"].deviance(-1e3, 1.0) == pytest.approx(2.0 * (1e3 - 1.0), rel=1e-14)
    assert LOSSES["poisson"].per_row(np.array([1e3]), np.ones(1)) == np.inf
    for name in ("squared", "huber", "absolute", "quantile"):
        assert np.isfinite(LOSSES[name].per_row(np.array([1e100]), np.array([-1e100]))).all()


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_loss_survives_a_pickle_and_equals_itself(name):
    loss = LOSSES[name]
    again = pickle.loads(pickle.dumps(loss))
    assert again == loss == read_loss(name)
    np.testing.assert_array_equal(again.per_row(ETA, Y), loss.per_row(ETA, Y))
    assert loss.smooth == (name not in ("absolute", "quantile"))


def test_options_make_losses_different():
    assert read_loss("huber", delta=2.0) != LOSSES["huber"]
    assert read_loss(LOSSES["huber"]) is LOSSES["huber"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("huebr",), ValueError, "did you mean 'huber'"),
        (("mse",), ValueError, "squared, huber, absolute, quantile, logistic, poisson"),
        ((3,), TypeError, "name or a function"),
        (("squared", 1.0), TypeError, "no option delta; the loss 'huber' has"),
        (("huber", None, 0.5), TypeError, "no option quantile; the loss 'quantile' has"),
        (("huber", -1.0), ValueError, "delta must be positive"),
        (("huber", np.nan), ValueError, "delta must be positive"),
        (("huber", "1"), TypeError, "delta must be a number"),
        (("quantile", None, 1.0), ValueError, "between 0 and 1"),
        ((np.hypot, 1.0), TypeError, "a function as loss"),
        ((LOSSES["huber"], 1.0), TypeError, "has its options already"),
    ],
)
def test_bad_options_are_named(arguments, error, words):
    loss, delta, quantile = (*arguments, None, None)[:3]
    with pytest.raises(error, match=words):
        read_loss(loss, delta=delta, quantile=quantile)


@pytest.mark.parametrize(
    ("name", "y", "words"),
    [
        ("squared", [0.0, np.nan], r"y\[1\] is nan"),
        ("huber", [[0.0, 1.0], [np.inf, 0.0]], r"y\[1, 0\] is inf"),
        ("logistic", [0, 1, 2], r"y\[2\] is 2; the logistic loss takes 0 and 1"),
        ("logistic", [0.0, 0.5], r"y\[1\] is 0.5"),
        ("poisson", [1, -1], r"y\[1\] is -1; the poisson loss takes counts"),
    ],
)
def test_targets_out_of_range_are_named(name, y, words):
    with pytest.raises(ValueError, match=words):
        LOSSES[name].check_target(y)


def test_targets_in_range_pass():
    LOSSES["logistic"].check_target([True, False])
    LOSSES["poisson"].check_target([0, 3, 2.5])
    with pytest.raises(TypeError, match="price must be made of real numbers"):
        LOSSES["squared"].check_target(["a"], "price")


def test_a_function_that_returns_one_number_for_all_rows_is_refused():
    loss = read_loss(lambda prediction, y: np.mean((prediction - y) ** 2))
    with pytest.raises(ValueError, match="one loss a row"):
        loss.per_row(ETA, Y)
