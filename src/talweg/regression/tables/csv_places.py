"""Where in a CSV file something stands, found by reading it again, slowly."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pyarrow as pa

__all__ = ["find_line", "find_trouble", "open_text"]

_CONVERSION = re.compile(
    r"column #(\d+): (?:Row #\d+: )?CSV conversion error to (\S+): invalid value '(.*)'", re.S
)
_WIDTH = re.compile(r"Expected (\d+) columns, got (\d+)")
_TYPES = {"double": "a number", "float": "a number", "int64": "a number", "bool": "true or false"}


@contextmanager
def open_text(path: str) -> Iterator[TextIO]:
    """Open a CSV file as text; bytes that aren't UTF-8 become surrogates."""
    compressed = os.path.splitext(path)[1].lower() in {".gz", ".bz2", ".zst", ".lz4"}
    with pa.input_stream(path, "detect" if compressed else None) as stream:
        yield io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")


def find_line(path: str, delimiter: str, row: int) -> int | None:
    """Find the line of the file on which a row begins, None if it can't be found.

    Parameters
    ----------
    path, delimiter : str
    row : int
        From 0, the header not counted.
    """
    try:
        for place, line, _ in _records(path, delimiter):
            if place == row:
                return line
    except (csv.Error, OSError):
        pass
    return None


def find_trouble(path: str, delimiter: str, complaint: str) -> str | None:
    """Find the row that the parser complains of, and say what is wrong with it.

    Parameters
    ----------
    path, delimiter : str
    complaint : str
        The parser's words, which name no row.

    Returns
    -------
    str or None
        None if nothing is found.
    """
    if "straddl" in complaint:
        return "a row is longer than a megabyte; is a quotation mark left open?"
    line = 1
    try:
        for found, words in _judged(path, delimiter, complaint):
            if words is not None:
                return words
            line = found
    except csv.Error:
        return f"the row after line {line:,} can't be read; is a quotation mark left open?"
    except OSError:
        pass
    return None


def _judged(path: str, delimiter: str, complaint: str) -> Iterator[tuple[int, str | None]]:
    """Hand out the lines on which rows begin, with what is wrong with the row, if anything."""
    conversion, width = _CONVERSION.search(complaint), _WIDTH.search(complaint)
    not_utf8 = "UTF8" in complaint or "utf-8" in complaint
    header: list[str] = []
    for place, line, fields in _records(path, delimiter):
        words = None
        if place < 0:
            header = fields
        elif width and len(fields) != len(header):
            count = f"{len(fields)} field{'s' if len(fields) != 1 else ''}"
            words = (
                f" has {count}, but the header has {len(header)}; mend the row (a field that "
                "holds the delimiter must be quoted)"
            )
        elif not_utf8:
            words = _not_utf8(header, fields)
        elif conversion:
            words = _not_of_type(header, fields, conversion)
        where = f"row {place + 2:,}" + (f" (line {line:,})" if line != place + 2 else "")
        yield line, None if words is None else where + words


def _not_utf8(header: list[str], fields: list[str]) -> str | None:
    for name, field in zip(header, fields, strict=False):
        if any("\udc80" <= letter <= "\udcff" for letter in field):
            shown = field.encode("utf-8", "surrogateescape")[:40]
            return f", column {name!r}: the text isn't UTF-8: {shown!r}; save the file as UTF-8"
    return None


def _not_of_type(header: list[str], fields: list[str], conversion: re.Match[str]) -> str | None:
    k, value = int(conversion[1]), conversion[3]
    if k >= len(fields) or fields[k].strip() != value.strip():
        return None
    kind = _TYPES.get(conversion[2], f"of type {conversion[2]}")
    return (
        f", column {header[k]!r}: {value!r} is not {kind}; mend it, leave it empty if it is "
        "missing, or make the column categorical"
    )


def _records(path: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Hand out the rows (the header is row -1), each with its line and its fields."""
    with open_text(path) as text:
        reader = csv.reader(text, delimiter=delimiter)
        row, line = -1, 1
        for fields in reader:
            if fields:
                yield row, line, fields
                row += 1
            line = reader.line_num + 1
