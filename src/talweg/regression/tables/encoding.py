"""How a table's columns become numbers; what a model must remember to read another table alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from talweg.errors import TableError

__all__ = ["ColumnEncoding", "Encoding"]


@dataclasses.dataclass(frozen=True)
class ColumnEncoding:
    """How one column becomes numbers.

    Parameters
    ----------
    name : str
        Of the column in the table.
    kind : {"numeric", "categorical"}
        A numeric column is one column of numbers; a categorical one is a column of zeros and ones
        for each level but the first, which is the baseline.
    levels : tuple of str
        Of a categorical column, the baseline first. Levels that are numbers are written as text.
    fill : float, str or None
        What stands in for a missing value: the mean, or the most frequent level. None where
        nothing does.

    Examples
    --------
    >>> ColumnEncoding("city", "categorical", ("Bergen", "Oslo", "Tromsø")).names
    ('city=Oslo', 'city=Tromsø')
    """

    name: str
    kind: Literal["numeric", "categorical"]
    levels: tuple[str, ...] = ()
    fill: float | str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of numbers are called."""
        if self.kind == "numeric":
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels[1:])


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How all columns of a table become numbers.

    Parameters
    ----------
    columns : tuple of ColumnEncoding
        In the order in which they stand in a block.

    Examples
    --------
    >>> encoding = Encoding((ColumnEncoding("area", "numeric"),
    ...                      ColumnEncoding("city", "categorical", ("Bergen", "Oslo"))))
    >>> encoding.names
    ('area', 'city=Oslo')
    >>> encoding.baselines
    {'city': 'Bergen'}
    >>> Encoding.from_json(encoding.to_json()) == encoding
    True
    """

    columns: tuple[ColumnEncoding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of numbers are called, in order."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def baselines(self) -> dict[str, str]:
        """The level of each categorical column that is all zeros."""
        return {c.name: c.levels[0] for c in self.columns if c.kind == "categorical" and c.levels}

    @property
    def sources(self) -> tuple[str, ...]:
        """For each column of numbers, the column of the table that it comes from."""
        return tuple(column.name for column in self.columns for _ in column.names)

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dump` can write and `from_json` reads."""
        columns = []
        for column in self.columns:
            entry: dict[str, Any] = {"name": column.name, "kind": column.kind}
            if column.kind == "categorical":
                entry["levels"] = list(column.levels)
            if column.fill is not None:
                entry["fill"] = column.fill
            columns.append(entry)
        return {"columns": columns}

    @classmethod
    def from_json(cls, data: Any) -> Encoding:
        """Read what `to_json` returned.

        Parameters
        ----------
        data : dict
            As `json.load` returns it.

        Returns
        -------
        Encoding

        Raises
        ------
        TableError
            If it says something else than an encoding does.
        """
        entries = data.get("columns") if isinstance(data, Mapping) else None
        if not isinstance(entries, list):
            raise TableError("the encoding of the columns has no list 'columns'")
        return cls(tuple(_read_column(entry, k) for k, entry in enumerate(entries)))


def _read_column(entry: Any, place: int) -> ColumnEncoding:
    where = f"entry {place + 1} of the columns' encoding"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise TableError(f"{where} has no 'name'")
    kind, levels, fill = entry.get("kind"), entry.get("levels", []), entry.get("fill")
    if kind not in {"numeric", "categorical"}:
        raise TableError(f"{where}: the kind is {kind!r}; it may be 'numeric' or 'categorical'")
    if not isinstance(levels, list) or not all(isinstance(level, str) for level in levels):
        raise TableError(f"{where}: 'levels' must be a list of strings")
    if kind == "categorical" and (not levels or len(set(levels)) != len(levels)):
        raise TableError(f"{where}: a categorical column has levels, each once")
    if kind == "numeric":
        good = isinstance(fill, int | float) and not isinstance(fill, bool)
        if levels or not (fill is None or good):
            raise TableError(f"{where}: a numeric column has no levels, and a number as 'fill'")
        return ColumnEncoding(entry["name"], "numeric", (), None if fill is None else float(fill))
    if fill is not None and fill not in levels:
        raise TableError(f"{where}: the 'fill' {fill!r} is none of the levels")
    return ColumnEncoding(entry["name"], "categorical", tuple(levels), fill)
