"""CSV files, parsed a megabyte at a time."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from talweg.errors import TableError
from talweg.regression.tables.complaints import UNREADABLE, damaged
from talweg.regression.tables.csv_places import find_line, find_trouble, open_text
from talweg.regression.tables.sources import Piece

__all__ = ["MISSING_TEXTS", "CsvFormat", "open_csv_format"]

MISSING_TEXTS = ("", "NA", "NaN", "nan", "null", "NULL")
"""Fields that say that a value is missing."""

_BLOCK_BYTES = 2**20
_NUMBER = re.compile(  # as pyarrow reads them
    r"[ \t]*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)[ \t]*", re.ASCII | re.IGNORECASE
)
_COMMA_NUMBER = re.compile(r"[ \t]*[+-]?\d+(\.\d{3})*,\d+[ \t]*", re.ASCII)


@dataclasses.dataclass(frozen=True)
class CsvFormat:
    """How CSV files are read.

    Parameters
    ----------
    delimiter, decimal : str
    types : mapping of str to pyarrow.DataType
        Of the columns, as the first file's first megabyte shows them.
    threads : bool
        Whether columns may be converted side by side.
    shown : mapping of str to str
        What messages call a file, if not by its path.
    """

    delimiter: str
    decimal: str
    types: Mapping[str, Any]
    threads: bool = False
    shown: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def schema(self, path: str) -> Any:
        """Names of a file's columns, and the types that they are read as."""
        names = _read_header(path, self._name(path), self.delimiter)
        return pa.schema([(n, self.types.get(n, pa.string())) for n in names])

    def pieces(self, path: str, file: int) -> list[Piece]:
        """Return the whole file as one part."""
        return [Piece(path, file, (0, 0), 0, None, os.path.getsize(path))]

    def batches(self, piece: Piece, names: Sequence[str], rows: int) -> Iterator[tuple[Any, int]]:  # noqa: ARG002
        """Read record batches, each with how many bytes of the file have been read."""
        path = piece.path
        types = {name: _read_as(self.types[name]) for name in names}
        unique = list(dict.fromkeys(names))
        try:
            with pa.OSFile(path) as file, _decompressed(file, path) as stream:
                reader = _open(stream, self, types, unique)
                for batch in reader:
                    yield batch, min(file.tell(), piece.size)
        except UNREADABLE as error:
            raise self._explain(path, error) from error

    def place(self, path: str, row: int) -> str:
        """Say in words where a row stands; the header is row 1."""
        line = find_line(path, self.delimiter, row)
        where = f"{self._name(path)}: row {row + 2:,}"
        return where if line in {None, row + 2} else f"{where} (line {line:,})"

    def _explain(self, path: str, error: Exception) -> Exception:
        if isinstance(error, OSError) and error.errno is not None:
            return damaged(self._name(path), error)
        words = find_trouble(path, self.delimiter, str(error))
        if words is None:
            return damaged(self._name(path), error)
        return TableError(f"{self._name(path)}: {words}")

    def _name(self, path: str) -> str:
        return self.shown.get(path, path)


def open_csv_format(
    path: str,
    *,
    shown: Mapping[str, str],
    threads: bool,
    delimiter: str | None,
    decimal: str,
    as_text: Sequence[str],
    wanted: Sequence[str] | None,
) -> CsvFormat:
    """Find out what the columns of a CSV file hold.

    Parameters
    ----------
    path : str
        Of the first file.
    shown, threads, delimiter, decimal
        As `CsvFormat` has them; the delimiter is a tab in .tsv files and a comma in others, by
        default, and either in .txt files.
    as_text : sequence of str
        Columns that are read as text, whatever they look like.
    wanted : sequence of str, optional
        The columns that are looked at; all by default.
    """
    name = shown.get(path, path)
    if decimal not in {".", ","}:
        raise TableError(f"the decimal mark is {decimal!r}; it may be '.' or ','")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n' + decimal):
        raise TableError(
            f"the delimiter is {delimiter!r}; it must be one character, no quote and not the "
            f"decimal mark {decimal!r}"
        )
    delimiter = delimiter or _guess_delimiter(path)
    names = _read_header(path, name, delimiter)
    columns = [n for n in names if n and (wanted is None or n in wanted)]
    form = CsvFormat(delimiter, decimal, {}, threads, shown)
    first = _first_block(form, path, columns, as_text)
    if first is None:
        raise TableError(f"{name}: the file holds a header but no rows; give a table with rows")
    types = {}
    for column in columns:
        kind = first.schema.field(column).type
        if pa.types.is_null(kind):
            kind = _look_further(form, path, column)
        elif pa.types.is_string(kind) and column not in as_text:
            _refuse_lies(form, path, column, first.column(column))
        types[column] = kind
    return dataclasses.replace(form, types=types)


def _open(stream: Any, form: CsvFormat, types: Mapping[str, Any], columns: Sequence[str]) -> Any:
    return pacsv.open_csv(
        stream,
        read_options=pacsv.ReadOptions(use_threads=form.threads, block_size=_BLOCK_BYTES),
        parse_options=pacsv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=types,
            include_columns=columns,
            null_values=list(MISSING_TEXTS),
            strings_can_be_null=True,
            decimal_point=form.decimal,
        ),
    )


