"""`open_table`: any table as rows of numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from talweg.errors import TableError
from talweg.regression.rows import Block
from talweg.regression.tables.choosing import Chosen, choose_columns
from talweg.regression.tables.encoding import Encoding
from talweg.regression.tables.finding import open_files
from talweg.regression.tables.frames import ArraySource, FrameSource, open_frame
from talweg.regression.tables.reading import Reading
from talweg.regression.tables.sources import FileSource
from talweg.regression.tables.splitting import Share
from talweg.regression.tables.watching import Watch

__all__ = ["Table", "open_table"]


class Table:
    """A table as rows of numbers, of which as many passes can be made as are wanted.

    Made by `open_table`. It implements `talweg.regression.rows.Rows`, and is a context manager:
    on leaving, a temporary file (of standard input) is removed.

    Attributes
    ----------
    name : str
        What messages call it.
    names : tuple of str
        Of the d columns of numbers; those of a level as "city=Oslo".
    target_name, weight_name : str or None
    encoding : Encoding
        How columns become numbers; what `open_table` wants to read another table alike.
    kinds : dict of str to str
        For each column used, "numeric" or "categorical".
    baselines : dict of str to str
        For each categorical column, the level that is all zeros.
    left_out : dict of str to str
        Columns not used, and why.
    bytes_total : int
        Size of what is read.
    """

    def __init__(self, reading: Reading, chosen: Chosen, watch: Watch) -> None:
        self._reading, self._watch = reading, watch
        self._notes = list(chosen.notes)
        self.left_out = dict(chosen.left_out)
        self._rows_total = reading.source.rows
        self.name = reading.source.name
        self.encoding = reading.encoding
        self.target_name, self.weight_name = reading.target, reading.weight
        self.bytes_total = reading.source.bytes_total

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of numbers."""
        return self._reading.names

    @property
    def kinds(self) -> dict[str, str]:
        """For each column used, "numeric" or "categorical"."""
        return {column.name: column.kind for column in self.encoding.columns}

    @property
    def baselines(self) -> dict[str, str]:
        """For each categorical column, the level that is all zeros."""
        return self.encoding.baselines

    @property
    def rows_total(self) -> int | None:
        """Number of rows; None where only a pass can tell, and none was made yet."""
        if self._rows_total is None and self._watch.whole:
            self._rows_total = self._watch.rows
        return self._rows_total

    @property
    def rows_done(self) -> int:
        """Rows read in the latest pass over the table, or one of its shares."""
        return self._watch.rows

    @property
    def bytes_done(self) -> int:
        """Bytes read in the latest pass."""
        return self._watch.bytes

    @property
    def dropped(self) -> int:
        """Rows left out in the latest pass because a value was missing."""
        return self._watch.dropped

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, in sentences."""
        coarse = [
            f"column {name!r} holds integers beyond 2^53, which are rounded to float64"
            for name in sorted(self._watch.coarse)
        ]
        return (*self._notes, *coarse)

    def progress(self, tell: Callable[[Watch], Any] | None) -> None:
        """Have every pass reported.

        Parameters
        ----------
        tell : callable or None
            Called about ten times a second while a pass is made in this process, and at its end,
            with an object that has `rows`, `bytes`, `dropped` and `whole` (True at the end). What
            it raises ends the pass.
        """
        self._watch.tell = tell

    def blocks(self) -> Iterator[Block]:
        """Make a pass: hand out all rows, block by block, always in the same order.

        Yields
        ------
        Block
            Its columns in the order of `names`. Of a table without a target, the target is zeros.

        Raises
        ------
        TableError
            Naming file, row and column of a value that can't be used.
        """
        return self._reading.blocks()

    def parts(self) -> Sequence[Reading]:
        """Split into parts that can be worked on apart, in order; each can be pickled.

        Returns
        -------
        sequence of Rows
            A row group each of Parquet files, a file each of others, a slice each of a frame.
        """
        return self._reading.parts()

    def split(self, fraction: float, seed: int = 0) -> tuple[Reading, Reading]:
        """Hold some rows out.

        Parameters
        ----------
        fraction : float
            Of the rows, in (0, 1): kept to within a row a file.
        seed : int, default: 0
            Another one holds others out.

        Returns
        -------
        training, held_out : Rows
            Every row is in one of them, the same at each pass and in each part.

        Raises
        ------
        ValueError
            If the fraction is out of range.

        Examples
        --------
        >>> import numpy as np
        >>> table = open_table(np.arange(20.0).reshape(10, 2), 1)
        >>> training, held_out = table.split(0.2)
        >>> [sum(block.count for block in rows.blocks()) for rows in (training, held_out)]
        [8, 2]
        """
        if not 0 < fraction < 1:
            raise ValueError(f"fraction is {fraction}; it must lie between 0 and 1")
        training, held_out = (
            self._reading.sharing(Share(fraction, seed, k)) for k in (False, True)
        )
        return training, held_out

    def close(self) -> None:
        """Remove the temporary file, if there is one; no pass can be made any more."""
        spool = getattr(self._reading.source, "spool", None)
        if spool is not None:
            spool.close()

    def __enter__(self) -> Table:
        """Return the table."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the table."""
        self.close()

    def __repr__(self) -> str:
        """Say what it is."""
        rows = "" if self.rows_total is None else f"{self.rows_total:,} rows, "
        return f"<Table {self.name}: {rows}{len(self.names)} columns>"


