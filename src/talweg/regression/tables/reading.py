"""A table's rows as blocks of numbers, checked as they go by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from talweg.errors import TableError
from talweg.regression.rows import Block
from talweg.regression.tables.complaints import is_missing, too_large, unknown_level
from talweg.regression.tables.encoding import Encoding
from talweg.regression.tables.numbers import Reader, UnknownLevelError
from talweg.regression.tables.sources import Source
from talweg.regression.tables.splitting import Share
from talweg.regression.tables.watching import Watch

__all__ = ["Reading"]

_BLOCK_BYTES = 13 * 2**17  # of all columns: what fits the nearer memory of a processor
_MOST_ROWS = 10_000
_LARGEST = 1e150  # the square of a larger number is hardly a number any more
_WHOLE = 2.0**53  # from it on, not every integer is a float64


@dataclasses.dataclass
class _Span:
    """Where rows stand: their file, the first, how many, and which of them, if not all."""

    file: int
    start: int
    count: int
    rows: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Reading:
    """Rows of a source, as numbers.

    It hands out the same rows at every pass, can be pickled, and takes paths and numbers along
    where the source is a file.

    Parameters
    ----------
    source : Source
    encoding : Encoding
        Of the columns.
    target, weight : str or None
        Their columns. Without a target, the blocks' is zeros.
    missing : {"error", "drop", "mean"}
    share : Share, optional
        Which rows.
    watch : Watch, optional
        Told how far a pass is; left behind by pickling and by `parts`.
    """

    source: Source
    encoding: Encoding
    target: str | None
    weight: str | None = None
    missing: str = "error"
    share: Share | None = None
    watch: Watch | None = dataclasses.field(default=None, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of numbers."""
        return self.encoding.names

    @property
    def fields(self) -> list[str]:
        """The columns of the table that are read, the target and the weight last."""
        more = [name for name in (self.target, self.weight) if name is not None]
        return [column.name for column in self.encoding.columns] + more

    def sharing(self, share: Share) -> Reading:
        """Return some of the rows."""
        return dataclasses.replace(self, share=share)

    def parts(self) -> Sequence[Reading]:
        """Split into row groups, files, or slices."""
        return [dataclasses.replace(self, source=s, watch=None) for s in self.source.parts()]

    def blocks(self) -> Iterator[Block]:
        """Make a pass: hand out all rows, in order; a block is not to be written to.

        Raises
        ------
        TableError
            Naming the row and the column of a value that can't be used.
        """
        watch = self.watch or Watch()
        watch.start()
        d, plain = len(self.names), (self.target is not None) + (self.weight is not None)
        reader = Reader(self.encoding, plain)
        most = max(256, min(_MOST_ROWS, _BLOCK_BYTES // (8 * (d + plain))))
        integers = self._integers()
        for chunk in self.source.chunks(self.fields, most):
            for offset in range(0, chunk.count, most):
                count = min(most, chunk.count - offset)
                part = chunk.columns
                if count < chunk.count:
                    part = _slice(part, offset, count)
                span = _Span(chunk.file, chunk.start + offset, count)
                numbers = self._checked(reader, part, span, watch, integers)
                watch.saw(count, chunk.bytes_done)
                if left := numbers.shape[1]:
                    target = np.zeros(left) if self.target is None else numbers[d]
                    yield Block(numbers[:d], target, None if self.weight is None else numbers[-1])
        watch.end(self.source.bytes_total)

    def _checked(
        self, reader: Reader, part: Any, span: _Span, watch: Watch, integers: Sequence[int]
    ) -> np.ndarray:
        """Turn a batch into the numbers of those of its rows that are wanted."""
        try:
            numbers = reader.read(part, span.file)
        except UnknownLevelError as error:
            where = self.source.place(span.file, span.start + error.row)
            raise unknown_level(where, error) from None
        if self.share is not None:
            span.rows = np.flatnonzero(self.share.mask(span.file, span.start, span.count))
            numbers = numbers[:, span.rows]
        if self.weight is not None and np.any(numbers[-1] < 0):
            row = int(np.flatnonzero(numbers[-1] < 0)[0])
            where = self._where(span, row, len(numbers) - 1)
            raise TableError(f"{where}: the weight is {numbers[-1, row]:g}; it must be 0 or more")
        # Two sweeps over what lies in the nearer memory find all that needs a look, NaN included.
        if not _ordinary(numbers):
            numbers = self._settle(numbers, span, watch)
            self._note_coarse(numbers, integers, watch)
        return numbers

    def _settle(self, numbers: np.ndarray, span: _Span, watch: Watch) -> np.ndarray:
        """Do what is to be done about what is missing, and refuse what is too large."""
        large = np.abs(numbers) > _LARGEST
        if large.any():
            row, column = _first(large)
            raise too_large(self._where(span, row, column), numbers[column, row])
        missing = np.isnan(numbers)
        if not missing.any():
            return numbers
        if self.missing == "error":
            raise is_missing(self._where(span, *_first(missing)))
        if self.missing == "mean":
            numbers = numbers.copy()
            for k, fill in enumerate(self._fills()):
                if fill is not None:
                    numbers[k, missing[k]] = fill
            missing = np.isnan(numbers)
        bad = missing.any(axis=0)
        watch.dropped += int(bad.sum())
        return numbers[:, ~bad]

    def _fills(self) -> list[float | None]:
        fills: list[float | None] = []
        for column in self.encoding.columns:
            fill = column.fill if column.kind == "numeric" else None
            fills += [fill if isinstance(fill, float) else None] * len(column.names)
        return fills

    def _note_coarse(self, numbers: np.ndarray, integers: Sequence[int], watch: Watch) -> None:
        for k in integers:
            name = self._column(k)
            if name not in watch.coarse and np.any(np.abs(numbers[k]) >= _WHOLE):
                watch.coarse.add(name)

    def _integers(self) -> list[int]:
        """Find the rows of a block that come from 64-bit integers."""
        names = [*self.encoding.sources, *self.fields[len(self.encoding.columns) :]]
        levels = {c.name for c in self.encoding.columns if c.kind == "categorical"}
        wide = {n for n in names if str(self.source.schema.field(n).type) in {"int64", "uint64"}}
        return [k for k, name in enumerate(names) if name in wide - levels]

    def _column(self, k: int) -> str:
        """Name the table's column that a row of a block comes from."""
        sources = self.encoding.sources
        if k < len(sources):
            return sources[k]
        return self.fields[len(self.encoding.columns) + k - len(sources)]

    def _where(self, span: _Span, row: int, column: int) -> str:
        row = row if span.rows is None else int(span.rows[row])
        return f"{self.source.place(span.file, span.start + row)}, column {self._column(column)!r}"

    def __getstate__(self) -> dict[str, Any]:
        """Leave the watch behind."""
        return self.__dict__ | {"watch": None}


def _ordinary(numbers: np.ndarray) -> bool:
    """Return whether all are numbers, of a size that integers are exact in."""
    return not numbers.size or bool(numbers.min() > -_WHOLE and numbers.max() < _WHOLE)


def _slice(columns: Any, offset: int, count: int) -> Any:
    if isinstance(columns, np.ndarray):
        return columns[:, offset : offset + count]
    return columns.slice(offset, count)


def _first(bad: np.ndarray) -> tuple[int, int]:
    """Find the first row, and in it the first column, where something is bad."""
    row = int(np.flatnonzero(bad.any(axis=0))[0])
    return row, int(np.flatnonzero(bad[:, row])[0])
