"""The estimators' interface: what they remember, refuse, warn of and say."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from talweg.regression import estimators

X = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [8.0]])
Y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])

# From the tutorial on gradient descent: initial w0 and w1, then lines of the epoch, the loss before
# its update, w0 and w1 after it.
START = (0.34099454173956956, -0.5196184029053978)
LINES = [
    (0, 42.04352367497908, 0.4120596524733747, -0.18458753348838164),
    (500, 0.36745533693908383, 3.19570108985647, 0.8409227220614995),
    (2500, 0.00034992371816885867, 4.944320811467737, 0.5105205963434764),
    (4999, 5.8741498619485146e-08, 4.999278595714187, 0.500136309516923),
]

EVERY = [
    estimators.LinearRegression(),
    estimators.Ridge(),
    estimators.ElasticNet(alpha=0.1),
    estimators.LogisticRegression(),
    estimators.HuberRegression(),
    estimators.QuantileRegression(alpha=0.01),
    estimators.PoissonRegression(),
]
every = pytest.mark.parametrize("estimator", EVERY, ids=repr)

RNG = np.random.default_rng(0)
WIDE = RNG.standard_normal((60, 3))
LABELS = (WIDE[:, 0] + RNG.standard_normal(60) > 0).astype(int)


def test_seven_points_lie_on_a_line():
    model = estimators.LinearRegression().fit(X, Y)
    assert model.intercept_ == pytest.approx(5.0, abs=1e-13)
    assert model.coef_ == pytest.approx([0.5], abs=1e-13)
    assert model.score(X, Y) == pytest.approx(1.0)


def test_history_tells_the_tutorials_lines():
    model = estimators.LinearRegression(method="gradient", step=0.008, max_iter=5000, tol=0.0)
    model.fit(X, Y, intercept_init=START[0], coef_init=[START[1]])
    history = model.history
    assert [entry["epoch"] for entry in history] == list(range(5001))
    assert history[0]["parameters"] == pytest.approx(START, abs=0.0)
    for epoch, loss, w0, w1 in LINES:
        # The last losses are differences of numbers up to 9, which are rounded at 2**-50.
        rounding = 2.0**-50 * np.sqrt(2.0 * loss)
        assert abs(history[epoch]["loss"] - loss) <= 1e-12 * loss + rounding
        assert history[epoch + 1]["parameters"] == pytest.approx([w0, w1], rel=1e-12)
    assert model.n_iter_ == 5000
    assert len(model.trace_) == 5001


def test_a_fit_in_one_step_has_one_entry_of_history():
    model = estimators.LinearRegression().fit(WIDE, WIDE[:, 0] + LABELS)
    (entry,) = model.history
    residuals = WIDE[:, 0] + LABELS - model.predict(WIDE)
    assert entry["loss"] == pytest.approx(np.mean(residuals**2) / 2)
    assert entry["parameters"] == pytest.approx(np.append(model.intercept_, model.coef_))
    assert model.trace_ is None


@pytest.mark.parametrize(
    "estimator",
    [
        estimators.ElasticNet(alpha=0.1),
        estimators.LogisticRegression(),
        estimators.HuberRegression(),
        estimators.PoissonRegression(),
    ],
    ids=repr,
)
def test_history_and_trace_of_a_descent_end_where_it_ends(estimator):
    model = estimator.fit(WIDE, LABELS)
    history, trace = model.history, model.trace_
    assert [entry["epoch"] for entry in history] == list(range(model.n_iter_ + 1))
    losses = [entry["loss"] for entry in history]
    assert min(losses) == pytest.approx(losses[-1], rel=1e-12)
    assert losses[0] > losses[-1]
    ended = np.append(model.intercept_, model.coef_)
    assert history[-1]["parameters"] == pytest.approx(ended, rel=1e-9, abs=1e-9)
    assert len(trace) == model.n_iter_ + 1
    assert trace.fun == pytest.approx(losses, rel=1e-9)
    assert np.all(np.diff(trace.evaluations) >= 0)


def test_history_of_several_classes_has_a_row_a_class():
    labels = np.argmax(WIDE + RNG.gumbel(size=WIDE.shape), axis=1)
    model = estimators.LogisticRegression().fit(WIDE, labels)
    last = model.history[-1]
    assert last["parameters"].shape == (3, 4)
    assert last["parameters"] == pytest.approx(np.column_stack([model.intercept_, model.coef_]))
    chosen = model.predict_proba(WIDE)[np.arange(60), labels]
    penalty = 0.5 * np.sum(model.coef_**2) / 60
    assert last["loss"] == pytest.approx(-np.mean(np.log(chosen)) + penalty)
    assert model.predict_log_proba(WIDE) == pytest.approx(np.log(model.predict_proba(WIDE)))


@every
def test_history_needs_a_fit(estimator):
    with pytest.raises(NotFittedError, match="not fitted"):
        _ = clone(estimator).history


@every
def test_float32_is_computed_in_float64(estimator):
    single = WIDE.astype(np.float32)
    found = clone(estimator).fit(single, LABELS).coef_
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, clone(estimator).fit(single.astype(float), LABELS).coef_)


@every
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_frames_give_their_names(estimator, frame):
    table = frame(dict(zip(("a", "b", "c"), WIDE.T, strict=True)))
    model = clone(estimator).fit(table, LABELS)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    expected = clone(model).fit(WIDE, LABELS).predict(WIDE)  # rounded otherwise: another layout
    np.testing.assert_allclose(model.predict(table), expected, rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table[["b", "a", "c"]])


@every
def test_a_pickled_copy_predicts_the_same(estimator):
    model = clone(estimator).fit(WIDE, LABELS)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(WIDE), model.predict(WIDE))
    assert copy.history[-1]["loss"] == model.history[-1]["loss"]


@every
def test_scores_count_rows_by_their_weight(estimator):
    model = clone(estimator).fit(WIDE, LABELS)
    times = np.arange(60) % 3
    repeated = model.score(np.repeat(WIDE, times, axis=0), np.repeat(LABELS, times))
    assert model.score(WIDE, LABELS, times) == pytest.approx(repeated)


@every
def test_works_in_pipelines_and_cross_validation(estimator):
    clear = (WIDE[:, 0] > 0).astype(int)
    scores = cross_val_score(make_pipeline(StandardScaler(), estimator), WIDE, clear, cv=3)
    assert scores.shape == (3,)
    assert np.all(scores > 0.0)


@pytest.mark.parametrize(
    "estimator",
    [
        estimators.ElasticNet(alpha=0.01, max_iter=1),
        estimators.LogisticRegression(max_iter=1),
        estimators.HuberRegression(max_iter=1),
        estimators.PoissonRegression(alpha=0.0, max_iter=1),
        estimators.LinearRegression(step=0.01, max_iter=1),
    ],
    ids=repr,
)
def test_warns_where_it_has_not_converged(estimator):
    mixed = WIDE @ np.array([[1.0, 0.9, 0.8], [0.0, 0.1, 0.2], [0.0, 0.0, 0.05]])
    with pytest.warns(ConvergenceWarning, match="max_iter=1 iterations"):
        estimator.fit(mixed, LABELS)
    assert estimator.n_iter_ == 1


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (estimators.Ridge(alpha=-1.0), ValueError, "alpha is -1.0: it must be at least 0"),
        (estimators.Ridge(alpha="one"), TypeError, "alpha is 'one': it must be a number"),
        (
            estimators.ElasticNet(l1_ratio=1.5),
            ValueError,
            "l1_ratio is 1.5: it must be from 0 to 1",
        ),
        (estimators.LogisticRegression(C=0.0), ValueError, "C is 0.0"),
        (estimators.LogisticRegression(C=np.nan), ValueError, "C is nan"),
        (estimators.HuberRegression(epsilon=0.5), ValueError, "epsilon is 0.5: .* at least 1"),
        (estimators.HuberRegression(max_iter=-1), ValueError, "max_iter is -1"),
        (estimators.QuantileRegression(quantile=1.5), ValueError, "quantile.*1.5"),
        (estimators.PoissonRegression(tol=-1.0), ValueError, "tol is -1.0"),
        (estimators.LinearRegression(max_iter=5), ValueError, "set method or step"),
        (estimators.LinearRegression(tol=1e-3), ValueError, "set method or step"),
        (estimators.LinearRegression(method="uphill"), ValueError, "uphill"),
    ],
)
def test_refuses_options_that_mean_nothing(estimator, error, message):
    with pytest.raises(error, match=message):
        estimator.fit(WIDE, LABELS)


def test_refuses_a_start_without_a_descent():
    with pytest.raises(ValueError, match="set method or step"):
        estimators.LinearRegression().fit(X, Y, coef_init=[1.0])
    descent = estimators.LinearRegression(step=0.01)
    with pytest.raises(ValueError, match=r"coef_init has shape \(2,\): it must be \(1,\)"):
        descent.fit(X, Y, coef_init=[1.0, 2.0])
    with pytest.raises(ValueError, match="fit_intercept is False"):
        clone(descent).set_params(fit_intercept=False).fit(X, Y, intercept_init=1.0)


def test_a_descent_has_no_partial_fit():
    assert hasattr(estimators.LinearRegression(), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        _ = estimators.LinearRegression(step=0.01).partial_fit


@every
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(59), r"shape \(59,\): it must have one weight for each of the 60 rows"),
        (np.r_[np.ones(7), -1.0, np.ones(52)], r"sample_weight\[7\] is -1.0"),
        (np.zeros(60), "zero for every row"),
        (np.r_[np.nan, np.ones(59)], "sample_weight contains NaN"),
    ],
)
def test_refuses_weights_that_count_nothing_right(estimator, weight, message):
    with pytest.raises(ValueError, match=message):
        clone(estimator).fit(WIDE, LABELS, weight)


def test_refuses_one_class_and_negative_counts():
    with pytest.raises(ValueError, match="one class only, 1"):
        estimators.LogisticRegression().fit(WIDE, np.ones(60, int))
    with pytest.raises(ValueError, match="one class only"):
        estimators.LogisticRegression().fit(WIDE, LABELS, LABELS)
    with pytest.raises(ValueError, match="-3"):
        estimators.PoissonRegression().fit(X, [1, 2, -3, 4, 5, 6, 7])


@every
def test_columns_that_say_nothing_and_far_away_ones_change_nothing(estimator):
    def predicted(x):
        return np.asarray(clone(estimator).fit(x, LABELS).predict(x), float)

    two = predicted(WIDE[:, :2])
    for value in (0.0, 7.0):
        found = predicted(np.hstack([WIDE[:, :2], np.full((60, 1), value)]))
        np.testing.assert_allclose(found, two, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predicted(WIDE + 1e4), predicted(WIDE), rtol=1e-4, atol=1e-5)


@every
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_odd_tables_give_finite_numbers(estimator):
    tables = {
        "the same column twice": WIDE[:, [0, 1, 0]],
        "tiny and huge": WIDE * [1e-100, 1.0, 1e100],
        "more columns than rows": RNG.standard_normal((8, 12)),
    }
    for name, x in tables.items():
        model = clone(estimator).fit(x, LABELS[: len(x)])
        assert np.isfinite(model.coef_).all(), name
        assert np.isfinite(model.intercept_).all(), name
        assert np.isfinite(model.predict(x)).all(), name


@pytest.mark.parametrize(
    "estimator", [each for each in EVERY if "Logistic" not in repr(each)], ids=repr
)
def test_a_constant_target_is_predicted(estimator):
    model = clone(estimator).fit(WIDE, np.full(60, 3.0))
    assert model.predict(WIDE) == pytest.approx(np.full(60, 3.0), rel=1e-6)
    assert model.coef_ == pytest.approx(np.zeros(3), abs=1e-6)


def test_dependent_columns_share_the_coefficient():
    y = WIDE[:, 0] * 2 + 1
    model = estimators.LinearRegression().fit(WIDE[:, [0, 1, 0]], y)
    assert model.coef_ == pytest.approx([1.0, 0.0, 1.0], abs=1e-10)
    assert model.rank_ == 2
    assert model.condition_ == np.inf
    assert "dependent" in model.note_


def test_partial_fit_starts_anew_after_fit_and_refuses_other_columns():
    model = estimators.Ridge().fit(X, Y)
    model.partial_fit(WIDE, LABELS)
    assert model.coef_ == pytest.approx(estimators.Ridge().fit(WIDE, LABELS).coef_)
    with pytest.raises(ValueError, match="2 features, but Ridge is expecting 3"):
        model.partial_fit(WIDE[:, :2], LABELS)


@pytest.mark.parametrize("edges", [[0.0], [-0.5, 0.5]], ids=["two", "three"])
def test_warns_where_classes_are_told_apart_without_error(edges):
    labels = np.digitize(WIDE[:, 0], edges)
    with pytest.warns(ConvergenceWarning, match="tell the classes apart without error"):
        estimators.LogisticRegression(C=np.inf).fit(WIDE, labels)
    assert estimators.LogisticRegression(C=10.0).fit(WIDE, labels).score(WIDE, labels) > 0.9


def test_rows_that_weigh_nothing_make_no_class():
    labels = LABELS.copy()
    labels[:5] = 9
    weight = np.r_[np.zeros(5), np.ones(55)]
    model = estimators.LogisticRegression().fit(WIDE, labels, weight)
    assert list(model.classes_) == [0, 1]


def test_without_scikit_learn_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import talweg.regression.estimators"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "ImportError: the estimators need scikit-learn" in ended.stderr
    assert 'pip install "talweg[tables]"' in ended.stderr
