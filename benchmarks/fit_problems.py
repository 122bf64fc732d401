"""The data of ``benchmarks.fit``, the same every time, and where each solver finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.minimize_problems import logistic_task

__all__ = ["COLUMNS", "L2", "Case", "logistic_gradient", "write_case", "write_parquet"]

Array = NDArray[np.float64]

COLUMNS = 20
INTERCEPT = 5.0
NOISE = 0.5
ROW_GROUP = 2**20  # rows, pyarrow's default
L2 = 1e-4  # of the logistic problem: half of it times the squared norm is added to the mean loss


@dataclass
class Case:
    """What a solver is given.

    Attributes
    ----------
    place : Path
        A folder that `write_case` filled, or a Parquet file.
    rows : int
        Number of rows.
    """

    place: Path
    rows: int

    @cached_property
    def x(self) -> Array:
        """The columns, (n, d), row after row."""
        return np.load(self.place / "x.npy")

    @cached_property
    def y(self) -> Array:
        """The target."""
        return np.load(self.place / "y.npy")

    @property
    def names(self) -> list[str]:
        """Names of the columns, in the Parquet file or of the array."""
        return [f"x{k + 1}" for k in range(COLUMNS)]


def coefficients() -> Array:
    """Return the linear problem's true ones, between 0.1 and 1, of both signs."""
    return np.linspace(0.1, 1.0, COLUMNS) * (-1.0) ** np.arange(COLUMNS)


def linear_rows(rows: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw standard normal columns, and a target that is linear in them but for noise."""
    x = rng.standard_normal((rows, COLUMNS))
    return x, x @ coefficients() + INTERCEPT + NOISE * rng.standard_normal(rows)


def write_case(folder: Path, problem: str, rows: int) -> Case:
    """Write ``x.npy`` and ``y.npy``, of the ``linear`` or the ``logistic`` problem."""
    if problem == "linear":
        x, y = linear_rows(rows, np.random.default_rng(0))
    else:
        given: Any = logistic_task(rows).torch_args
        x, y = given[0], (given[1] + 1.0) / 2.0
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", np.ascontiguousarray(x))
    np.save(folder / "y.npy", y)
    return Case(folder, rows)


def row_groups(rows: int) -> Iterator[tuple[Array, Array]]:
    """Draw the Parquet file's rows, a group at a time."""
    rng = np.random.default_rng(1)
    for start in range(0, rows, ROW_GROUP):
        yield linear_rows(min(ROW_GROUP, rows - start), rng)


def write_parquet(path: Path, rows: int) -> Case:
    """Write the linear problem's rows as pyarrow does by default, without holding them all.

    Random numbers hold nothing that could be compressed: 168 bytes a row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    case = Case(path, rows)
    schema = pa.schema([(name, pa.float64()) for name in (*case.names, "y")])
    unfinished = path.with_suffix(".unfinished")
    with pq.ParquetWriter(unfinished, schema) as writer:
        for x, y in row_groups(rows):
            arrays = [pa.array(column) for column in (*np.ascontiguousarray(x.T), y)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=len(y))
    unfinished.replace(path)
    return case


def logistic_gradient(case: Case, coefficients: Array, l2: float) -> float:
    """Return the largest component of the gradient of the mean loss with its penalty.

    The intercept comes last, and isn't penalised.
    """
    weights, intercept = coefficients[:-1], coefficients[-1]
    chances = 0.5 * (1.0 + np.tanh((case.x @ weights + intercept) / 2.0))
    excess = (chances - case.y) / case.rows
    slope = np.append(excess @ case.x + l2 * weights, excess.sum())
    return float(np.abs(slope).max())
