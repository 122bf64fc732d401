"""A polynomial of one column, for `talweg fit --degree`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.errors import TableError
from talweg.regression.linear.linear_result import LinearFit
from talweg.regression.losses import read_loss

if TYPE_CHECKING:
    from talweg.cli.fitting_progress import FitWatchers
    from talweg.cli.fitting_request import Request
    from talweg.regression.rows import Rows

__all__ = ["CurveFit", "fit_curve"]

_MOST_ROWS = 10_000_000


@dataclasses.dataclass(frozen=True)
class CurveFit(LinearFit):
    """A polynomial, as a linear fit of the powers of its column.

    Attributes
    ----------
    polynomial : PolynomialFit
    """

    polynomial: Any = None


def fit_curve(request: Request, rows: Rows, watchers: FitWatchers) -> CurveFit:
    """Fit a polynomial, in memory.

    Raises
    ------
    TableError
        If there is more than one column of numbers, or too many rows.
    ValueError
        If there are too few different values for the degree.
    """
    from talweg.regression.squares.polynomials import fit_polynomial

    if len(rows.names) != 1:
        few = ", ".join(rows.names[:6]) + (", ..." if len(rows.names) > 6 else "")
        raise TableError(
            f"{request.data}: --degree is of one numeric column, and there are "
            f"{len(rows.names)} ({few}); name one with -x"
        )
    x, y, weight = _gather(request, rows, watchers)
    assert request.degree is not None
    fit = fit_polynomial(x, y, request.degree, weight=weight)
    total = float(len(y) if weight is None else weight.sum())
    mean = 0.5 * fit.rss / total
    errors = fit.standard_errors
    name = rows.names[0]
    return CurveFit(
        names=(name, *(f"{name}^{power}" for power in range(2, request.degree + 1))),
        loss=read_loss("squared"), l1=0.0, l2=0.0, coefficients=fit.coefficients[1:],
        intercept=float(fit.coefficients[0]), has_intercept=True, fun=mean, rows=len(y),
        weight=total, way="orthogonal polynomials", success=True,
        message="converged: the least squares are solved", nit=1, nfev=1, passes=1,
        rank=request.degree, condition=fit.condition, standard_errors=errors[1:],
        intercept_error=float(errors[0]), mean_loss=mean, deviance=fit.rss,
        null_deviance=_around_mean(y, weight),
        note="solved in polynomials that are orthogonal on the rows; the condition number is that "
        "of the powers, which weren't used",
        polynomial=fit,
    )  # fmt: skip


def _gather(
    request: Request, rows: Rows, watchers: FitWatchers
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the one column, the target and the weights of all rows."""
    x, y, weight, count = [], [], [], 0
    for block in rows.blocks():
        count += block.count
        if count > _MOST_ROWS:
            raise TableError(
                f"{request.data}: --degree is fitted in memory, and there are more than "
                f"{_MOST_ROWS:,} rows; take fewer"
            )
        x.append(np.array(block.columns[0]))
        y.append(np.array(block.target))
        weight.append(np.ones(block.count) if block.weight is None else np.array(block.weight))
        watchers.tell(count)
    if not count:
        raise TableError(f"{request.data}: there are no rows to fit")
    weighted = request.weight is not None
    return np.concatenate(x), np.concatenate(y), np.concatenate(weight) if weighted else None


def _around_mean(y: np.ndarray, weight: np.ndarray | None) -> float:
    weight = np.ones(len(y)) if weight is None else weight
    return float(weight @ (y - (weight @ y) / weight.sum()) ** 2)
