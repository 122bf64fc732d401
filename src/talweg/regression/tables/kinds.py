"""What kind of column a type makes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from talweg.errors import TableError

__all__ = ["describe_refusal", "kind_of", "unknown_column"]


def kind_of(kind: Any) -> str:
    """Name what a type's column is: numeric, categorical, temporal, or other.

    Examples
    --------
    >>> [kind_of(t) for t in (pa.int8(), pa.bool_(), pa.string(), pa.date32(), pa.list_(pa.int8()))]
    ['numeric', 'numeric', 'categorical', 'temporal', 'other']
    """
    types = pa.types
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return "numeric"
    if types.is_decimal(kind) or types.is_null(kind):
        return "numeric"
    if types.is_dictionary(kind):
        return "other" if kind_of(kind.value_type) in {"other", "temporal"} else "categorical"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "categorical"
    return "temporal" if types.is_temporal(kind) else "other"


def describe_refusal(where: str, name: str, kind: Any) -> str:
    """Say why a column can't be used, and what to do."""
    if kind_of(kind) == "temporal":
        return (
            f"{where}: column {name!r} holds dates or times ({kind}); leave it out (name the "
            "columns to use with -x), or turn it into a number such as days since a date"
        )
    return (
        f"{where}: column {name!r} holds {kind}, neither numbers nor text; leave it out (name "
        "the columns to use with -x), or turn it into columns of numbers"
    )


def unknown_column(where: str, name: str, names: Sequence[str], what: str = "column") -> TableError:
    """Make the error for a name that no column has."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    folded = [other for other in names if other.strip().casefold() == name.strip().casefold()]
    if matches := list(dict.fromkeys(folded + close)):
        hint = "did you mean " + " or ".join(repr(match) for match in matches) + "?"
    else:
        shown = ", ".join(repr(other) for other in names[:10])
        hint = f"there are {shown}" + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    title = "column" if what == "column" else f"column {name!r} for the {what}"
    return TableError(
        f"{where}: there is no column {name!r}; {hint}"
        if title == "column"
        else f"{where}: there is no {title}; {hint}"
    )
