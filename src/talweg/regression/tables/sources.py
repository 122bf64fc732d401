"""What tables are read from: pieces of files, or frames in memory, as batches of columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from talweg.errors import TableError
from talweg.regression.tables.kinds import kind_of

if TYPE_CHECKING:
    from talweg.regression.tables.spool import Spool

__all__ = ["Chunk", "FileSource", "Format", "Piece", "Source"]


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Some consecutive rows, undecided yet what becomes of them.

    Attributes
    ----------
    columns : pyarrow.RecordBatch or (k, n) float64 ndarray
        The columns asked for, in that order.
    count : int
        Number of rows.
    file, start : int
        Which file (from 0), and the place in it of the first row (from 0).
    bytes_done : int
        How much of the source has been read.
    """

    columns: Any
    count: int
    file: int
    start: int
    bytes_done: int


class Source(Protocol):
    """Something that can be read again and again."""

    @property
    def schema(self) -> Any:
        """Names and types of all columns."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def rows(self) -> int | None:
        """Number of rows, if it is known without reading them."""

    @property
    def bytes_total(self) -> int:
        """Number of bytes."""

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns; `rows` is about how many a chunk should have."""

    def parts(self) -> Sequence[Source]:
        """Split into sources that can be read apart."""

    def place(self, file: int, row: int) -> str:
        """Say in words where a row stands."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """A file, or some row groups of one.

    Attributes
    ----------
    path : str
    file : int
        Which one of the table's files it is.
    groups : tuple of int
        First row group, and one past the last; (0, 0) where files have none.
    start : int
        Place in the file of the first row.
    rows : int or None
    size : int
        Bytes.
    """

    path: str
    file: int
    groups: tuple[int, int]
    start: int
    rows: int | None
    size: int


class Format(Protocol):
    """One kind of file."""

    def schema(self, path: str) -> Any:
        """Names and types of a file's columns."""

    def pieces(self, path: str, file: int) -> list[Piece]:
        """List the parts of a file."""

    def batches(self, piece: Piece, names: Sequence[str], rows: int) -> Iterator[tuple[Any, int]]:
        """Read record batches, each with how many bytes of the piece have been read."""

    def place(self, path: str, row: int) -> str:
        """Say in words where a row stands."""


@dataclasses.dataclass(frozen=True)
class FileSource:
    """Files of one format.

    Parameters
    ----------
    name : str
        What messages call them all.
    format : Format
    paths : tuple of str
    pieces : tuple of Piece
    schema : pyarrow.Schema
        Of the first file.
    spool : Spool, optional
        What removes the file at the end, if it is a temporary one.
    """

    name: str
    format: Format
    paths: tuple[str, ...]
    pieces: tuple[Piece, ...]
    schema: Any
    spool: Spool | None = dataclasses.field(default=None, compare=False)

    @property
    def rows(self) -> int | None:
        """Number of rows, if it is known without reading them."""
        counts = [piece.rows for piece in self.pieces]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def bytes_total(self) -> int:
        """Number of bytes."""
        return sum(piece.size for piece in self.pieces)

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns; `rows` is about how many a chunk should have."""
        before = 0
        for run in _runs(self.pieces):
            start = run.start
            for batch, done in self.format.batches(run, names, rows):
                count = batch.num_rows
                yield Chunk(batch, count, run.file, start, before + done)
                start += count
            before += run.size

    def parts(self) -> list[FileSource]:
        """Split into row groups, or files."""
        return [dataclasses.replace(self, pieces=(piece,)) for piece in self.pieces]

    def place(self, file: int, row: int) -> str:
        """Say in words where a row stands."""
        return self.format.place(self.paths[file], row)

    def check_alike(self, names: Sequence[str]) -> None:
        """Refuse files that lack a column of the first one, or hold something else in it."""
        for path in self.paths[1:]:
            schema = self.format.schema(path)
            for name in names:
                if name not in schema.names:
                    raise TableError(
                        f"{path}: there is no column {name!r}, which {self.paths[0]} has; "
                        "all files must have the same columns"
                    )
                first, here = self.schema.field(name).type, schema.field(name).type
                kinds = {kind_of(first), kind_of(here)}
                if len(kinds) > 1 and not any(pa.types.is_null(t) for t in (first, here)):
                    raise TableError(
                        f"{path}: column {name!r} holds {here}, but {first} in {self.paths[0]}; "
                        "all files must have the same columns"
                    )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the temporary file to the process that made it."""
        return self.__dict__ | {"spool": None}


def _runs(pieces: Sequence[Piece]) -> list[Piece]:
    """Join pieces that follow one another in a file: read at once, they are opened once."""
    runs: list[Piece] = []
    for piece in pieces:
        last = runs[-1] if runs else None
        if last and last.path == piece.path and last.groups[1] == piece.groups[0]:
            rows = None if last.rows is None or piece.rows is None else last.rows + piece.rows
            runs[-1] = dataclasses.replace(
                last,
                groups=(last.groups[0], piece.groups[1]),
                rows=rows,
                size=last.size + piece.size,
            )
        else:
            runs.append(piece)
    return runs
