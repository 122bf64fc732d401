"""The first look at a table: which levels there are, and what stands in for a missing value."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talweg.errors import TableError
from talweg.regression.tables.encoding import ColumnEncoding, Encoding
from talweg.regression.tables.numbers import as_text, numbers_of
from talweg.regression.tables.sources import Source

__all__ = ["MAX_LEVELS", "survey"]

MAX_LEVELS = 1000
"""A categorical column with more levels is refused."""

_CHUNK_ROWS = 2**16


@dataclasses.dataclass
class _Mean:
    """A mean over chunks, each with its own mean: no sum grows with the table."""

    count: int = 0
    value: float = 0.0

    def add(self, numbers: np.ndarray) -> None:
        finite = numbers[np.isfinite(numbers)]
        if len(finite):
            self.count += len(finite)
            self.value += (float(finite.mean()) - self.value) * len(finite) / self.count


def survey(
    source: Source, numeric: Sequence[str], categorical: Sequence[str], missing: str
) -> Encoding:
    """Find out how columns become numbers, by a pass over those that need one.

    Parameters
    ----------
    source : Source
    numeric, categorical : sequence of str
        The columns.
    missing : {"error", "drop", "mean"}
        Under "mean", numeric columns are averaged, and of categorical ones the most frequent
        level is found (the first in order of several).

    Returns
    -------
    Encoding
        Its columns in the order of the source's.
    """
    averaged = list(numeric) if missing == "mean" else []
    means = {name: _Mean() for name in averaged}
    counts: dict[str, Counter[str]] = {name: Counter() for name in categorical}
    names = [*categorical, *averaged]
    for chunk in source.chunks(names, _CHUNK_ROWS) if names else ():
        for k, name in enumerate(names):
            if isinstance(chunk.columns, np.ndarray):
                column = pa.array(np.ascontiguousarray(chunk.columns[k]))
            else:
                column = chunk.columns.column(k)
            if name in means:
                means[name].add(np.asarray(numbers_of(column), np.float64))
            else:
                _count(counts[name], column, name, source)
    columns = []
    for name in source.schema.names:
        if name in counts:
            columns.append(_levels(name, counts[name], source, missing))
        elif name in numeric:
            fill = means[name].value if name in means and means[name].count else None
            columns.append(ColumnEncoding(name, "numeric", (), fill))
    return Encoding(tuple(columns))


def _count(counter: Counter[str], column: pa.Array, name: str, source: Source) -> None:
    for entry in pc.value_counts(as_text(column)).to_pylist():
        if entry["values"] is not None:
            counter[entry["values"]] += entry["counts"]
    if len(counter) > MAX_LEVELS:
        some = ", ".join(repr(level) for level in list(counter)[:3])
        raise TableError(
            f"{source.name}: column {name!r} has more than {MAX_LEVELS:,} different texts ({some}, "
            "...), too many to be levels of a category; leave it out (name the columns to use "
            "with -x), or group its values"
        )


def _levels(name: str, counts: Counter[str], source: Source, missing: str) -> ColumnEncoding:
    kind = source.schema.field(name).type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        levels = sorted(counts, key=lambda level: (float(level), level))
    else:
        levels = sorted(counts)
    fill = None
    if missing == "mean" and levels:
        fill = max(levels, key=lambda level: counts[level])
    return ColumnEncoding(name, "categorical", tuple(levels), fill)
