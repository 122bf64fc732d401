"""Columns as numbers: batches of any types turned into one array of float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talweg.regression.tables.encoding import ColumnEncoding, Encoding

__all__ = ["Reader", "UnknownLevelError", "as_text", "numbers_of"]


_PLAIN = {pa.float64(), pa.float32(), pa.int8(), pa.int16(), pa.int32(), pa.int64()}
_FEW = 16  # levels, each compared with all rows


class UnknownLevelError(Exception):
    """A level that the encoding doesn't know: in which row of the batch, and which."""

    def __init__(self, row: int, column: ColumnEncoding, level: str) -> None:
        super().__init__(level)
        self.row, self.column, self.level = row, column, level


class Reader:
    """What turns the batches of a pass into numbers.

    Parameters
    ----------
    encoding : Encoding
        Of the first columns of a batch.
    plain : int
        Number of numeric columns that follow: the target and the weight.
    """

    def __init__(self, encoding: Encoding, plain: int) -> None:
        self._columns = encoding.columns
        self._width = len(encoding.names) + plain
        self._numeric = all(column.kind == "numeric" for column in encoding.columns)
        self._plain: dict[int, bool] = {}

    def read(self, batch: Any, file: int = 0) -> np.ndarray:
        """Turn a batch into numbers.

        Parameters
        ----------
        batch : pyarrow.RecordBatch or (k, n) float64 ndarray
        file : int
            The batches of one file have the same types.

        Returns
        -------
        (d + plain, n) float64 ndarray
            NaN where a value is missing, in one of its rows at least. Not to be written to.
        """
        if isinstance(batch, np.ndarray):
            if self._numeric:
                return batch
            batch = pa.record_batch([pa.array(row) for row in batch], [""] * len(batch))
        if self._numeric and self._is_plain(batch, file):
            numbers: np.ndarray = batch.to_tensor(null_to_nan=True, row_major=False).to_numpy().T
            return numbers  # one pass over all columns, in C++
        numbers = np.empty((self._width, batch.num_rows))
        first = 0
        for k in range(batch.num_columns):
            end = first + 1
            if k < len(self._columns) and self._columns[k].kind == "categorical":
                end = first + len(self._columns[k].names)
                _read_levels(batch.column(k), self._columns[k], numbers[first:end])
            else:
                numbers[first] = numbers_of(batch.column(k))
            first = end
        return numbers

    def _is_plain(self, batch: Any, file: int) -> bool:
        """Tell whether pyarrow makes float64 of all columns at once."""
        if (plain := self._plain.get(file)) is None:
            kinds = set(batch.schema.types)
            plain = self._plain[file] = pa.float64() in kinds and kinds <= _PLAIN
        return plain


def numbers_of(array: Any) -> np.ndarray:
    """Turn an Arrow array of a numeric type into numbers, NaN where a value is missing.

    Examples
    --------
    >>> numbers_of(pa.array([1, None, 3]))
    array([ 1., nan,  3.])
    """
    kind = array.type
    if pa.types.is_null(kind) or not len(array):
        return np.full(len(array), np.nan)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_decimal(kind):
        array = array.cast(pa.float64(), safe=False)
    # Not array.to_numpy(), which imports pandas where it is installed: half a second.
    dtype = np.dtype(array.type.to_pandas_dtype())
    _, data = array.buffers()
    values = np.frombuffer(data, dtype, len(array), dtype.itemsize * array.offset)
    if array.null_count == 0:
        return values
    numbers = values.astype(np.float64)
    missing = array.is_null().cast(pa.uint8())
    numbers[np.frombuffer(missing.buffers()[1], bool, len(array), missing.offset)] = np.nan
    return numbers


def as_text(array: Any) -> Any:
    """Turn an Arrow array of levels into one of strings."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):  # NaN is missing, not a level
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def _read_levels(array: Any, column: ColumnEncoding, numbers: np.ndarray) -> None:
    """Write ones where a level stands, zeros elsewhere."""
    codes, missing = _codes(array, column.levels)
    if missing.any() and column.fill is not None:
        codes = np.where(missing, column.levels.index(str(column.fill)), codes)
        missing[:] = False
    unknown = np.flatnonzero((codes < 0) & ~missing)
    if len(unknown):
        row = int(unknown[0])
        raise UnknownLevelError(row, column, as_text(array.slice(row, 1))[0].as_py())
    if len(numbers) <= _FEW:
        for k, level in enumerate(numbers):
            np.equal(codes, k + 1, out=level)
    else:
        numbers[:] = 0
        ones = np.flatnonzero(codes > 0)
        numbers[codes[ones] - 1, ones] = 1
    if len(numbers):
        numbers[0, missing] = np.nan


def _codes(array: Any, levels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the level of each row, -1 where it is none of them, and where there is none."""
    known = pa.array(levels, pa.string())
    if pa.types.is_dictionary(array.type):  # each text is looked up but once
        found = _codes(array.dictionary, levels)
        places = array.indices
        if array.null_count:
            places = places.fill_null(len(array.dictionary))
        places = numbers_of(places)
        codes, missing = (
            np.append(values, last)[places] for values, last in zip(found, (-1, True), strict=True)
        )
        return codes, missing
    text = as_text(array)
    codes = numbers_of(pc.index_in(text, value_set=known).fill_null(-1))
    if text.null_count == 0:
        return codes, np.zeros(len(codes), bool)
    return codes, numbers_of(text.is_null()).astype(bool)
