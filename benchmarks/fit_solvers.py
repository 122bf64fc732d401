"""The solvers that ``benchmarks.fit`` compares."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import fit_parquet as parquet
from benchmarks import fit_peers as peers
from benchmarks.fit_problems import L2, Case

__all__ = ["SOLVERS", "Solver", "missing_reason"]


@dataclass(frozen=True)
class Solver:
    """One way to fit.

    Attributes
    ----------
    name : str
        Its own, among all tables.
    label : str
        What the tables call it.
    modules : tuple of str
        What must import before it can run.
    prepare : callable
        ``prepare(case)`` returns ``run()``, which returns the coefficients, the intercept last, or
        None where there are none. Data are laid out as the library is fastest with by the first.
    group : str
        The table that it belongs to.
    l2 : float
        The penalty of its objective, where that is judged.
    """

    name: str
    label: str
    modules: tuple[str, ...]
    prepare: Callable[[Case], Callable[[], Any]]
    group: str
    l2: float = L2

    def load(self) -> None:
        """Import what it needs."""
        for module in self.modules:
            importlib.import_module(module)


def missing_reason(solver: Solver) -> str | None:
    """Why `solver` can't run here, in one line, or None when it can."""
    try:
        solver.load()
    except (ImportError, AttributeError) as error:
        return str(error).splitlines()[0]
    return None


MEMORY = (
    Solver("sum", "x.sum(), the floor", ("numpy",), peers.bare_sum, "memory"),
    Solver(
        "talweg", "talweg least_squares", ("talweg.regression.squares.least_squares",),
        peers.talweg_least_squares, "memory",
    ),
    Solver(
        "talweg_estimator", "talweg LinearRegression", ("talweg.regression.estimators",),
        peers.talweg_linear, "memory",
    ),
    Solver("lstsq", "numpy lstsq", ("numpy",), peers.lstsq, "memory"),
    Solver(
        "sklearn_linear", "scikit-learn LinearRegression", ("sklearn.linear_model",),
        peers.sklearn_linear, "memory",
    ),
    Solver(
        "ridge", "scikit-learn Ridge", ("sklearn.linear_model",), peers.sklearn_ridge, "memory"
    ),
    Solver(
        "sgd", "scikit-learn SGDRegressor", ("sklearn.linear_model",), peers.sklearn_sgd, "memory"
    ),
    Solver(
        "statsmodels", "statsmodels OLS", ("statsmodels.regression.linear_model",),
        peers.statsmodels_ols, "memory",
    ),
    Solver("polars_ols", "polars-ols", ("polars", "polars_ols"), peers.polars_ols, "memory"),
    Solver("glum", "glum", ("glum",), peers.glum_linear, "memory"),
    Solver("xgboost", "xgboost gblinear", ("xgboost",), peers.xgboost_gblinear, "memory"),
)  # fmt: skip

LOGISTIC = (
    Solver(
        "talweg_logistic", "talweg fit_linear", ("talweg.regression.linear.linear_fit",),
        peers.talweg_logistic, "logistic",
    ),
    Solver(
        "talweg_logistic_estimator", "talweg LogisticRegression",
        ("talweg.regression.estimators",), peers.talweg_logistic_estimator, "logistic",
    ),
    Solver(
        "lbfgs", "scikit-learn lbfgs", ("sklearn.linear_model",), peers.sklearn_lbfgs, "logistic"
    ),
    Solver(
        "newton", "scikit-learn newton-cholesky", ("sklearn.linear_model",),
        peers.sklearn_newton, "logistic",
    ),
    Solver("glum_logistic", "glum irls-ls", ("glum",), peers.glum_logistic, "logistic"),
    Solver(
        "statsmodels_logit", "statsmodels Logit, no penalty",
        ("statsmodels.discrete.discrete_model",), peers.statsmodels_logit, "logistic", l2=0.0,
    ),
)  # fmt: skip

PARQUET = (
    Solver(
        "decoding", "pyarrow decoding, the floor", ("pyarrow.parquet",), parquet.decoding,
        "parquet",
    ),
    Solver(
        "lean_decoding", "pyarrow decoding, nothing read ahead", ("pyarrow.parquet",),
        parquet.lean_decoding, "parquet",
    ),
    Solver(
        "talweg_parquet", "talweg least_squares",
        ("talweg.regression.squares.least_squares", "talweg.regression.tables", "pyarrow.parquet"),
        parquet.talweg, "parquet",
    ),
    Solver("polars_sums", "polars, 21 sums", ("polars",), parquet.polars_sums, "parquet"),
    Solver(
        "polars_products", "polars, 231 sums of products", ("polars",), parquet.polars_products,
        "parquet",
    ),
    Solver("duckdb_sums", "duckdb, 21 sums", ("duckdb",), parquet.duckdb_sums, "parquet"),
    Solver(
        "duckdb_products", "duckdb, 231 sums of products", ("duckdb",), parquet.duckdb_products,
        "parquet",
    ),
    Solver(
        "partial_fit", "scikit-learn SGDRegressor.partial_fit",
        ("sklearn.linear_model", "pyarrow.parquet"), parquet.sklearn_partial_fit, "parquet",
    ),
    Solver(
        "dask", "dask array, products", ("dask.dataframe", "pyarrow.parquet"),
        parquet.dask_products, "parquet",
    ),
)  # fmt: skip

SOLVERS: tuple[Solver, ...] = (*MEMORY, *LOGISTIC, *PARQUET)
