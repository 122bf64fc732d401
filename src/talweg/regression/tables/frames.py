"""Frames and arrays in memory, as sources of batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from talweg.errors import TableError
from talweg.regression.tables.kinds import unknown_column
from talweg.regression.tables.sources import Chunk

__all__ = ["ArraySource", "FrameSource", "open_frame"]

_PART_ROWS = 2**18


@dataclasses.dataclass(frozen=True)
class FrameSource:
    """A table of Arrow arrays.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        What messages call it.
    start : int
        Place of its first row in the whole.
    """

    table: Any
    name: str = "the frame"
    start: int = 0

    @property
    def schema(self) -> Any:
        """Names and types of all columns."""
        return self.table.schema

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def bytes_total(self) -> int:
        """Number of bytes."""
        return int(self.table.nbytes)

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Hand out some columns in chunks of at most so many rows."""
        start = 0
        each = self.bytes_total / max(self.rows, 1)
        for batch in self.table.select(list(names)).to_batches(max_chunksize=rows):
            end = start + batch.num_rows
            yield Chunk(batch, batch.num_rows, 0, self.start + start, round(each * end))
            start = end

    def parts(self) -> list[FrameSource]:
        """Cut into slices."""
        starts = range(0, max(self.rows, 1), _PART_ROWS)
        return [
            FrameSource(self.table.slice(s, _PART_ROWS), self.name, self.start + s) for s in starts
        ]

    def place(self, file: int, row: int) -> str:  # noqa: ARG002
        """Say in words where a row stands."""
        return f"{self.name}: row {row + 1:,}"

    def __getstate__(self) -> dict[str, Any]:
        """Take the slice alone along: a plain pickle of it could hold the whole."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table)
        return {"table": sink.getvalue().to_pybytes(), "name": self.name, "start": self.start}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read what `__getstate__` wrote."""
        table = pa.ipc.open_stream(state["table"]).read_all()
        self.__dict__.update(state | {"table": table})


