"""``talweg fit``: the tutorial's table, what is told of a fit, models kept and applied."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

POINTS = "x,y\n1,5.5\n2,6\n3,6.5\n4,7\n5,7.5\n6,8\n8,9\n"

# (initial w0, w1), and the tutorial's lines: epoch, loss before its update, w0 and w1 after it
FIRST = (
    "0.34099454173956956,-0.5196184029053978",
    """\
Epoch 0: Loss: 42.04352367497908, w0: 0.4120596524733747, w1: -0.18458753348838164
Epoch 500: Loss: 0.36745533693908383, w0: 3.19570108985647, w1: 0.8409227220614995
Epoch 1000: Loss: 0.06455007700615974, w0: 4.243768803088826, w1: 0.6428900703255838
Epoch 1500: Loss: 0.01133937113612232, w0: 4.683042748645115, w1: 0.5598891504625705
Epoch 2000: Loss: 0.0019919625773713056, w0: 4.867154516242159, w1: 0.5251011867721503
Epoch 2500: Loss: 0.00034992371816885867, w0: 4.944320811467737, w1: 0.5105205963434764
Epoch 3000: Loss: 6.147033580254241e-05, w0: 4.9766633238261795, w1: 0.5044094706926437
Epoch 3500: Loss: 1.079835972094126e-05, w0: 4.990218958479861, w1: 0.501848130196663
Epoch 4000: Loss: 1.8969242829203655e-06, w0: 4.9959004970328165, w1: 0.5007746020921556
Epoch 4500: Loss: 3.3322854841771933e-07, w0: 4.998281785784952, w1: 0.5003246569977878
Epoch 4999: Loss: 5.8741498619485146e-08, w0: 4.999278595714187, w1: 0.500136309516923
""",
)
SECOND = (
    "-0.63444883580393,-0.5934978392833998",
    """\
Epoch 0: Loss: 54.63723960560799, w0: -0.5531316024441059, w1: -0.2130507749094102
Epoch 500: Loss: 0.5426904763697837, w0: 2.8072843959994933, w1: 0.9143141517294999
Epoch 1000: Loss: 0.09533325146937867, w0: 4.080972705588344, w1: 0.6736504329178544
Epoch 1500: Loss: 0.01674698420454846, w0: 4.614810435820929, w1: 0.572781662723038
Epoch 2000: Loss: 0.0029419061620646315, w0: 4.838556481124477, w1: 0.5305047925290008
Epoch 2500: Loss: 0.0005167982342781185, w0: 4.93233459000256, w1: 0.512785395832168
Epoch 3000: Loss: 9.078481781538824e-05, w0: 4.971639569417142, w1: 0.505358710321659
Epoch 3500: Loss: 1.5947970792282975e-05, w0: 4.988113365117044, w1: 0.5022459825795308
Epoch 4000: Loss: 2.8015452199158463e-06, w0: 4.995017985060984, w1: 0.5009413529459072
Epoch 4500: Loss: 4.921413339333638e-07, w0: 4.997911900794716, w1: 0.5003945468575067
Epoch 4999: Loss: 8.67546301950183e-08, w0: 4.9991232969074995, w1: 0.5001656532645753
""",
)
LINE = r"Epoch (\d+): Loss: (\S+), w0: (\S+), w1: (\S+)"


def lines_of(text):
    return np.array([[float(part) for part in match] for match in re.findall(LINE, text)])


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(POINTS)
    return path


@pytest.fixture(scope="module")
def frame():
    """Rows of two numbers and a name, with targets of every kind."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=400), 100.0 * random.normal(size=400)
    city = random.choice(["Bern", "Oslo", "Rome"], 400)
    eta = 0.5 * a - 0.01 * b + (city == "Rome")
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "city": city,
            "w": random.uniform(0.5, 1.5, 400),
            "price": 3.0 + eta + 0.3 * random.normal(size=400),
            "bought": (random.random(400) < 1.0 / (1.0 + np.exp(-eta))).astype(int),
            "visits": random.poisson(np.exp(0.5 * eta)),
        }
    )


@pytest.fixture
def table(tmp_path, frame):
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def fit(run):
    """Fit something; return the JSON."""

    def check(*arguments, code=0, stdin=None):
        result = run("fit", *arguments, "--json", stdin=stdin)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return check


