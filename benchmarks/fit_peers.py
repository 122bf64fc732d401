"""How ``benchmarks.fit`` calls talweg and each peer on data in memory.

Every function takes a case and returns a function without arguments, which fits once and returns
the coefficients, the intercept last. What isn't the fit (a column of ones, a frame, a matrix of the
library's own kind) is made by the first of the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.fit_problems import L2, Array, Case

Fit = Callable[[], Any]

TOLERANCE = 1e-6  # of the largest component of the gradient of the mean logistic objective


def with_ones(x: Array) -> Array:
    return np.column_stack([x, np.ones(len(x))])


def bare_sum(case: Case) -> Fit:
    x = case.x

    def run() -> None:
        x.sum()

    return run


def talweg_least_squares(case: Case) -> Fit:
    from talweg.regression.rows import ArrayRows
    from talweg.regression.squares.least_squares import least_squares

    x, y = case.x, case.y

    def run() -> Array:
        found = least_squares(ArrayRows(x, y))
        return np.append(found.coefficients, found.intercept)

    return run


def estimator(model: Any, case: Case) -> Fit:
    """Call ``fit`` of anything that has scikit-learn's API."""
    x, y = case.x, case.y

    def run() -> Array:
        model.fit(x, y)
        return np.append(np.ravel(model.coef_), model.intercept_)

    return run


def talweg_linear(case: Case) -> Fit:
    from talweg.regression.estimators import LinearRegression

    return estimator(LinearRegression(), case)


def lstsq(case: Case) -> Fit:
    x, y = with_ones(case.x), case.y
    del case.x
    return lambda: np.linalg.lstsq(x, y, rcond=None)[0]


def sklearn_linear(case: Case) -> Fit:
    from sklearn.linear_model import LinearRegression

    return estimator(LinearRegression(), case)


def sklearn_ridge(case: Case) -> Fit:
    from sklearn.linear_model import Ridge

    return estimator(Ridge(), case)


def sklearn_sgd(case: Case) -> Fit:
    from sklearn.linear_model import SGDRegressor

    return estimator(SGDRegressor(random_state=0), case)


def statsmodels_ols(case: Case) -> Fit:
    import statsmodels.api as sm

    x, y = with_ones(case.x), case.y
    del case.x
    return lambda: sm.OLS(y, x).fit().params


def polars_ols(case: Case) -> Fit:
    import polars as pl
    import polars_ols as pls

    frame = pl.DataFrame(dict(zip(case.names, case.x.T, strict=True)) | {"y": case.y})
    del case.x
    fit = pls.compute_least_squares(
        pl.col("y"), *map(pl.col, case.names), add_intercept=True, mode="coefficients"
    )

    def run() -> Array:
        found = frame.lazy().select(fit.alias("found")).unnest("found").collect()
        return found.select([*case.names, "const"]).to_numpy()[0]

    return run


def glum_linear(case: Case) -> Fit:
    from glum import GeneralizedLinearRegressor

    return estimator(GeneralizedLinearRegressor(family="normal", alpha=0.0), case)


def xgboost_gblinear(case: Case) -> Fit:
    import xgboost

    data = xgboost.DMatrix(case.x, case.y, nthread=1)
    settings = {
        "booster": "gblinear", "objective": "reg:squarederror", "updater": "coord_descent",
        "eta": 0.5, "lambda": 0.0, "alpha": 0.0, "base_score": 0.0, "nthread": 1,
        "verbosity": 0,
    }  # fmt: skip

    def run() -> Array:
        dumped = xgboost.train(settings, data, num_boost_round=20).get_dump(dump_format="json")
        found = json.loads(dumped[0])
        return np.append(found["weight"], found["bias"])

    return run


def talweg_logistic(case: Case) -> Fit:
    from talweg.regression.linear.linear_fit import fit_linear
    from talweg.regression.rows import ArrayRows

    x, y = case.x, case.y

    def run() -> Array:
        found = fit_linear(ArrayRows(x, y), "logistic", l2=L2, tol=TOLERANCE)
        return np.append(found.coefficients, found.intercept)

    return run


def talweg_logistic_estimator(case: Case) -> Fit:
    from talweg.regression.estimators import LogisticRegression

    return estimator(LogisticRegression(C=1.0 / (L2 * case.rows), tol=TOLERANCE), case)


def sklearn_logistic(case: Case, solver: str) -> Fit:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=1.0 / (L2 * case.rows), solver=solver, tol=TOLERANCE, max_iter=1000
    )
    return estimator(model, case)


def sklearn_lbfgs(case: Case) -> Fit:
    return sklearn_logistic(case, "lbfgs")


def sklearn_newton(case: Case) -> Fit:
    return sklearn_logistic(case, "newton-cholesky")


def glum_logistic(case: Case) -> Fit:
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(
        family="binomial", alpha=L2, l1_ratio=0.0, solver="irls-ls", gradient_tol=TOLERANCE
    )
    return estimator(model, case)


def statsmodels_logit(case: Case) -> Fit:
    import statsmodels.api as sm

    x, y = with_ones(case.x), case.y
    return lambda: sm.Logit(y, x).fit(disp=0, method="newton").params
