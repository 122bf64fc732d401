"""Which columns of a table are used, and as what."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pyarrow as pa

from talweg.errors import TableError
from talweg.regression.tables.encoding import Encoding
from talweg.regression.tables.kinds import describe_refusal, kind_of, unknown_column
from talweg.regression.tables.sources import FileSource, Source
from talweg.regression.tables.survey import survey

__all__ = ["Chosen", "choose_columns"]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What was chosen.

    Attributes
    ----------
    encoding : Encoding
        Of the columns that are used.
    left_out : dict of str to str
        Those that aren't, and why.
    notes : tuple of str
        What the user should know.
    """

    encoding: Encoding
    left_out: dict[str, str]
    notes: tuple[str, ...] = ()


def choose_columns(
    source: Source,
    target: str | None,
    weight: str | None,
    columns: Sequence[str] | None,
    categorical: Sequence[str],
    missing: str,
    encoding: Encoding | None,
) -> Chosen:
    """Choose columns, and find out how they become numbers.

    Raises
    ------
    TableError
        If there is no such column, or it can't be used.
    """
    if source.rows == 0:
        raise TableError(f"{source.name}: the table has columns but no rows; give one with rows")
    _check_roles(source, target, weight, columns, categorical)
    left_out: dict[str, str] = {}
    if columns is None:
        columns, left_out = _all_others(source, target, weight)
    if not columns:
        raise TableError(f"{source.name}: there is no column to predict from beside the target")
    _check_types(source, [*columns, *(name for name in (target, weight) if name)])
    text = [n for n in columns if kind_of(source.schema.field(n).type) == "categorical"]
    if encoding is not None:
        for name in text:
            if name not in categorical:
                raise TableError(
                    f"{source.name}: column {name!r} holds text, but is one of numbers in the "
                    "encoding given"
                )
        return Chosen(_with_fills(encoding, missing), left_out)
    levels = [name for name in columns if name in text or name in categorical]
    found = survey(source, [name for name in columns if name not in levels], levels, missing)
    by_name = {column.name: column for column in found.columns}
    kept = []
    for name in columns:
        column, kind = by_name[name], source.schema.field(name).type
        never = missing == "mean" and column.fill is None
        if (missing != "error" and pa.types.is_null(kind)) or never:
            left_out[name] = "all its rows are empty"
        elif column.names:
            kept.append(column)
        else:
            only = column.levels
            left_out[name] = f"all its rows say {only[0]!r}" if only else "all its rows are empty"
    if not kept:
        raise TableError(
            f"{source.name}: no column is left to predict from: "
            + "; ".join(f"{name!r}: {why}" for name, why in left_out.items())
        )
    return Chosen(Encoding(tuple(kept)), left_out)


def _with_fills(encoding: Encoding, missing: str) -> Encoding:
    """Forget what stands in for a missing value where nothing shall; refuse if nothing can."""
    if missing != "mean":
        columns = (dataclasses.replace(column, fill=None) for column in encoding.columns)
        return Encoding(tuple(columns))
    for column in encoding.columns:
        if column.fill is None:
            raise TableError(
                f"the encoding has no value for where column {column.name!r} is missing, since it "
                "was made without missing 'mean'; use 'drop' or 'error'"
            )
    return encoding


def _all_others(
    source: Source, target: str | None, weight: str | None
) -> tuple[list[str], dict[str, str]]:
    """List all columns but the target and the weights; those that are no data are left out."""
    columns, left_out = [], {}
    for name in source.schema.names:
        if not name:
            left_out[name] = "it has no name, as the index of a frame that was written"
        elif name.startswith("__index_level_"):
            left_out[name] = "it is the index of the frame that was written"
        elif name not in {target, weight}:
            columns.append(name)
    return columns, left_out


def _check_types(source: Source, used: Sequence[str]) -> None:
    for name in used:
        kind = source.schema.field(name).type
        if kind_of(kind) in {"temporal", "other"}:
            raise TableError(describe_refusal(source.name, name, kind))
    if isinstance(source, FileSource):
        source.check_alike(used)


def _check_roles(
    source: Source,
    target: str | None,
    weight: str | None,
    columns: Sequence[str] | None,
    categorical: Sequence[str],
) -> None:
    """Refuse names that no column has, or that have two parts to play."""
    names = list(source.schema.names)
    for what, name in (("target", target), ("weights", weight)):
        if name is None:
            continue
        if name not in names:
            raise unknown_column(source.name, name, names, what)
        if columns is not None and name in columns:
            raise TableError(
                f"{source.name}: column {name!r} is both the {what} and among the columns to "
                "predict from; it can be but one"
            )
        kind = source.schema.field(name).type
        if name in categorical or kind_of(kind) == "categorical":
            raise TableError(
                f"{source.name}: column {name!r} holds text, but as the {what} it must hold "
                "numbers (0 and 1, for two classes)"
            )
        if pa.types.is_null(kind):
            raise TableError(f"{source.name}: column {name!r}, the {what}, is empty")
    if target is not None and target == weight:
        raise TableError(f"{source.name}: column {target!r} is both the target and the weights")
    for name in [*(columns or []), *categorical]:
        if name not in names:
            raise unknown_column(source.name, name, names)
    for name in categorical:
        if columns is not None and name not in columns:
            raise TableError(
                f"{source.name}: {name!r} is said to be categorical, but isn't among the columns "
                "to predict from"
            )