def design(frame, *, intercept=True):
    """The columns as they are encoded, without pandas' own encoding."""
    columns = [frame.a, frame.b, frame.city == "Oslo", frame.city == "Rome"]
    if intercept:
        columns = [np.ones(len(frame)), *columns]
    return np.column_stack(columns).astype(float)


def weights_of(found):
    return np.array(
        [found["intercept"]["coefficient"]] + [c["coefficient"] for c in found["coefficients"]]
    )


def errors_of(found):
    return np.array(
        [found["intercept"]["standard_error"]]
        + [c["standard_error"] for c in found["coefficients"]]
    )


@pytest.mark.parametrize(("start", "expected"), [FIRST, SECOND], ids=["first", "second"])
def test_the_tutorials_table(run, points, start, expected):
    result = run(
        "fit", points, "-y", "y", "--epochs", 5000, "--step", 0.008, "--log-every", 500,
        "--start", start,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    legend, first, rule, *rest = result.stdout.splitlines()
    assert legend == "w0: intercept, w1: x"
    w0, w1 = start.split(",")
    assert (first, rule) == (f"[Initial Weights] w0: {w0}, w1: {w1}", "-" * 80)
    printed = lines_of(result.stdout)
    np.testing.assert_array_equal(printed[:, 0], [*range(0, 5000, 500), 4999])
    # The loss of late epochs is a sum of squares of differences a thousandth of the weights' size.
    np.testing.assert_allclose(printed, lines_of(expected), rtol=1e-10)
    assert all(re.fullmatch(LINE, line) for line in rest[:11])
    assert "not at the minimum yet" in result.stderr


def test_the_default_finds_the_line(fit, points):
    found = fit(points, "-y", "y")
    np.testing.assert_allclose(weights_of(found), [5.0, 0.5], rtol=1e-10)
    assert (found["converged"], found["history"], found["rows"]) == (True, [], 7)
    assert found["r2"] == 1.0


def test_json_of_a_descent_has_its_losses_and_stdout_nothing_else(run, points):
    result = run(
        "fit", points, "-y", "y", "--epochs", 3, "--step", 0.008, "--log-every", 2, "--json"
    )
    found = json.loads(result.stdout)
    x, y = np.loadtxt(points, delimiter=",", skiprows=1).T
    weights, losses = np.zeros(2), []
    for _ in range(4):
        residual = weights[0] + weights[1] * x - y
        losses.append(0.5 * np.mean(residual**2))
        last, weights = (
            weights,
            weights - 0.008 * np.array([residual.mean(), (residual * x).mean()]),
        )
    assert [epoch for epoch, _ in found["history"]] == [0, 1, 2, 3]
    np.testing.assert_allclose([loss for _, loss in found["history"]], losses, rtol=1e-12)
    np.testing.assert_allclose(weights_of(found), last, rtol=1e-12)
    assert "[Initial Weights] w0: 0.0, w1: 0.0" in result.stderr
    np.testing.assert_array_equal(lines_of(result.stderr)[:, 0], [0, 2])


def test_least_squares_as_statsmodels_has_them(fit, table, frame):
    import statsmodels.api as sm

    found = fit(table, "-y", "price", "-x", "a,b,city", "--weight", "w")
    expected = sm.WLS(frame.price, design(frame), frame.w).fit()
    np.testing.assert_allclose(weights_of(found), expected.params, rtol=1e-9)
    np.testing.assert_allclose(errors_of(found), expected.bse, rtol=1e-9)
    assert found["r2"] == pytest.approx(expected.rsquared, rel=1e-9)
    names = [column["name"] for column in found["coefficients"]]
    assert names == ["a", "b", "city=Oslo", "city=Rome"]
    assert found["baselines"] == {"city": "Bern"}


@pytest.mark.parametrize(("loss", "target"), [("logistic", "bought"), ("poisson", "visits")])
def test_generalized_linear_models_as_statsmodels_has_them(fit, table, frame, loss, target):
    import statsmodels.api as sm

    family = sm.families.Binomial() if loss == "logistic" else sm.families.Poisson()
    expected = sm.GLM(frame[target], design(frame), family).fit(tol=1e-12)
    found = fit(table, "-y", target, "-x", "a,b,city", "--loss", loss)
    np.testing.assert_allclose(weights_of(found), expected.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(errors_of(found), expected.bse, rtol=1e-5)
    assert found["deviance"] == pytest.approx(expected.deviance, rel=1e-8)
    assert found["null_deviance"] == pytest.approx(expected.null_deviance, rel=1e-8)


def test_ridge_and_no_intercept_as_the_normal_equations_have_them(fit, table, frame):
    x = design(frame, intercept=False)
    found = fit(table, "-y", "price", "-x", "a,b,city", "--l2", 0.3, "--no-intercept")
    expected = np.linalg.solve(x.T @ x / 400 + 0.3 * np.eye(4), x.T @ frame.price.to_numpy() / 400)
    assert found["intercept"] is None
    np.testing.assert_allclose(
        [c["coefficient"] for c in found["coefficients"]], expected, rtol=1e-8
    )


def test_the_lasso_has_exact_zeros_where_scikit_learn_has(fit, table, frame):
    from sklearn.linear_model import Lasso

    expected = Lasso(alpha=0.2, tol=1e-12).fit(design(frame, intercept=False), frame.price)
    found = fit(table, "-y", "price", "-x", "a,b,city", "--l1", 0.2)
    given = weights_of(found)[1:]
    np.testing.assert_allclose(given, expected.coef_, atol=1e-7)
    np.testing.assert_array_equal(given == 0.0, expected.coef_ == 0.0)
    assert (given == 0.0).any()


def test_quantiles_as_linear_programming_has_them(fit, table, frame):
    from sklearn.linear_model import QuantileRegressor

    x = design(frame, intercept=False)
    for options, quantile in (
        (("--loss", "absolute"), 0.5),
        (("--loss", "quantile", "--quantile", 0.9), 0.9),
    ):
        expected = QuantileRegressor(quantile=quantile, alpha=0.0).fit(x, frame.price)
        found = fit(table, "-y", "price", "-x", "a,b,city", *options)
        wanted = [expected.intercept_, *expected.coef_]
        np.testing.assert_allclose(weights_of(found), wanted, rtol=1e-6, atol=1e-8)
        assert found["converged"]


def test_a_polynomial(fit, tmp_path):
    x = np.linspace(-1.0, 2.0, 40)
    pd.DataFrame({"x": x, "y": 1.0 - 2.0 * x + 0.5 * x**3}).to_csv(tmp_path / "c.csv", index=False)
    found = fit(tmp_path / "c.csv", "-y", "y", "--degree", 3)
    np.testing.assert_allclose(weights_of(found), [1.0, -2.0, 0.0, 0.5], atol=1e-12)
    assert [c["name"] for c in found["coefficients"]] == ["x", "x^2", "x^3"]


def test_rows_held_out_are_not_fitted(fit, run, tmp_path):
    from sklearn.metrics import d2_tweedie_score, r2_score

    random = np.random.default_rng(1)
    x = random.normal(size=1000)
    data = pd.DataFrame({"x": x, "y": x + random.normal(size=1000), "n": random.poisson(np.exp(x))})
    data.to_parquet(tmp_path / "t.parquet")
    for target, loss in (("y", "squared"), ("n", "poisson")):
        arguments = (tmp_path / "t.parquet", "-y", target, "-x", "x", "--loss", loss)
        found = fit(*arguments, "--test", 0.25, "--seed", 3)
        held = found["held_out"]
        assert (held["rows"], found["rows"]) == (250, 750)
        again = fit(*arguments, "--test", 0.25, "--seed", 3)
        other = fit(*arguments, "--test", 0.25, "--seed", 4)
        assert again["held_out"] == held
        assert other["held_out"] != held
        # Which rows they are is the table's own business; held against the same split.
        from talweg.regression.tables import open_table

        _, rows = open_table(tmp_path / "t.parquet", target, ["x"]).split(0.25, 3)
        blocks = list(rows.blocks())
        y = np.concatenate([block.target for block in blocks])
        eta = np.concatenate([weights_of(found) @ [np.ones(b.count), b.columns[0]] for b in blocks])
        if loss == "squared":
            assert held["r2"] == pytest.approx(r2_score(y, eta), rel=1e-9)
            assert held["loss_value"] == pytest.approx(np.mean((y - eta) ** 2) / 2, rel=1e-9)
        else:
            assert held["r2"] == pytest.approx(d2_tweedie_score(y, np.exp(eta), power=1), rel=1e-9)


def test_the_report_says_what_was_done(run, table, monkeypatch):
    monkeypatch.chdir(table.parent)
    result = run("fit", "table.csv", "-y", "price", "-x", "a,b,city", "--test", 0.2)
    assert result.exit_code == 0
    text = result.stdout
    for words in (
        "price by a, b and city; squared loss", "intercept", "city=Rome", "standard error",
        "city: against Bern, the baseline", "On the 320 rows fitted: R^2 0.",
        "On the 80 rows held out: R^2 0.", "Condition number", "rows a second",
    ):  # fmt: skip
        assert words in text
    first = next(line for line in text.splitlines() if "coefficient" in line)
    assert text.splitlines()[text.splitlines().index(first) + 1].split()[0] == "intercept"


def test_a_model_is_written_and_predicts_the_same(run, table, frame, tmp_path):
    model, first, second = (tmp_path / name for name in ("m.json", "p.csv", "p.parquet"))
    arguments = ("fit", table, "-y", "price", "-x", "a,b,city", "-o", model)
    assert run(*arguments, "--predict", table, "--predictions", first).exit_code == 0
    new = frame.drop(columns=["price", "w"])[["city", "visits", "b", "a"]]  # another order
    new.to_parquet(tmp_path / "new.parquet")
    result = run("fit", model, "--predict", tmp_path / "new.parquet", "--predictions", second)
    assert result.exit_code == 0, result.output
    header, *values = first.read_text().splitlines()
    one, other = np.array(values, float), pq.read_table(second)
    assert (header, other.column_names) == ("price", ["price"])
    np.testing.assert_array_equal(one, other["price"])
    expected = design(frame) @ np.linalg.lstsq(design(frame), frame.price, rcond=None)[0]
    np.testing.assert_allclose(one, expected, rtol=1e-9)
    streamed = run("fit", model, "--predict", table)
    assert streamed.stdout == first.read_text()


def test_probabilities_are_predicted(run, table, frame, tmp_path):
    result = run(
        "fit", table, "-y", "bought", "-x", "a", "--loss", "logistic", "--predict", table, "-q"
    )
    assert result.exit_code == 0, result.output
    header, *values = result.stdout.splitlines()
    assert (header, len(values), result.stderr) == ("bought", 400, "")
    from sklearn.linear_model import LogisticRegression

    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(frame[["a"]], frame.bought)
    expected = expected.predict_proba(frame[["a"]])[:, 1]
    np.testing.assert_allclose(np.array(values, float), expected, atol=1e-6)


def test_missing_values(fit, run, tmp_path):
    path, model = tmp_path / "t.csv", tmp_path / "m.json"
    path.write_text("x,y\n1,2\n,3\n2,4\n3,5.5\n")
    kept = np.polyfit([1, 2, 3], [2, 4, 5.5], 1)[::-1]
    found = fit(path, "-y", "y", "--missing", "drop")
    assert (found["rows"], found["dropped_rows"]) == (3, 1)
    np.testing.assert_allclose(weights_of(found), kept)
    found = fit(path, "-y", "y", "--missing", "mean", "-o", model)
    np.testing.assert_allclose(weights_of(found), np.polyfit([1, 2, 2, 3], [2, 3, 4, 5.5], 1)[::-1])
    assert found["filled"] == {"x": 2.0}
    values = run("fit", model, "--predict", path, "-q").stdout.split()[1:]
    assert values[1] == values[2]  # the model knows the mean
    result = run("fit", model, "--predict", path, "--missing", "drop")
    assert len(result.stdout.split()) == 4
    assert "1 row with a missing value left out" in result.stderr


def test_standard_input(fit, points, frame, tmp_path):
    found = fit("-", "-y", "y", stdin=POINTS)
    np.testing.assert_allclose(weights_of(found), [5.0, 0.5], rtol=1e-10)


def test_a_folder_and_a_glob_are_one_table(fit, tmp_path):
    lines = POINTS.splitlines()
    (tmp_path / "a.csv").write_text("\n".join(lines[:4]) + "\n")
    (tmp_path / "b.csv").write_text("\n".join([lines[0], *lines[4:]]) + "\n")
    for source in (tmp_path, tmp_path / "*.csv"):
        found = fit(source, "-y", "y")
        assert found["rows"] == 7
        np.testing.assert_allclose(weights_of(found), [5.0, 0.5], rtol=1e-10)


def test_numbers_that_are_names(fit, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("year,y\n1999,1\n2000,5\n1999,2\n2001,0\n")
    found = fit(path, "-y", "y", "--categorical", "year")
    np.testing.assert_allclose(weights_of(found), [1.5, 3.5, -1.5])
    assert [c["name"] for c in found["coefficients"]] == ["year=2000", "year=2001"]
    assert found["baselines"] == {"year": "1999"}


@pytest.mark.parametrize("loss", ["squared", "absolute", "quantile", "logistic", "poisson"])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_rows_held_out_as_scikit_learn_has_them(loss, weighted):
    from sklearn import metrics

    from talweg.cli.fitting_score import score
    from talweg.regression.losses import read_loss
    from talweg.regression.rows import ArrayRows

    random = np.random.default_rng(2)
    x = random.normal(size=(60_000, 1))
    y = random.poisson(np.exp(0.3 * x[:, 0])).astype(float)
    y = np.minimum(y, 1.0) if loss == "logistic" else y
    y = y + random.normal(size=len(y)) if loss in ("squared", "absolute", "quantile") else y
    weight = random.uniform(0.5, 2.0, len(y)) if weighted else None
    chosen = read_loss(loss, quantile=0.8 if loss == "quantile" else None)
    found = score(ArrayRows(x, y, weight), chosen, lambda columns: 0.2 + 0.3 * columns[0])
    eta = 0.2 + 0.3 * x[:, 0]
    expected = {
        "squared": lambda: metrics.r2_score(y, eta, sample_weight=weight),
        "absolute": lambda: metrics.d2_absolute_error_score(y, eta, sample_weight=weight),
        "quantile": lambda: metrics.d2_pinball_score(y, eta, sample_weight=weight, alpha=0.8),
        "logistic": lambda: metrics.d2_log_loss_score(
            y, 1.0 / (1.0 + np.exp(-eta)), sample_weight=weight
        ),
        "poisson": lambda: metrics.d2_tweedie_score(y, np.exp(eta), sample_weight=weight, power=1),
    }[loss]()
    assert found.rows == len(y)
    # Of two neighbours that are weighted quantiles alike, scikit-learn takes a point between.
    rough = weighted and loss in ("absolute", "quantile")
    assert found.r2 == pytest.approx(expected, rel=1e-4 if rough else 1e-9)


def test_the_best_score_is_one_and_a_constant_target_has_none():
    from talweg.cli.fitting_score import score
    from talweg.regression.losses import read_loss
    from talweg.regression.rows import ArrayRows

    rows = ArrayRows(np.arange(4.0)[:, None], np.arange(4.0))
    assert score(rows, read_loss("squared"), lambda columns: columns[0]).r2 == 1.0
    rows = ArrayRows(np.arange(4.0)[:, None], np.ones(4))
    assert np.isnan(score(rows, read_loss("squared"), lambda columns: columns[0]).r2)


def test_a_name_with_a_comma_is_put_in_quotes(fit, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"a,b",c,y\n1,3,2\n2,1,4\n3,5,6\n')
    found = fit(path, "-y", "y", "-x", '"a,b"')
    assert [column["name"] for column in found["coefficients"]] == ["a,b"]
    np.testing.assert_allclose(weights_of(found), [0.0, 2.0], atol=1e-12)


def test_what_the_engine_is_told():
    from talweg.cli.fitting import engine_options
    from talweg.cli.fitting_request import Request

    def told(**given):
        options = engine_options(Request("t.csv", "y", **given), print)
        return {k: v for k, v in options.items() if k not in ("intercept", "target", "callback")}

    assert told() == {}
    assert told(scheduler="tcp://host:8786", l2=0.5) == {"client": "tcp://host:8786", "l2": 0.5}
    assert told(epochs=9, step=0.1) == {
        "method": "gradient", "step": 0.1, "max_iter": 9, "tol": 0.0,
    }  # fmt: skip
    assert told(epochs=9, step="auto") == {"method": "gradient", "max_iter": 9}
    assert told(loss="poisson", batch=5, epochs=2, seed=1) == {"batch": 5, "epochs": 2, "seed": 1}
    assert told(batch="full", l1=0.1, epochs=7) == {"l1": 0.1, "max_iter": 7}
