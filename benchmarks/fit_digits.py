"""Correct digits of the coefficients on the certified sets of NIST, polynomials among them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fit_problems import Array
from benchmarks.markdown import cell, table

__all__ = ["design", "digits", "measure", "report"]

FOLDER = Path(__file__).parents[1] / "tests" / "regression" / "squares" / "strd"
MOST = 15.0  # a float64 hasn't more
WAYS = ("talweg least_squares", "talweg fit_polynomial", "numpy lstsq", "statsmodels OLS",
        "scikit-learn LinearRegression")  # fmt: skip


def digits(found: Array, expected: Array) -> float:
    """Return -log10 of the largest relative error, between 0 and 15."""
    scale = np.where(expected == 0.0, 1.0, np.abs(expected))
    error = np.max(np.abs(found - expected) / scale)
    if not error < 1.0:
        return 0.0
    return min(MOST, -float(np.log10(error))) if error > 0.0 else MOST


def design(x: Array, model: str) -> Array:
    """Return the columns of a model such as ``poly10``, without the column of ones."""
    name = model.split(maxsplit=1)[0]
    if not name.startswith("poly"):
        return x
    return x ** np.arange(1, int(name.removeprefix("poly")) + 1)


def ways(x: Array, y: Array, model: str) -> dict[str, Callable[[], Any]]:
    """Return the ways to fit that there are for a model, by their names."""
    import statsmodels.api as sm
    from sklearn.linear_model import LinearRegression

    from talweg.regression.rows import ArrayRows
    from talweg.regression.squares.least_squares import least_squares
    from talweg.regression.squares.polynomials import fit_polynomial

    intercept = "no intercept" not in model
    columns = design(x, model)
    whole = np.column_stack([np.ones(len(y)), columns]) if intercept else columns

    def put_before(found: Any, constant: Any) -> Array:
        return np.append(constant, found) if intercept else np.asarray(found)

    def own() -> Array:
        found = least_squares(ArrayRows(columns, y), intercept=intercept)
        return put_before(found.coefficients, found.intercept)

    def sklearn() -> Array:
        found = LinearRegression(fit_intercept=intercept).fit(columns, y)
        return put_before(found.coef_, found.intercept_)

    found = dict(zip(WAYS, (own, None, None, None, sklearn), strict=True))
    found["numpy lstsq"] = lambda: np.linalg.lstsq(whole, y, rcond=None)[0]
    found["statsmodels OLS"] = lambda: sm.OLS(y, whole).fit().params
    if model.startswith("poly") and intercept:
        found["talweg fit_polynomial"] = lambda: (
            fit_polynomial(x[:, 0], y, columns.shape[1]).coefficients
        )
    return {name: way for name, way in found.items() if way is not None}


def measure() -> dict[str, dict[str, float]]:
    """Return the digits of each way on each set."""
    certified = json.loads((FOLDER / "certified_exact.json").read_text())
    record: dict[str, dict[str, float]] = {}
    for name, facts in certified.items():
        data = np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1)
        expected = np.array([float(value) for value in facts["beta"]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a matrix is singular to working precision
            record[name] = {
                way: digits(np.asarray(fit()), expected)
                for way, fit in ways(data[:, 1:], data[:, 0], facts["model"]).items()
            }
    return record


def report(record: dict[str, dict[str, float]]) -> str:
    """Lay the table out, and say where talweg falls behind."""
    rows = [
        [name, *(cell(found.get(way, float("nan")), ".1f") for way in WAYS)]
        for name, found in record.items()
    ]
    behind = [
        name
        for name, found in record.items()
        if max(found[way] for way in WAYS[:2] if way in found)
        < max(found["numpy lstsq"], found["statsmodels OLS"])
    ]
    said = f"{', '.join(behind)} (missed)" if behind else "none"
    text = "### Correct digits on NIST's certified sets\n\n" + table(("set", *WAYS), rows)
    return f"{text}\n- sets where lstsq or statsmodels has more digits than talweg: {said}\n"
