"""``talweg fit`` with what it can't use: one line, the right code, nothing written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

TABLES = {
    "an empty file": ("", "empty"),
    "a header alone": ("x,y\n", "no rows"),
    "a ragged row": ("x,y\n1,2\n2,3\n3,4,5\n", "row 4"),
    "a short row": ("x,y\n1,2\n2\n", "row 3"),
    "text among numbers": (
        "x,y\n" + "".join(f"{k},{k}\n" for k in range(3000)) + "one,2\n",
        ("row 3,002", "'x'", "'one'"),
    ),
    "an infinity": ("x,y\n1,2\ninf,3\n2,4\n", ("row 3", "'x'", "infinity")),
    "1e300": ("x,y\n1,2\n2,1e300\n", ("row 3", "'y'", "1e+300")),
    "a missing value": ("x,y\n1,2\n,3\n2,4\n", ("row 3", "'x'", "missing")),
    "a date": ("x,y\n2020-01-01,2\n2020-01-02,3\n", ("'x'", "date")),
    "a binary file": ("\x00\x01\x02\x03" * 99, "zero bytes"),
    "no other column": ("y\n1\n2\n", "no column to predict from"),
    "no target": ("x,z\n1,2\n2,3\n", ("'y'", "'x', 'z'")),
    "text as a target": ("x,y\n1,a\n2,b\n", ("'y'", "text")),
}

USAGE = {
    "no target": ((), "-y is missing"),
    "a loss's option without it": (("-y", "y", "--delta", 2), "--delta is of --loss huber"),
    "another loss's option": (
        ("-y", "y", "--loss", "huber", "--quantile", 0.3), "--quantile is of --loss quantile",
    ),
    "a negative delta": (("-y", "y", "--loss", "huber", "--delta", -1), "-1 is not"),
    "NaN as a penalty": (("-y", "y", "--l2", "nan"), "nan is not"),
    "a negative penalty": (("-y", "y", "--l1", -0.1), "-0.1 is not"),
    "an infinite tolerance": (("-y", "y", "--loss", "logistic", "--tol", "inf"), "inf is not"),
    "a quantile of 1": (("-y", "y", "--loss", "quantile", "--quantile", 1), "between 0 and 1"),
    "all rows held out": (("-y", "y", "--test", 1), "between 0 and 1"),
    "no epochs": (("-y", "y", "--epochs", 0), "0 is not in the range"),
    "an unknown loss": (("-y", "y", "--loss", "cubic"), "'cubic'"),
    "an unknown method": (("-y", "y", "--method", "lbgfs"), "did you mean lbfgs?"),
    "a step of words": (("-y", "y", "--step", "autp"), "did you mean auto?"),
    "a step of zero": (("-y", "y", "--step", 0), "0 is not"),
    "a step of a method's own": (("-y", "y", "--method", "lbfgs", "--step", 1), "--step 1 is of"),
    "a batch of words": (("-y", "y", "--batch", "some"), "'some' is neither"),
    "batches of what is solved": (("-y", "y", "--batch", 2), "--batch is of --loss huber"),
    "batches with a step": (
        ("-y", "y", "--loss", "huber", "--batch", 2, "--step", 1), "--batch and --step",
    ),
    "a start of what is solved": (("-y", "y", "--start", "1,2"), "--start is of a descent"),
    "a log of what is solved": (("-y", "y", "--log-every", 5), "--log-every is of a descent"),
    "a view of what is solved": (("-y", "y", "--live", "terminal"), "--live is of a descent"),
    "epochs of the median": (("-y", "y", "--loss", "absolute", "--epochs", 5), "fitted exactly"),
    "ridge of the median": (("-y", "y", "--loss", "absolute", "--l2", 1), "use --l1"),
    "too short a start": (("-y", "y", "--epochs", 5, "--start", "1"), "the model has 2"),
    "a start of words": (("-y", "y", "--epochs", 5, "--start", "1,x"), "'x' is not a number"),
    "an infinite start": (("-y", "y", "--epochs", 5, "--start", "1,inf"), "not a finite number"),
    "a cluster for the median": (
        ("-y", "y", "--loss", "absolute", "--scheduler", "tcp://a:1"), "fitted in memory",
    ),
    "a step with the lasso": (("-y", "y", "--l1", 1, "--step", 1), "leave --step out"),
    "a seed of nothing": (("-y", "y", "--seed", 1), "--seed is of --test"),
    "a column twice": (("-y", "y", "-x", "x,x"), "named twice"),
    "a column without a name": (("-y", "y", "-x", "x,"), "empty"),
    "the target twice": (("-y", "y", "-x", "x,y"), "-y: y is one of the -x columns"),
    "the target as weight": (("-y", "y", "--weight", "y"), "is the target"),
    "a category that isn't used": (("-y", "y", "-x", "x", "--categorical", "z"), "z is not one"),
    "a polynomial of another loss": (("-y", "y", "--degree", 2, "--loss", "huber"), "--degree is"),
    "a polynomial's penalty": (("-y", "y", "--degree", 2, "--l2", 1), "--l2 is not of --degree"),
    "predictions of nothing": (("-y", "y", "--predictions", "p.csv"), "give --predict"),
    "two things to stdout": (("-y", "y", "--predict", "t.csv", "--json"), "--predictions"),
    "a model's ending": (("-y", "y", "-o", "model.txt"), "end it in .json"),
    "a picture's ending": (("-y", "y", "--plot", "fit.doc"), "end it in .png"),
    "an ending of predictions": (
        ("-y", "y", "--predict", "t.csv", "--predictions", "p.xls"), "end it in .csv",
    ),
    "over the table": (
        ("-y", "y", "--predict", "t.csv", "--predictions", "t.csv", "-f"), "the table that is read",
    ),
    "a file that exists": (("-y", "y", "-o", "old.json"), "exists already"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,y\n1,2\n2,3\n4,4\n")
    (tmp_path / "old.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(("text", "says"), TABLES.values(), ids=list(TABLES))
def test_tables_that_can_not_be_used(refused, folder, text, says):
    (folder / "bad.csv").write_text(text)
    line = refused(3, "fit", "bad.csv", "-y", "y", "-o", "m.json", says=says)
    assert line.startswith("Error: bad.csv: ")
    assert not (folder / "m.json").exists()


@pytest.mark.parametrize(("options", "says"), USAGE.values(), ids=list(USAGE))
def test_options_that_can_not_be_used(run, folder, options, says):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run("fit", "t.csv", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.split())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_parquet_that_is_cut_short(refused, folder):
    pd.DataFrame({"x": np.arange(999.0), "y": 1.0}).to_parquet("t.parquet")
    whole = (folder / "t.parquet").read_bytes()
    for part in (whole[: len(whole) // 2], whole[:-200] + whole[-8:]):
        (folder / "t.parquet").write_bytes(part)
        refused(3, "fit", "t.parquet", "-y", "y", says="cut short or damaged")


def test_folders(refused, folder):
    (folder / "mixed").mkdir()
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0]})
    frame.to_parquet("mixed/a.parquet")
    frame.rename(columns={"x": "u"}).to_parquet("mixed/b.parquet")
    refused(3, "fit", "mixed", "-y", "y", says=("mixed/b.parquet", "'x'"))
    (folder / "none").mkdir()
    (folder / "none" / "notes.md").write_text("hi")
    refused(3, "fit", "none", "-y", "y", says="no table")
    refused(3, "fit", "nothing.csv", "-y", "y", says="nothing.csv: it can't be read")
    refused(3, "fit", "nothing*.csv", "-y", "y", says="no file matches")


def test_targets_that_a_loss_is_not_made_for(refused, folder):
    (folder / "b.csv").write_text("x,y\n1,0\n2,1\n3,2\n")
    says = ("'y' is 2 in row 3", "0 and 1")
    refused(3, "fit", "b.csv", "-y", "y", "--loss", "logistic", says=says)
    (folder / "b.csv").write_text("x,y\n1,0\n2,-1\n")
    refused(3, "fit", "b.csv", "-y", "y", "--loss", "poisson", says=("-1 in row 2", "counts"))
    (folder / "b.csv").write_text("x,y\n1,1\n2,1\n")
    refused(3, "fit", "b.csv", "-y", "y", "--loss", "logistic", says="every row")


@pytest.mark.parametrize(
    ("text", "weights", "says"),
    [
        ("x,y\n1,2\n2,2\n4,2\n", [2.0, 0.0], "y, the target, is 2 in every row"),
        ("x,z,y\n1,7,2\n2,7,3\n3,7,4\n", [1.0, 1.0, 0.0], "z is the same in every row"),
        ("x,z,y\n1,1,2\n2,2,4\n3,3,6\n", [0.0, 1.0, 1.0], "singular: z can be had"),
        ("x,z,y\n1,3,2\n3,1,2\n", [2.0, 0.0, 0.0], "2 rows can't tell 3 weights apart"),
    ],
    ids=["a constant target", "a constant column", "a column twice", "more columns than rows"],
)
def test_what_is_fitted_with_a_warning(run, folder, text, weights, says):
    (folder / "w.csv").write_text(text)
    result = run("fit", "w.csv", "-y", "y", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    given = [found["intercept"]["coefficient"], *(c["coefficient"] for c in found["coefficients"])]
    np.testing.assert_allclose(given, weights, atol=1e-12)
    assert [says in line for line in result.stderr.splitlines()].count(True) == 1
    assert any(says in warning for warning in found["warnings"])


def test_descents_that_fail_are_told_by_their_code(run, folder):
    result = run("fit", "t.csv", "-y", "y", "--epochs", 200, "--step", 5, "--json")
    assert result.exit_code == 4
    assert "take a smaller --step" in result.stderr
    found = json.loads(result.stdout)
    assert not found["converged"]
    result = run("fit", "t.csv", "-y", "y", "--loss", "huber", "--tol", 1e-300, "-o", "m.json")
    assert result.exit_code in (0, 4)  # it may come to rest where rounding ends it
    assert (folder / "m.json").exists()


def test_classes_that_are_told_apart(run, folder):
    (folder / "s.csv").write_text("x,y\n1,0\n2,0\n3,1\n4,1\n")
    result = run("fit", "s.csv", "-y", "y", "--loss", "logistic")
    assert "--l2 holds them" in result.stderr


def test_models_that_can_not_be_applied(refused, run, folder):
    assert run("fit", "t.csv", "-y", "y", "-o", "m.json").exit_code == 0
    refused(2, "fit", "m.json", says="--predict FILE")
    refused(2, "fit", "m.json", "--predict", "t.csv", "-y", "y", says="-y is of a fit")
    refused(2, "fit", "m.json", "--predict", "t.csv", "--test", 0.1, says="--test is of a fit")
    refused(3, "fit", "old.json", "--predict", "t.csv", says="old.json: this is no model")
    refused(3, "fit", "no.json", "--predict", "t.csv", says="no.json: it can't be read")
    refused(3, "fit", "m.json", "--predict", "t.csv", "--missing", "mean", says="the means")
    refused(3, "fit", "t.csv", "-y", "y", "--predict", "no.csv", says="--predict no.csv: there is")
    document = json.loads((folder / "m.json").read_text())
    (folder / "later.json").write_text(json.dumps({**document, "version": 9}))
    refused(3, "fit", "later.json", "--predict", "t.csv", says="version 9")


def test_tables_that_a_model_can_not_be_applied_to(refused, run, folder):
    (folder / "c.csv").write_text("city,x,y\nOslo,1,2\nRome,2,3\nOslo,3,5\nRome,4,5\n")
    assert run("fit", "c.csv", "-y", "y", "-o", "m.json").exit_code == 0
    out = ("--predictions", "p.csv")
    (folder / "new.csv").write_text("city,x\nOslo,1\nBern,2\n")
    says = ("row 3", "'city'", "'Bern'", "'Oslo', 'Rome'")
    refused(3, "fit", "m.json", "--predict", "new.csv", *out, says=says)
    (folder / "new.csv").write_text("x,town\n1,Oslo\n")
    refused(3, "fit", "m.json", "--predict", "new.csv", *out, says="'city'")
    (folder / "new.csv").write_text("city,x\nOslo,1\nRome,\n")
    refused(3, "fit", "m.json", "--predict", "new.csv", *out, says=("row 3", "'x'"))
    assert not (folder / "p.csv").exists()