@dataclasses.dataclass(frozen=True)
class ArraySource:
    """Columns of one NumPy array.

    Parameters
    ----------
    values : (n, k) ndarray
    names : tuple of str
    name : str
        What messages call it.
    start : int
        Place of its first row in the whole.
    """

    values: np.ndarray
    names: tuple[str, ...]
    name: str = "the array"
    start: int = 0

    @property
    def schema(self) -> Any:
        """Names and types of all columns."""
        kind = pa.int64() if self.values.dtype.kind in "iu" else pa.float64()
        return pa.schema([(name, kind) for name in self.names])

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def bytes_total(self) -> int:
        """Number of bytes."""
        return self.values.nbytes

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Hand out some columns in chunks of at most so many rows."""
        places: Any = [self.names.index(name) for name in names]
        if places == list(range(places[0], places[0] + len(places))):
            places = slice(places[0], places[-1] + 1)
        each = self.bytes_total / max(self.rows, 1)
        for start in range(0, self.rows, rows):
            part = self.values[start : start + rows, places]
            columns = np.empty(part.T.shape)
            columns[:] = part.T
            end = start + len(part)
            yield Chunk(columns, len(part), 0, self.start + start, round(each * end))

    def parts(self) -> list[ArraySource]:
        """Cut into slices."""
        starts = range(0, max(self.rows, 1), _PART_ROWS)
        return [
            ArraySource(self.values[s : s + _PART_ROWS], self.names, self.name, self.start + s)
            for s in starts
        ]

    def place(self, file: int, row: int) -> str:  # noqa: ARG002
        """Say in words where a row stands."""
        return f"{self.name}: row {row + 1:,}"


def open_frame(
    frame: Any, target: Any, weight: Any, wanted: Sequence[str] | None
) -> tuple[FrameSource | ArraySource, str | None, str | None]:
    """Make a source of something in memory.

    Parameters
    ----------
    frame : object
        A NumPy array, a pandas or polars frame, a pyarrow table, or a mapping of columns.
    target, weight : str, int, array_like or None
        A column's name or (of a NumPy array) number, or as many numbers as there are rows.
    wanted : sequence of str, optional
        Other columns than these and the target aren't looked at.

    Returns
    -------
    source, target, weight
        The two columns by name.
    """
    apart: dict[str, np.ndarray] = {}
    names: list[Any] = []
    for what, value in (("y", target), ("weight", weight)):
        if value is None or isinstance(value, str | int | np.integer):
            names.append(None if value is None else value)
        else:
            name = getattr(value, "name", None)
            names.append(name if isinstance(name, str) else what)
            apart[names[-1]] = _one_column(value, what)
    if isinstance(frame, np.ndarray) and frame.dtype.names is None:
        return _open_array(frame, names, apart)
    named = [None if name is None else str(name) for name in names]
    needed = None if wanted is None else [*wanted, *(n for n in named if n and n not in apart)]
    table = _as_arrow(frame, needed)
    for name, values in apart.items():
        if name in table.column_names:
            raise TableError(f"the frame has a column {name!r} too; say which by its name alone")
        if len(values) != table.num_rows:
            raise TableError(
                f"{name!r} has {len(values):,} values, but the frame {table.num_rows:,} rows"
            )
        table = table.append_column(name, pa.array(values))
    return FrameSource(table), named[0], named[1]


def _open_array(
    values: np.ndarray, given: Sequence[Any], apart: Mapping[str, np.ndarray]
) -> tuple[ArraySource, str | None, str | None]:
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise TableError(f"the array has shape {values.shape}; it must have rows and columns")
    if values.dtype.kind not in "biuf":
        raise TableError(
            f"the array holds {values.dtype}; it must hold real numbers (a frame may hold text)"
        )
    names = tuple(f"x{k + 1}" for k in range(values.shape[1]))
    named: list[str | None] = []
    for name in given:
        if isinstance(name, int | np.integer):
            if not -len(names) <= name < len(names):
                raise TableError(f"there is no column {name}: the array has {len(names)} columns")
            named.append(names[name])
        else:
            named.append(name)
    for name, column in apart.items():
        if len(column) != len(values):
            raise TableError(f"{name!r} has {len(column):,} values, but {len(values):,} rows")
    if apart:
        values = np.column_stack([values.astype(np.float64, copy=False), *apart.values()])
        names = (*names, *apart)
    return ArraySource(values, names), named[0], named[1]


def _one_column(values: Any, what: str) -> np.ndarray:
    column = np.asarray(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1 or column.dtype.kind not in "biuf":
        raise TableError(
            f"the values of {what!r} have shape {column.shape} and type {column.dtype}; "
            "give one real number a row, or a column's name"
        )
    return column


def _as_arrow(frame: Any, needed: Sequence[str] | None) -> Any:
    """Turn a frame into an Arrow table, without copying its numbers where that can be helped."""
    frame = _as_frame(frame)
    names = _names_of(frame)
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"the frame: two columns are named {name!r}; rename one")
    if needed is not None:
        for name in needed:
            if name not in names:
                raise unknown_column("the frame", name, names)
        frame = _select(frame, [name for name in names if name in needed])
    try:
        if isinstance(frame, pa.Table):
            return frame
        if isinstance(frame, Mapping):
            return pa.table({name: _as_column(values) for name, values in frame.items()})
        if type(frame).__module__.startswith("polars"):
            return frame.to_arrow()
        return pa.Table.from_pandas(frame.set_axis(_names_of(frame), axis=1), None, False)
    except (pa.ArrowException, TypeError) as error:
        words = "; ".join(str(word) for word in error.args)
        raise TableError(
            f"the frame: {' '.join(words.split())}; give every column values of one kind"
        ) from error


def _as_frame(frame: Any) -> Any:
    """Turn what is like a frame into a mapping, a pyarrow table, a pandas or a polars frame."""
    module = type(frame).__module__.partition(".")[0]
    if isinstance(frame, np.ndarray):
        frame = {name: frame[name] for name in frame.dtype.names or ()}
    if isinstance(frame, Mapping):
        return {str(name): values for name, values in frame.items()}
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if module == "polars" and type(frame).__name__ == "LazyFrame":
        raise TypeError("the frame is lazy; collect it first")
    if isinstance(frame, pa.Table) or (
        module in {"pandas", "polars"} and hasattr(frame, "columns")
    ):
        return frame
    if not hasattr(frame, "__arrow_c_stream__"):
        raise TypeError(
            f"a table can't be read from {type(frame).__name__}; give a file's name, a NumPy "
            "array, a pandas or polars frame, or a pyarrow table"
        )
    return pa.table(frame)


def _as_column(values: Any) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)


def _names_of(frame: Any) -> list[str]:
    if isinstance(frame, Mapping):
        return list(frame)
    return [str(c) for c in getattr(frame, "column_names", None) or frame.columns]


def _select(frame: Any, names: Sequence[str]) -> Any:
    if isinstance(frame, Mapping):
        return {name: frame[name] for name in names}
    if isinstance(frame, pa.Table):
        return frame.select(names)
    if type(frame).__module__.startswith("polars"):
        return frame.select(names)
    return frame.iloc[:, [k for k, name in enumerate(_names_of(frame)) if name in names]]
