"""Parquet files, decoded a few thousand rows at a time."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from talweg.regression.tables.complaints import UNREADABLE, check_names, damaged
from talweg.regression.tables.kinds import kind_of
from talweg.regression.tables.sources import Piece

__all__ = ["ParquetFormat"]

_BUFFER_BYTES = 2**15  # of each column's compressed bytes; without it, whole column chunks are held


@dataclasses.dataclass(frozen=True)
class ParquetFormat:
    """How Parquet files are read.

    Parameters
    ----------
    threads : bool
        Whether columns may be decoded side by side.
    shown : mapping of str to str
        What messages call a file, if not by its path.
    """

    threads: bool = False
    shown: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def schema(self, path: str) -> Any:
        """Names and types of a file's columns."""
        schema = self._metadata(path).schema.to_arrow_schema()
        check_names(self._name(path), schema.names)
        return schema

    def pieces(self, path: str, file: int) -> list[Piece]:
        """List the row groups of a file."""
        metadata = self._metadata(path)
        pieces, start = [], 0
        for k in range(metadata.num_row_groups):
            rows = metadata.row_group(k).num_rows
            # Not the sizes of its columns: asking for them can crash where a file is damaged.
            size = round(os.path.getsize(path) * rows / max(metadata.num_rows, 1))
            pieces.append(Piece(path, file, (k, k + 1), start, rows, size))
            start += rows
        return pieces

    def batches(self, piece: Piece, names: Sequence[str], rows: int) -> Iterator[tuple[Any, int]]:
        """Read record batches, each with how many bytes of the piece have been read."""
        order: list[int] | None = None
        done = 0
        path = piece.path
        texts = self._texts(path, names)
        try:
            # What is read ahead (pre_buffer) is held until the file is closed: all of it.
            with pq.ParquetFile(
                path,
                metadata=self._metadata(path),
                pre_buffer=False,
                buffer_size=_BUFFER_BYTES,
                read_dictionary=texts,
            ) as file:
                batches = file.iter_batches(
                    rows, range(*piece.groups), columns=list(names), use_threads=self.threads
                )
                for batch in batches:
                    if order is None:
                        order = [batch.schema.get_field_index(name) for name in names]
                    if order != list(range(len(order))):
                        batch = batch.select(order)  # noqa: PLW2901
                    # Text needn't be UTF-8 in a damaged file. (Numbers aren't looked at.)
                    batch.validate(full=bool(texts))
                    done += batch.num_rows
                    yield batch, round(piece.size * done / max(piece.rows or 1, 1))
        except UNREADABLE as error:
            raise damaged(self._name(path), error, f"after row {piece.start + done:,}") from error

    def place(self, path: str, row: int) -> str:
        """Say in words where a row stands."""
        return f"{self._name(path)}: row {row + 1:,}"

    def _name(self, path: str) -> str:
        return self.shown.get(path, path)

    def _texts(self, path: str, names: Sequence[str]) -> list[str]:
        """List the columns of text: their levels come as numbers."""
        schema = self.schema(path)
        return [name for name in names if kind_of(schema.field(name).type) == "categorical"]

    def _metadata(self, path: str) -> Any:
        try:
            about = os.stat(path)
            return _read_metadata(path, about.st_mtime_ns, about.st_size)
        except UNREADABLE as error:
            raise damaged(self._name(path), error) from error


@functools.lru_cache(maxsize=4)  # each part of a file asks for it again
def _read_metadata(path: str, _changed: int, _size: int) -> Any:
    return pq.read_metadata(path)
