"""NIST's reference data: at least the digits of the better of NumPy and statsmodels."""

from __future__ import annotations

import json
import pathlib
import warnings
from fractions import Fraction

import numpy as np
import pytest

from talweg.regression.rows import ArrayRows
from talweg.regression.squares.least_squares import least_squares
from talweg.regression.squares.polynomials import fit_polynomial

FOLDER = pathlib.Path(__file__).parent / "strd"
CERTIFIED = json.loads((FOLDER / "certified_exact.json").read_text())
LONG = np.finfo(np.longdouble).nmant >= 63


def digits(found, right):
    """Correct digits of the worst number, 15 at most; of zeros, the digits that are zeros."""
    found, right = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(right)
    error = np.abs(found - right) / np.where(right == 0.0, 1.0, np.abs(right))
    return min(-np.log10(max(float(error.max()), 1e-15)), 15.0)


class Set:
    """One of the sets, and its powers of x as columns."""

    def __init__(self, name):
        table = np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1)
        certified = CERTIFIED[name]
        self.y, self.x = table[:, 0], table[:, 1:]
        self.beta = np.array([float(b) for b in certified["beta"]])
        self.errors = np.array([float(b) for b in certified["se"]])
        self.sd, self.r2 = float(certified["rsd"]), float(certified["r2"])
        self.rss = float(certified["rss"])
        self.intercept = "no intercept" not in certified["model"]
        model = certified["model"].split()[0]
        self.degree = int(model.removeprefix("poly")) if model.startswith("poly") else None
        powers = self.x if self.degree is None else self.x ** np.arange(1, self.degree + 1)
        self.columns = powers
        ones = [np.ones(len(self.y))] if self.intercept else []
        self.design = np.column_stack([*ones, powers])

    def peers(self):
        """Digits of NumPy's lstsq, and of statsmodels with either of its ways."""
        import statsmodels.api

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = statsmodels.api.OLS(self.y, self.design)
            return [
                digits(np.linalg.lstsq(self.design, self.y)[0], self.beta),
                digits(model.fit(method="pinv").params, self.beta),
                digits(model.fit(method="qr").params, self.beta),
            ]

    def exact(self):
        """Least squares on the columns as they are, rounded powers and all, in rationals."""
        design = [[Fraction(float(v)) for v in row] for row in self.design]
        target = [Fraction(float(v)) for v in self.y]
        p = len(design[0])
        rows = [
            [sum(row[i] * row[j] for row in design) for j in range(p)]
            + [sum(row[i] * y for row, y in zip(design, target, strict=True))]
            for i in range(p)
        ]
        for i in range(p):  # the matrix is positive definite: no pivoting
            rows[i] = [v / rows[i][i] for v in rows[i]]
            for k in range(p):
                if k != i:
                    factor = rows[k][i]
                    rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
        return np.array([float(row[-1]) for row in rows])


def all_of(fit, intercept):
    """Coefficients and standard errors, the constant's first."""
    if not intercept:
        return fit.coefficients, fit.standard_errors
    return (
        np.append(fit.intercept, fit.coefficients),
        np.append(fit.intercept_error, fit.standard_errors),
    )


@pytest.mark.parametrize("name", CERTIFIED)
def test_least_squares(name):
    data = Set(name)
    fit = least_squares(ArrayRows(data.columns, data.y), intercept=data.intercept)
    coefficients, errors = all_of(fit, data.intercept)
    if fit.way == "gram":
        assert digits(coefficients, data.beta) >= max(data.peers())
        assert digits(errors, data.errors) >= (10.0 if LONG else 9.5)
        assert digits(fit.residual_sd, data.sd) >= (13.0 if LONG else 9.5)
    else:  # Filip: the powers' own rounding leaves no more
        assert digits(coefficients, data.beta) >= 7.0
        assert digits(errors, data.errors) >= 7.0
        assert digits(fit.residual_sd, data.sd) >= (9.0 if LONG else 7.5)
    assert digits(fit.r2, data.r2) >= (11.0 if LONG else 10.0)
    assert digits(fit.rss, data.rss) >= 7.0


@pytest.mark.parametrize("name", sorted(set(CERTIFIED) - {"noint1", "noint2", "longley"}))
def test_polynomial(name):
    data = Set(name)
    fit = fit_polynomial(data.x[:, 0], data.y, data.degree)
    found, peers = digits(fit.coefficients, data.beta), max(data.peers())
    assert found >= max(7.0, peers if LONG else peers - 0.5)
    if LONG:
        assert found >= 11.0
    assert digits(fit.standard_errors, data.errors) >= (12.0 if LONG else 9.5)
    assert digits(fit.residual_sd, data.sd) >= (12.0 if LONG else 9.5)
    assert digits(fit.r2, data.r2) >= 12.0


@pytest.mark.parametrize("name", ["filip", "wampler4", "longley", "pontius"])
def test_exact_for_the_columns_given(name):
    data = Set(name)
    fit = least_squares(ArrayRows(data.columns, data.y))
    right = data.exact()
    ours = digits(all_of(fit, True)[0], right)
    assert ours >= (10.0 if LONG else 8.0)
    assert ours > digits(np.linalg.lstsq(data.design, data.y)[0], right)


def test_filip_goes_by_qr_and_longley_does_not():
    filip, longley = Set("filip"), Set("longley")
    fit = least_squares(ArrayRows(filip.columns, filip.y))
    assert fit.way == "qr"
    assert "3.8e+09" in fit.note
    assert fit.condition == pytest.approx(
        fit_polynomial(filip.x[:, 0], filip.y, 10).condition, rel=1e-5
    )
    fit = least_squares(ArrayRows(longley.columns, longley.y))
    assert fit.way == "gram"
    # Belsley's condition number of the centred columns, from NumPy.
    centred = longley.columns - longley.columns.mean(axis=0)
    assert fit.condition == pytest.approx(
        np.linalg.cond(centred / np.linalg.norm(centred, axis=0)), rel=1e-9
    )


@pytest.mark.parametrize("accuracy", ["quick", "high"])
def test_accuracy(accuracy):
    data = Set("longley")
    fit = least_squares(ArrayRows(data.columns, data.y), accuracy=accuracy)
    found = digits(all_of(fit, True)[0], data.beta)
    if accuracy == "quick":
        assert fit.passes == 1
        assert found >= 9.0
    else:
        assert fit.passes > 1
        assert found >= (14.0 if LONG else 11.0)
