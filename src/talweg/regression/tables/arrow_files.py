"""Arrow files: the IPC format with or without a footer, also called Feather."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from talweg.regression.tables.complaints import UNREADABLE, check_names, damaged
from talweg.regression.tables.kinds import kind_of
from talweg.regression.tables.sources import Piece

__all__ = ["ArrowFormat"]

_MAGIC = b"ARROW1"


@dataclasses.dataclass(frozen=True)
class ArrowFormat:
    """How Arrow files are read: a record batch at a time.

    Parameters
    ----------
    shown : mapping of str to str
        What messages call a file, if not by its path.
    """

    shown: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def schema(self, path: str) -> Any:
        """Names and types of a file's columns."""
        with self._open(path, None) as reader:
            check_names(self._name(path), reader.schema.names)
            return reader.schema

    def pieces(self, path: str, file: int) -> list[Piece]:
        """Return the whole file as one part."""
        rows = 0
        with self._open(path, [0]) as reader:  # of one column: the others are passed over
            count = getattr(reader, "num_record_batches", None)
            batches = reader if count is None else (reader.get_batch(k) for k in range(count))
            rows = sum(batch.num_rows for batch in batches)
        return [Piece(path, file, (0, 0), 0, rows, os.path.getsize(path))]

    def batches(self, piece: Piece, names: Sequence[str], rows: int) -> Iterator[tuple[Any, int]]:
        """Read record batches, each with how many bytes of the file have been read."""
        schema = self.schema(piece.path)
        wanted = sorted(schema.get_field_index(name) for name in names)
        with self._open(piece.path, wanted) as reader:
            count = getattr(reader, "num_record_batches", None)
            done = 0
            while count is None or done < count:
                try:
                    batch = reader.get_batch(done) if count else reader.read_next_batch()
                except StopIteration:
                    return
                done += 1
                size = round(piece.size * done / count) if count else piece.size
                batch = batch.select(list(names))
                # Offsets of text in a damaged file may point anywhere: reading them would crash.
                batch.validate(full=any(kind_of(t) == "categorical" for t in batch.schema.types))
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows), size

    def place(self, path: str, row: int) -> str:
        """Say in words where a row stands."""
        return f"{self._name(path)}: row {row + 1:,}"

    def _name(self, path: str) -> str:
        return self.shown.get(path, path)

    @contextmanager
    def _open(self, path: str, wanted: list[int] | None) -> Iterator[Any]:
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        try:
            with open(path, "rb") as file:
                footed = file.read(len(_MAGIC)) == _MAGIC
            with pa.OSFile(path) as file:
                if footed:
                    yield pa.ipc.open_file(file, options=options)
                else:
                    yield pa.ipc.open_stream(file, options=options)
        except UNREADABLE as error:
            raise damaged(self._name(path), error) from error