def _first_block(
    form: CsvFormat, path: str, columns: Sequence[str], as_text: Sequence[str]
) -> Any | None:
    """Read the first rows with the types that they show."""
    types = {name: pa.string() for name in as_text if name in columns}
    try:
        with pa.OSFile(path) as file, _decompressed(file, path) as stream:
            for batch in _open(stream, form, types, columns):
                if batch.num_rows:
                    for field in batch.schema:
                        if pa.types.is_binary(field.type):
                            raise pa.ArrowInvalid(
                                f"In CSV column #0: CSV conversion error to string: invalid UTF8 "
                                f"data in {field.name!r}"
                            )
                    return batch
            return None
    except UNREADABLE as error:
        if "Empty CSV" in str(error):  # a header without an end of line
            return None
        raise form._explain(path, error) from error


def _look_further(form: CsvFormat, path: str, column: str) -> Any:
    """Find the type of a column whose first megabyte is empty, by its first value."""
    form = dataclasses.replace(form, types={column: pa.string()})
    for batch, _ in form.batches(Piece(path, 0, (0, 0), 0, None, 0), [column], 0):
        values = batch.column(0).drop_null()
        if len(values):
            number = _NUMBER.fullmatch(values[0].as_py())
            return pa.float64() if number else pa.string()
    return pa.null()


def _refuse_lies(form: CsvFormat, path: str, column: str, values: Any) -> None:
    """Refuse a column of numbers in which some text stands."""
    texts = [text.as_py() for text in values.unique().drop_null()]
    numbers = sum(_NUMBER.fullmatch(text) is not None for text in texts)
    commas = sum(_COMMA_NUMBER.fullmatch(text) is not None for text in texts)
    if commas and form.decimal == "." and 2 * (commas + numbers) > len(texts):
        row = next(k for k, text in enumerate(values) if _COMMA_NUMBER.fullmatch(str(text.as_py())))
        raise TableError(
            f"{form.place(path, row)}, column {column!r}: {values[row].as_py()!r} has a decimal "
            "comma; pass decimal=',' or write the numbers with a point"
        )
    if 2 * numbers > len(texts):
        others = (k for k, text in enumerate(values) if _is_other(text.as_py()))
        if (other := next(others, None)) is None:
            return
        text = values[other].as_py()
        raise TableError(
            f"{form.place(path, other)}, column {column!r}: {text!r} is not a number, as most of "
            "the column is; mend it, leave it empty if it is missing, or make the column "
            "categorical"
        )


def _is_other(text: str | None) -> bool:
    return text is not None and not _NUMBER.fullmatch(text)


def _read_as(kind: Any) -> Any:
    """Whole numbers are read as float64: a fraction may come after the first megabyte."""
    number = pa.types.is_integer(kind) or pa.types.is_null(kind)
    return pa.float64() if number else kind


def _decompressed(file: Any, path: str) -> Any:
    codec = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
    kind = codec.get(os.path.splitext(path)[1].lower())
    return pa.CompressedInputStream(file, kind) if kind else file


def _guess_delimiter(path: str) -> str:
    ending = re.sub(r"\.(gz|bz2|zst|lz4)$", "", path.lower())
    if ending.endswith((".tsv", ".tab")):
        return "\t"
    if ending.endswith(".txt"):
        with open_text(path) as text:
            line = next(text, "")
        return "\t" if line.count("\t") > line.count(",") else ","
    return ","


def _read_header(path: str, name: str, delimiter: str) -> list[str]:
    """Read the names of the columns; one without a name is ''."""
    try:
        with open_text(path) as text:
            rows = csv.reader(text, delimiter=delimiter)
            header = next(itertools.dropwhile(lambda row: not row, rows), [])
    except (csv.Error, OSError) as error:
        raise damaged(name, error) from error
    if not any(header):
        raise TableError(f"{name}: the first line holds no names; give a table with a header")
    _check_header(name, header, delimiter)
    return header


def _check_header(name: str, header: Sequence[str], delimiter: str) -> None:
    line = delimiter.join(header)
    if "\0" in line:
        raise TableError(f"{name}: the text holds zero bytes; save it as UTF-8")
    if any("\udc80" <= letter <= "\udcff" for letter in line):
        raise TableError(f"{name}: the header isn't UTF-8; save the file as UTF-8")
    if len(header) == 1:
        for other, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "'|'"), (",", "commas")):
            if other != delimiter and other in line:
                raise TableError(
                    f"{name}: the header is one name, {line[:60]!r}: the columns seem to be "
                    f"separated by {word}; pass delimiter={other!r} or write commas"
                )
    if all(_NUMBER.fullmatch(field) for field in header):
        raise TableError(
            f"{name}: the first line holds numbers, not names: {line[:60]!r}; add a header line"
        )
    for field in header:
        if field and list(header).count(field) > 1:
            raise TableError(f"{name}: two columns are named {field!r}; rename one")