def open_table(
    source: Any,
    target: Any,
    columns: Sequence[str] | None = None,
    *,
    weight: Any = None,
    missing: Literal["error", "drop", "mean"] = "error",
    categorical: Sequence[str] | None = None,
    encoding: Encoding | None = None,
    threads: bool = False,
    delimiter: str | None = None,
    decimal: str = ".",
) -> Table:
    """Open a table, larger than memory or not.

    Files are read a few thousand rows at a time. A first pass is made over categorical columns,
    and over all if missing values are to become means.

    Parameters
    ----------
    source : str, path, or object
        A file, a folder of files, a pattern such as ``"2024-*.parquet"``, or "-" for standard
        input, which is kept in a temporary file. Files are known by their endings: .csv, .tsv,
        .txt (also compressed, as .csv.gz), .parquet, .arrow, .feather, .ipc. Or a NumPy array of
        two axes (its columns are called x1, x2, ...), a pandas or polars frame, a pyarrow table,
        or a mapping of names to columns.
    target : str, int, array_like or None
        The column to be predicted: its name, its number in a NumPy array, or its values, apart
        from a frame. None if there is none.
    columns : sequence of str, optional
        The columns to predict from; by default all others. Numbers, booleans and decimals become
        float64. Of text, each level but the first in order, the baseline, becomes a column of
        zeros and ones. Dates and nested values are refused.
    weight : str, int or array_like, optional
        The column that says how much each row counts.
    missing : {"error", "drop", "mean"}, default: "error"
        What is done where a value is missing (null, NaN; in a CSV file also an empty field, NA,
        nan, null and NULL): an error, the row left out, or the column's mean put in its place
        (the most frequent level, where it is text, so that there are as many columns as without).
        A row whose target or weight is missing is left out under both "drop" and "mean".
    categorical : sequence of str, optional
        Columns whose numbers are names of levels.
    encoding : Encoding, optional
        That of another table, to read this one alike; it says which columns are used.
    threads : bool, default: False
        Whether columns are decoded side by side: less time by the clock, more of the processors'.
    delimiter : str, optional
        Between a CSV file's fields. A comma by default, a tab in .tsv files, either in .txt.
    decimal : {".", ","}, default: "."
        A CSV file's decimal mark.

    Returns
    -------
    Table

    Raises
    ------
    TableError
        If the table can't be used. The message is one line and says where and why. Rows are
        counted from 1; a CSV file's header is row 1, and blank lines aren't counted.
    FileNotFoundError, PermissionError
        If there is no such file, or it may not be read.
    TypeError
        If the source is nothing that is known.

    Examples
    --------
    >>> table = open_table({"area": [50, 80, 65], "city": ["Oslo", "Bergen", "Oslo"],
    ...                     "rent": [12.5, 14, 15.5]}, "rent")
    >>> table.names, table.baselines
    (('area', 'city=Oslo'), {'city': 'Bergen'})
    >>> for block in table.blocks():
    ...     print(block.columns, block.target)
    [[50. 80. 65.]
     [ 1.  0.  1.]] [12.5 14.  15.5]
    """
    if missing not in {"error", "drop", "mean"}:
        raise ValueError(f"missing is {missing!r}; it may be 'error', 'drop' or 'mean'")
    columns = _as_names(columns, "columns")
    categorical = _as_names(categorical, "categorical") or []
    if encoding is not None:
        if columns is not None or categorical:
            raise ValueError("an encoding says which columns are used; give no others")
        columns = [column.name for column in encoding.columns]
        categorical = [c.name for c in encoding.columns if c.kind == "categorical"]
    wanted = None if columns is None else [*columns, *categorical]
    opened: FileSource | ArraySource | FrameSource
    if isinstance(source, str | os.PathLike):
        for what, value in (("target", target), ("weight", weight)):
            if not (value is None or isinstance(value, str)):
                raise TypeError(f"the {what} of a file is a column's name, not {value!r}")
        needed = wanted and [*wanted, *(name for name in (target, weight) if name)]
        opened = open_files(
            source,
            threads=threads,
            delimiter=delimiter,
            decimal=decimal,
            as_text=categorical,
            wanted=needed,
        )
    else:
        if delimiter is not None or decimal != ".":
            raise ValueError("delimiter and decimal are for CSV files; the source is no file")
        opened, target, weight = open_frame(source, target, weight, wanted)
    chosen = choose_columns(opened, target, weight, columns, categorical, missing, encoding)
    watch = Watch()
    return Table(
        Reading(opened, chosen.encoding, target, weight, missing, watch=watch), chosen, watch
    )


def _as_names(names: Sequence[str] | None, what: str) -> list[str] | None:
    if names is None:
        return None
    listed = [names] if isinstance(names, str) else list(names)
    for name in listed:
        if not isinstance(name, str):
            raise TypeError(f"{what} must be names, not {name!r}")
        if listed.count(name) > 1:
            raise TableError(f"{what} has {name!r} twice; name it once")
    return listed
