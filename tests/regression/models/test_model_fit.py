"""Any model with any loss, against SciPy, statsmodels, scikit-learn, NIST and closed forms."""

import xml.etree.ElementTree

import hypothesis
import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import curve_fit, lsq_linear
from sklearn.linear_model import QuantileRegressor

import talweg
from talweg.regression.linear.quantile import fit_quantile
from talweg.regression.models import fit_objective
from talweg.regression.models.model_fit import fit

RNG = np.random.default_rng(7)
X = RNG.normal(size=(60, 3))
NOISE = RNG.standard_t(3, 60)
Y = X @ [1.0, -2.0, 0.5] + 3.0 + NOISE
DESIGN = np.column_stack([X, np.ones(60)])
START = {"b": np.zeros(3), "a": 0.0}


def linear(p, x):
    return x @ p["b"] + p["a"]


def linear_in_numpy(p, x):  # np.dot and np.add on what JAX traces keep it out
    return np.add(np.dot(x, p["b"]), p["a"])


def flat(nest):
    return np.append(nest["b"], nest["a"])


MISRA = (
    [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
     760.0],
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47,
     81.78],
)  # fmt: skip

# NIST StRD, nonlinear regression: the model, x and y, the two starts, and what is certified to 11
# digits: parameters, their standard deviations, and the residual sum of squares.
NIST = {
    "Misra1a": (
        lambda p, x: p[0] * (1.0 - np.exp(-p[1] * x)), MISRA, [(500.0, 0.0001), (250.0, 0.0005)],
        (2.3894212918e02, 5.5015643181e-04), (2.7070075241, 7.2668688436e-06), 1.2455138894e-01,
    ),
    "Misra1b": (
        lambda p, x: p[0] * (1.0 - (1.0 + p[1] * x / 2.0) ** -2.0), MISRA,
        [(500.0, 0.0001), (300.0, 0.0002)],
        (3.3799746163e02, 3.9039091287e-04), (3.1643950207, 4.2547321834e-06), 7.5464681533e-02,
    ),
    "DanWood": (
        lambda p, x: p[0] * x ** p[1],
        ([1.309, 1.471, 1.490, 1.565, 1.611, 1.680], [2.138, 3.421, 3.597, 4.340, 4.882, 5.660]),
        [(1.0, 5.0), (0.7, 4.0)],
        (7.6886226176e-01, 3.8604055871), (1.8281973860e-02, 5.1726610913e-02), 4.3173084083e-03,
    ),
    "BoxBOD": (
        lambda p, x: p[0] * (1.0 - np.exp(-p[1] * x)),
        ([1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224]), [(1.0, 1.0), (100.0, 0.75)],
        (2.1380940889e02, 5.4723748542e-01), (1.2354515176e01, 1.0455993237e-01), 1.1680088766e03,
    ),
    "Rat42": (
        lambda p, x: p[0] / (1.0 + np.exp(p[1] - p[2] * x)),
        ([9, 14, 21, 28, 42, 57, 63, 70, 79],
         [8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08]),
        [(100.0, 1.0, 0.1), (75.0, 2.5, 0.07)],
        (7.2462237576e01, 2.6180768402, 6.7359200066e-02),
        (1.7340283401, 8.8295217536e-02, 3.4465663377e-03), 8.0565229338,
    ),
    "Rat43": (
        lambda p, x: p[0] / (1.0 + np.exp(p[1] - p[2] * x)) ** (1.0 / p[3]),
        (range(1, 16), [16.08, 33.83, 65.80, 97.20, 191.55, 326.20, 386.87, 520.53, 590.03, 651.92,
                        724.93, 699.56, 689.96, 637.56, 717.41]),
        [(100.0, 10.0, 1.0, 1.0), (700.0, 5.0, 0.75, 1.3)],
        (6.9964151270e02, 5.2771253025, 7.5962938329e-01, 1.2792483859),
        (1.6302297817e01, 2.0828735829, 1.9566123451e-01, 6.8761936385e-01), 8.7864049080e03,
    ),
    "MGH09": (
        lambda p, x: p[0] * (x**2 + x * p[1]) / (x**2 + x * p[2] + p[3]),
        ([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
         [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]),
        [(25.0, 39.0, 41.5, 39.0), (0.25, 0.39, 0.415, 0.39)],
        (1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01),
        (1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02), 3.0750560385e-04,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(NIST))
def test_certified_values_from_both_starts(name):
    model, (x, y), starts, certified, deviations, rss = NIST[name]
    for start in starts:
        found = fit(model, np.array(start), np.array(x, float), y)
        assert found.success
        np.testing.assert_allclose(found.params, certified, rtol=1e-9)
        np.testing.assert_allclose(found.standard_errors, deviations, rtol=1e-8)
        assert found.deviance == pytest.approx(rss, rel=1e-9)
        sd = np.sqrt(rss / (len(y) - len(certified)))
        assert found.residual_sd == pytest.approx(sd, rel=1e-9)


CURVES = {
    "two exponentials": (
        lambda m, x, a, b, c, d: a * m.exp(-b * x) + c * m.exp(-d * x),
        (3.0, 0.3, 5.0, 2.0), (1.0, 0.1, 1.0, 1.0), np.linspace(0.1, 10.0, 60), 0.01,
    ),
    "peak": (
        lambda m, x, a, b, c, d: a * m.exp(-(((x - b) / c) ** 2) / 2.0) + d,
        (5.0, 4.0, 0.7, 1.0), (1.0, 3.0, 1.0, 0.0), np.linspace(0.1, 10.0, 60), 0.1,
    ),
    "sizes far apart": (
        lambda m, x, a, b, c: a * x / (b + x) + c + 0.0 * m.exp(0.0 * x),
        (1e-6, 2e6, 3e-7), (1e-7, 1e6, 0.0), 1e6 * np.linspace(0.1, 10.0, 60), 1e-9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CURVES))
def test_curves_agree_with_curve_fit(name):
    curve, true, start, x, noise = CURVES[name]
    y = curve(np, x, *true) + noise * np.random.default_rng(0).normal(size=x.size)
    size = np.abs(true)

    def jacobian(x, *p):  # by complex steps
        steps = 1e-30j * np.diag(size)
        return np.stack([curve(np, x, *(p + step)).imag for step in steps], axis=1) / (1e-30 * size)

    expected, matrix = curve_fit(
        lambda x, *p: curve(np, x, *p), x, y, p0=true, jac=jacobian, method="lm", ftol=1e-15,
        xtol=1e-15, gtol=1e-15, maxfev=10_000,
    )  # fmt: skip
    found = fit(lambda p, x: curve(jnp, x, *p), np.array(start), x, y)
    assert found.success
    np.testing.assert_allclose(found.params, expected, rtol=1e-6)
    scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    np.testing.assert_allclose(found.covariance / scale, matrix / scale, rtol=0.0, atol=1e-6)
    residuals = y - curve(np, x, *expected)
    assert found.fun <= np.mean(residuals**2) / 2.0 * (1.0 + 1e-12)


@pytest.mark.parametrize("model", [linear, linear_in_numpy])
def test_a_linear_model_is_ordinary_least_squares(model):
    peer = sm.OLS(Y, DESIGN).fit()
    found = fit(model, START, X, Y)
    np.testing.assert_allclose(flat(found.params), peer.params, rtol=1e-10)
    np.testing.assert_allclose(flat(found.standard_errors), peer.bse, rtol=1e-10)
    order = [1, 2, 3, 0]  # dicts are sorted by JAX: a, b
    np.testing.assert_allclose(found.covariance[np.ix_(order, order)], peer.cov_params(), rtol=1e-9)
    assert found.names == ["a", "b[0]", "b[1]", "b[2]"]
    assert found.r2 == pytest.approx(peer.rsquared, rel=1e-12)
    assert found.residual_sd == pytest.approx(np.sqrt(peer.scale), rel=1e-12)
    np.testing.assert_allclose(found.residuals, peer.resid, atol=1e-10)
    np.testing.assert_allclose(found.predict(X[:5]), peer.predict(DESIGN[:5]), rtol=1e-10)
    assert isinstance(found, talweg.Result)


@pytest.mark.parametrize("model", [linear, linear_in_numpy])
def test_gradients_take_over_where_the_matrix_of_derivatives_is_large(model, monkeypatch):
    monkeypatch.setattr(fit_objective, "_SMALL", 0)
    expected = np.linalg.lstsq(DESIGN, Y, rcond=None)[0]
    np.testing.assert_allclose(flat(fit(model, START, X, Y).params), expected, rtol=1e-9)


def test_gradients_of_a_rounded_kink(monkeypatch):
    monkeypatch.setattr(fit_objective, "_SMALL", 0)
    found = fit(linear_in_numpy, START, X, Y, loss="quantile", quantile=0.3)
    exact = fit_quantile(X, Y, quantile=0.3)
    np.testing.assert_allclose(found.params["b"], exact.coefficients, atol=1e-8)
    assert found.fun == pytest.approx(exact.fun, rel=1e-10)


@hypothesis.settings(max_examples=6, deadline=None)
@hypothesis.given(st.integers(-6, 6), st.integers(-6, 6))
def test_the_units_of_x_and_y_do_not_matter(k, j):
    x, y = MISRA
    up, across = 10.0**k, 10.0**j
    found = fit(
        NIST["Misra1a"][0], np.array([250.0 * up, 0.0005 / across]), np.array(x) * across,
        np.array(y) * up,
    )  # fmt: skip
    assert found.success
    unit = np.array([up, 1.0 / across])
    np.testing.assert_allclose(found.params / unit, NIST["Misra1a"][3], rtol=1e-8)
    np.testing.assert_allclose(found.standard_errors / unit, NIST["Misra1a"][4], rtol=1e-7)


def test_weights_are_those_of_weighted_least_squares():
    weight = RNG.uniform(0.2, 3.0, 60)
    peer = sm.WLS(Y, DESIGN, weights=weight).fit()
    found = fit(linear, START, X, Y, weight=weight)
    np.testing.assert_allclose(flat(found.params), peer.params, rtol=1e-9)
    np.testing.assert_allclose(flat(found.standard_errors), peer.bse, rtol=1e-9)
    assert found.r2 == pytest.approx(peer.rsquared, rel=1e-10)
    without = fit(linear, START, X, Y, weight=np.r_[np.zeros(10), np.ones(50)])
    fewer = sm.OLS(Y[10:], DESIGN[10:]).fit()
    np.testing.assert_allclose(flat(without.standard_errors), fewer.bse, rtol=1e-9)


@pytest.mark.parametrize(
    ("loss", "family"), [("logistic", sm.families.Binomial()), ("poisson", sm.families.Poisson())]
)
def test_logistic_and_poisson_agree_with_generalised_linear_models(loss, family):
    eta = X @ [0.8, -0.5, 0.3] + 0.4
    chance = np.random.default_rng(3)
    y = chance.poisson(np.exp(eta)) if loss == "poisson" else chance.random(60) < eta / 4 + 0.5
    peer = sm.GLM(np.asarray(y, float), DESIGN, family=family).fit(tol=1e-14, maxiter=200)
    found = fit(linear, START, X, y, loss=loss)
    assert found.success
    np.testing.assert_allclose(flat(found.params), peer.params, rtol=1e-8)
    np.testing.assert_allclose(flat(found.standard_errors), peer.bse, rtol=1e-8)
    assert found.deviance == pytest.approx(peer.deviance, rel=1e-10)
    np.testing.assert_allclose(found.predictions, peer.fittedvalues, rtol=1e-8)
    np.testing.assert_allclose(found.predict(X), peer.fittedvalues, rtol=1e-8)
    assert found.r2 is None


def test_huber_agrees_with_statsmodels():
    peer = sm.RLM(Y, DESIGN, M=sm.robust.norms.HuberT(1.345)).fit(
        update_scale=False, tol=1e-13, maxiter=1000, cov="H1"
    )
    found = fit(linear, START, X, Y, loss="huber", delta=1.345 * peer.scale)
    np.testing.assert_allclose(flat(found.params), peer.params, rtol=1e-7)
    np.testing.assert_allclose(flat(found.standard_errors), peer.bse, rtol=1e-7)


@pytest.mark.parametrize(("loss", "quantile"), [("absolute", None), ("quantile", 0.8)])
def test_losses_with_kinks_are_solved_exactly(loss, quantile):
    peer = QuantileRegressor(quantile=quantile or 0.5, alpha=0.0, solver="highs").fit(X, Y)
    found = fit(linear, START, X, Y, loss=loss, quantile=quantile)
    assert found.success
    np.testing.assert_allclose(found.params["b"], peer.coef_, atol=1e-8)
    assert found.params["a"] == pytest.approx(peer.intercept_, abs=1e-8)
    assert found.standard_errors is None
    assert "bootstrap" in found.note


def test_a_curve_through_outliers_by_absolute_residuals():
    x = np.linspace(0.0, 4.0, 60)
    y = 3.0 * np.exp(-0.7 * x)
    y[::7] += 20.0
    found = fit(
        lambda p, x: p["a"] * jnp.exp(-p["k"] * x), {"a": 1.0, "k": 0.1}, x, y, loss="absolute"
    )
    assert found.params["a"] == pytest.approx(3.0, abs=1e-9)
    assert found.params["k"] == pytest.approx(0.7, abs=1e-9)


def test_a_function_as_loss_has_the_sandwich():
    # The squared loss, written as a function: White's standard errors with n / (n - m).
    found = fit(linear, START, X, Y, loss=lambda prediction, y: (prediction - y) ** 2 / 2.0)
    peer = sm.OLS(Y, DESIGN).fit(cov_type="HC1")
    np.testing.assert_allclose(flat(found.params), peer.params, rtol=1e-9)
    np.testing.assert_allclose(flat(found.standard_errors), peer.bse, rtol=1e-9)
    bent_down = fit(
        linear, START, X, Y, loss=lambda prediction, y: jnp.log1p((prediction - y) ** 2 / 2.0)
    )
    assert bent_down.success
    assert bent_down.standard_errors is None
    assert "curve upwards" in bent_down.note


def test_some_parameters_are_held_and_others_bounded():
    found = fit(linear, {"b": np.zeros(3), "a": 2.0}, X, Y, fixed={"a": True})
    peer = sm.OLS(Y - 2.0, X).fit()
    assert found.params["a"] == 2.0
    np.testing.assert_allclose(found.params["b"], peer.params, rtol=1e-9)
    np.testing.assert_allclose(found.standard_errors["b"], peer.bse, rtol=1e-9)
    assert found.standard_errors["a"] == 0.0
    found = fit(linear, START, X, Y, bounds={"b": (0.0, [np.inf, np.inf, 0.2])})
    rest = sm.OLS(Y - 0.2 * X[:, 2], DESIGN[:, [0, 3]]).fit()
    np.testing.assert_allclose(
        flat(found.params), [rest.params[0], 0.0, 0.2, rest.params[1]], rtol=1e-8
    )
    np.testing.assert_allclose(
        flat(found.standard_errors), [rest.bse[0], np.nan, np.nan, rest.bse[1]], rtol=1e-8
    )
    assert found.at_bound.tolist() == [False, False, True, True]
    assert found.success
    held = fit(linear, START, X, Y, fixed=True)
    assert held.success
    assert held.params["a"] == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_bounds_agree_with_bounded_least_squares(seed):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.integers(-3, 4, 4)
    x = rng.normal(size=(40, 4)) * size
    y = (x / size) @ rng.normal(size=4) + rng.normal(size=40)
    low, high = -rng.random(4) / 2.0 / size, rng.random(4) / 2.0 / size
    found = fit(lambda p, x: np.dot(x, p), np.zeros(4), x, y, bounds=(low, high))
    peer = lsq_linear(x / size, y, (low * size, high * size), method="bvls", tol=1e-14)
    assert found.success
    np.testing.assert_allclose(found.params * size, peer.x, atol=1e-9)
    np.testing.assert_array_equal(found.at_bound, peer.active_mask != 0)


def test_a_bound_that_is_not_reached_changes_nothing():
    model, (x, y), starts, certified, deviations, _ = NIST["MGH09"]
    found = fit(model, np.array(starts[1]), np.array(x), y, bounds=(0.0, [1.0, np.inf, 10.0, 2.0]))
    assert found.success
    np.testing.assert_allclose(found.params, certified, rtol=1e-8)
    np.testing.assert_allclose(found.standard_errors, deviations, rtol=1e-7)


def test_parameters_that_cannot_be_told_apart_are_named():
    found = fit(
        lambda p, x: p["a"] + p["c"] + p["b"] * x, {"a": 0.0, "b": 0.0, "c": 0.0}, X[:, 0], Y
    )
    slope = sm.OLS(Y, sm.add_constant(X[:, 0])).fit()
    assert found.standard_errors["a"] == found.standard_errors["c"] == np.inf
    assert found.params["a"] + found.params["c"] == pytest.approx(slope.params[0], rel=1e-9)
    assert "tell these parameters apart: a, c" in found.note
    residuals = Y - slope.predict()
    error = slope.bse[1] * np.sqrt(58 / 57)  # three parameters are counted, not two
    assert found.standard_errors["b"] == pytest.approx(error, rel=1e-9)
    np.testing.assert_allclose(found.residuals, residuals, atol=1e-9)


def test_more_parameters_than_targets():
    found = fit(linear, START, X[:2], Y[:2])
    np.testing.assert_allclose(found.residuals, 0.0, atol=1e-9)
    assert "2 target(s) beside 4 parameter(s) nothing tells" in found.note
    assert np.isnan(found.residual_sd)


def test_a_saddle_and_a_stop_are_said():
    found = fit(lambda p, x: p["a"] * p["b"] * x, {"a": 0.0, "b": 0.0}, X[:, 0], 2.0 * X[:, 0])
    assert not found.success
    assert "saddle" in found.message
    short = fit(linear, START, X, Y**3, loss="huber", max_iter=1)
    assert not short.success
    assert "max_iter=1" in short.message


@pytest.mark.parametrize(
    ("loss", "y"),
    [("logistic", X[:, 0] > 0.1), ("logistic", np.zeros(60)), ("poisson", np.zeros(60))],
)
def test_a_fit_without_end_is_said(loss, y):
    found = fit(linear, START, X, y, loss=loss)
    assert not found.success
    assert "falls without end" in found.message
    assert np.isfinite(found.params["b"]).all()


def test_a_callback_sees_parameters_and_may_stop():
    seen = []

    def stop(intermediate_result):
        seen.append(intermediate_result.x)
        if len(seen) == 2:
            raise StopIteration

    found = fit(linear, START, X, Y, loss="huber", callback=stop)
    assert found.message == "stopped by the caller; the best point is kept"
    assert seen[0]["b"].shape == (3,)


def test_the_model_gets_what_it_was_given():
    frame = pd.DataFrame({"u": X[:, 0], "v": X[:, 1]})
    by_name = fit(lambda p, x: p[0] * x["u"] + p[1] * x["v"], [0.0, 0.0], frame, Y)
    by_place = fit(lambda p, x: p[0] * x[0] + p[1] * x[1], [0.0, 0.0], (X[:, 0], X[:, 1]), Y)
    np.testing.assert_allclose(by_name.params, by_place.params, rtol=1e-12)
    np.testing.assert_allclose(by_name.predict(frame), by_name.predictions)
    grid = fit(lambda p, x: p * x, 0.0, X, 2.0 * X)
    assert grid.params == pytest.approx(2.0, rel=1e-12)
    assert grid.names == ["params"]


def test_a_named_method_descends_in_the_parameters_as_they_are():
    found = fit(linear, START, X, Y, method="newton", tol=1e-12)
    np.testing.assert_allclose(flat(found.params), sm.OLS(Y, DESIGN).fit().params, rtol=1e-10)
    np.testing.assert_allclose(flat(found.standard_errors), sm.OLS(Y, DESIGN).fit().bse, rtol=1e-9)


def test_it_reads_well_and_is_saved(tmp_path):
    found = fit(linear, {"b": np.zeros(3), "a": 2.0}, X, Y, fixed={"a": True})
    shown = repr(found).splitlines()
    assert shown[0] == "fit of 3 parameters to 60 rows, squared loss"
    assert any(line.split()[:1] == ["a"] and line.endswith("held") for line in shown)
    assert any(line.split()[:1] == ["b[2]"] and len(line.split()) == 3 for line in shown)
    page = xml.etree.ElementTree.fromstring(found._repr_html_())
    assert [cell.text for cell in page.iter("td")][:4] == ["a", "2", None, "held"]
    found.save(tmp_path / "fit.npz")
    again = talweg.load_result(tmp_path / "fit.npz")
    np.testing.assert_array_equal(again.standard_errors["b"], found.standard_errors["b"])
    np.testing.assert_array_equal(found.copy().predict(X), found.predict(X))
    assert type(found.params["b"]) is np.ndarray
    assert found.params["b"].flags.writeable


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": np.where(X > 2.0, np.nan, X)}, ValueError, r"x\[\d+, \d\] is nan"),
        ({"y": np.r_[Y[:-1], np.inf]}, ValueError, r"y\[59\] is inf"),
        ({"y": []}, ValueError, "y is empty"),
        ({"y": 3.0}, ValueError, "array of targets"),
        ({"y": Y[:5]}, ValueError, r"shape \(60,\), where y has \(5,\)"),
        ({"y": Y[:, None]}, ValueError, "reshape either"),
        ({"y": Y > 0, "loss": "poisson", "params": {"b": np.zeros(3), "a": 1e3}}, ValueError,
         r"the loss is inf for y\[0\]"),
        ({"y": Y, "loss": "logistic"}, ValueError, "takes 0 and 1"),
        ({"y": Y, "loss": "poisson"}, ValueError, "takes counts"),
        ({"loss": "sqared"}, ValueError, "did you mean 'squared'"),
        ({"delta": 2.0}, TypeError, "no option delta"),
        ({"loss": "huber", "quantile": 0.5}, TypeError, "no option quantile"),
        ({"loss": lambda p, y: (p - y).sum()}, ValueError, "one loss a row"),
        ({"params": {"b": np.zeros(3, int), "a": 0.0}}, TypeError, "has the type int"),
        ({"params": {"b": np.zeros(3), "a": np.nan}}, ValueError, r"params\['a'\] is nan"),
        ({"params": {}}, ValueError, "params is empty"),
        ({"fixed": {"c": True}}, ValueError, "fixed names 'c', which is no parameter"),
        ({"fixed": {"a": 1}}, TypeError, "booleans"),
        ({"bounds": {"bb": (0, 1)}}, ValueError, "did you mean 'b'"),
        ({"bounds": {"b": 3.0}}, TypeError, "pair"),
        ({"bounds": {"b": (1, 0)}}, ValueError, r"params\['b'\]\[0\]"),
        ({"bounds": {"a": (1, 2)}, "fixed": {"a": True}}, ValueError, "a is held at 0.0, outside"),
        ({"weight": np.ones(5)}, ValueError, "where y has"),
        ({"weight": -np.ones(60)}, ValueError, r"weight\[0\] is -1"),
        ({"weight": np.zeros(60)}, ValueError, "all weights are zero"),
        ({"model": lambda p, x: p["a"]}, ValueError, r"constant, add 0 \* x"),
        ({"model": lambda p, x: x @ p["b"] / p["a"]}, ValueError, r"predicts -?(nan|inf)"),
        ({"model": lambda p, x: "text"}, ValueError, "must return real numbers"),
        ({"model": 3}, TypeError, "model must be callable"),
        ({"step": 0.1}, TypeError, "step is an option of a method"),
        ({"memory": 5}, TypeError, "memory is an option of a method"),
        ({"max_iter": -1}, ValueError, "max_iter"),
        ({"callback": 3}, TypeError, "callback must be callable"),
    ],
)  # fmt: skip
def test_bad_input_is_named(change, error, words):
    arguments = {"model": linear, "params": START, "x": X, "y": Y, **change}
    first = [arguments.pop(name) for name in ("model", "params", "x", "y")]
    with pytest.raises(error, match=words):
        fit(*first, **arguments)
