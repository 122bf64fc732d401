"""The table that is fitted, and the model that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_numbers import finite
from talweg.cli.output import STREAM
from talweg.errors import TableError

if TYPE_CHECKING:
    from talweg.cli.fitting_request import Request
    from talweg.regression.linear.linear_model import Model
    from talweg.regression.rows import Rows
    from talweg.regression.tables import Table

__all__ = ["model_of", "open_training", "opened", "target_check", "told_rows"]


@contextmanager
def opened(path: str, target: str | None, columns: Any = None, **options: Any) -> Iterator[Table]:
    """Open a table, and close it at the end.

    Raises
    ------
    TableError
        If it can't be used.
    CommandError
        If it can't be read at all, or pyarrow is missing.
    """
    import sys

    if path == STREAM and sys.stdin.isatty():
        raise CommandError(
            "standard input is a terminal; name a file, or send a table in with < or |", Exit.USAGE
        )
    try:
        from talweg.regression.tables import open_table
    except ImportError as error:
        raise CommandError(str(error)) from error
    try:
        table = open_table(path, target, columns, **options)
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise CommandError(f"{path}: it can't be read: {error.strerror}", Exit.BAD_INPUT) from error
    with table:
        yield table


@contextmanager
def open_training(request: Request) -> Iterator[tuple[Table, Rows, Rows | None]]:
    """Open the table that is to be fitted.

    Yields
    ------
    table : Table
    training : Rows
    held_out : Rows or None
    """
    options = {
        "weight": request.weight,
        "missing": request.missing or "error",
        "categorical": request.categorical,
    }
    with opened(request.data, request.target, request.columns, **options) as table:
        if request.test is None:
            yield table, table, None
        else:
            training, held_out = table.split(request.test, request.seed or 0)
            yield table, training, held_out


def model_of(request: Request, table: Table, result: Any) -> Model:
    """Return the model that was fitted, as it is written."""
    from talweg.regression.linear.linear_model import Model

    curve = getattr(result, "polynomial", None)
    return Model(
        target=str(request.target),
        encoding=table.encoding,
        coefficients=result.coefficients,
        intercept=result.intercept if result.has_intercept else None,
        loss=result.loss,
        standard_errors=result.standard_errors,
        intercept_error=result.intercept_error if result.has_intercept else None,
        l1=result.l1,
        l2=result.l2,
        polynomial=None if curve is None else _basis(curve),
        facts={
            "table": table.name,
            "rows": result.rows,
            "mean_loss": finite(result.mean_loss),
            "deviance": finite(result.deviance),
            "null_deviance": finite(result.null_deviance),
            "r2": finite(result.r2),
            "condition": finite(result.condition),
            "rank": result.rank,
            "way": result.way,
            "note": result.note,
            "converged": bool(result.success),
            "message": result.message,
        },
    )


def target_check(request: Request) -> Callable[[np.ndarray, int], None]:
    """Return what refuses values of the target that the loss isn't made for."""
    wants = {
        "logistic": "0 and 1 only (False and True)",
        "poisson": "counts, which aren't negative",
    }
    loss = request.loss_name

    def check(target: np.ndarray, before: int) -> None:
        good = (target == 0) | (target == 1) if loss == "logistic" else target >= 0
        if loss not in wants or good.all():
            return
        place = int(np.argmin(good))
        raise TableError(
            f"{request.data}: column {request.target!r} is {target[place]:g} in row "
            f"{before + place + 1:,} of those fitted (not counting a header); --loss {loss} takes "
            f"{wants[loss]}"
        )

    return check


def _basis(curve: Any) -> Any:
    """Return what a polynomial is evaluated by, in the precision that it is written in."""
    from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials

    basis = curve.basis
    parts = (np.asarray(part, float) for part in (basis.alpha, basis.beta, basis.squares))
    return OrthogonalPolynomials(np.float64(basis.scale), *parts), curve.components.astype(float)


def told_rows(count: int) -> str:
    """Write a number of rows.

    Examples
    --------
    >>> told_rows(1), told_rows(12_000)
    ('1 row', '12,000 rows')
    """
    return f"{count:,} row{'' if count == 1 else 's'}"
