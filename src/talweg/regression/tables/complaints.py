"""What is said of values that can't be used."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa

from talweg.errors import TableError
from talweg.regression.tables.numbers import UnknownLevelError

__all__ = [
    "UNREADABLE",
    "check_names",
    "damaged",
    "is_missing",
    "too_large",
    "unknown_level",
]

UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What pyarrow raises where a file can't be read."""


def is_missing(where: str) -> TableError:
    """Make the error for a value that is missing."""
    return TableError(
        f"{where}: the value is missing; leave such rows out (--missing drop, in "
        "Python missing='drop'), or put the column's mean there (mean)"
    )


def too_large(where: str, value: float) -> TableError:
    """Make the error for an infinity, or a number whose square is one."""
    if math.isinf(value):
        sign = "" if value > 0 else "-"
        return TableError(f"{where}: the value is {sign}infinity; it must be finite")
    return TableError(
        f"{where}: {value:g} is too large: the square of a number beyond 1e150 can't be written "
        "in float64; rescale the column"
    )


def unknown_level(where: str, error: UnknownLevelError) -> TableError:
    """Make the error for a level that the encoding lacks."""
    levels = error.column.levels
    shown = ", ".join(repr(level) for level in levels[:10])
    more = f" and {len(levels) - 10} more" if len(levels) > 10 else ""
    return TableError(
        f"{where}, column {error.column.name!r}: the level {error.level!r} is none of those that "
        f"are known: {shown}{more}"
    )


def damaged(path: str, error: Exception, where: str = "") -> Exception:
    """Make the error for a file that starts well but can't be read."""
    if isinstance(error, OSError) and error.errno is not None:
        if error.filename is None:
            error.filename = path
        return error
    words = " ".join(str(error).split())
    place = f" {where}" if where else ""
    return TableError(f"{path}: the file is cut short or damaged{place}: {words}")


def check_names(path: str, names: Sequence[str]) -> None:
    """Refuse names that two columns have."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise TableError(f"{path}: two columns are named {name!r}; rename one")
        seen.add(name)
