"""From what the user names to the files that are meant, and what kind they are."""

from __future__ import annotations

import errno
import glob
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from talweg.errors import TableError
from talweg.regression.tables.arrow_files import ArrowFormat
from talweg.regression.tables.csv_files import CsvFormat, open_csv_format
from talweg.regression.tables.parquet_files import ParquetFormat
from talweg.regression.tables.sources import FileSource, Piece
from talweg.regression.tables.spool import Spool

__all__ = ["open_files"]

_ENDINGS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".tab": "CSV",
    ".parquet": "Parquet",
    ".parq": "Parquet",
    ".pq": "Parquet",
    ".arrow": "Arrow",
    ".arrows": "Arrow",
    ".feather": "Arrow",
    ".ipc": "Arrow",
}
_COMPRESSED = {".gz", ".bz2", ".zst", ".lz4"}
_MAGICS = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"\xff\xff\xff\xff": "Arrow",
    b"FEA1": "an old Feather file (version 1); write it anew",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet; save the table as CSV",
    b"\x1f\x8b": "data compressed by gzip; its name should end in .csv.gz",
    b"BZh": "data compressed by bzip2; its name should end in .csv.bz2",
    b"\x28\xb5\x2f\xfd": "data compressed by zstd; its name should end in .csv.zst",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; save the table as CSV",
    b"SQLite format 3": "an SQLite database; write the table as CSV or Parquet",
    b"\x89HDF": "HDF5; write the table as CSV or Parquet",
    b"{": "JSON; write the table as CSV or Parquet",
}


def open_files(
    source: str | os.PathLike[str],
    *,
    threads: bool,
    delimiter: str | None,
    decimal: str,
    as_text: Sequence[str],
    wanted: Sequence[str] | None,
) -> FileSource:
    """Open a file, a folder, a glob, or standard input ("-").

    Parameters
    ----------
    source : str or path
    threads : bool
    delimiter, decimal : str
        Of CSV files.
    as_text : sequence of str
        Columns of CSV files that are read as text, whatever they look like.
    wanted : sequence of str, optional
        Columns that are looked at; all by default.

    Raises
    ------
    TableError
        If there is nothing to read, or it isn't what its name says.
    FileNotFoundError, PermissionError
        If there is no such file, or it may not be read.
    """
    name = os.fsdecode(source)
    spool = None
    if name == "-":
        name, spool = "standard input", Spool(sys.stdin.buffer)
    elif _is_stream(name):
        with open(name, "rb") as stream:
            spool = Spool(stream)
    if spool is not None:
        paths, kind = [spool.path], _sniff(spool.path, name) or "CSV"
    else:
        paths = _list(name)
        kind = _kind(paths, name)
    shown = {spool.path: name} if spool is not None else {}
    form: ArrowFormat | CsvFormat | ParquetFormat
    if kind == "Parquet":
        form = ParquetFormat(threads, shown)
    elif kind == "Arrow":
        form = ArrowFormat(shown)
    else:
        form = open_csv_format(
            paths[0],
            shown=shown,
            threads=threads,
            delimiter=delimiter,
            decimal=decimal,
            as_text=as_text,
            wanted=wanted,
        )
    pieces: list[Piece] = []
    for k, path in enumerate(paths):
        pieces += form.pieces(path, k)
    return FileSource(name, form, tuple(paths), tuple(pieces), form.schema(paths[0]), spool)


def _is_stream(name: str) -> bool:
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _list(name: str) -> list[str]:
    """List the files that a name means."""
    if not name:
        raise TableError("the table's name is empty; give a file, a folder, a pattern or '-'")
    if "\0" in name:
        raise TableError("the table's name holds a zero byte; give a file's name")
    if os.path.isdir(name):
        return _walk(name)
    if not os.path.exists(name):
        if not glob.has_magic(name):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        paths = sorted(p for p in glob.glob(name, recursive=True) if os.path.isfile(p))
        if not paths:
            raise TableError(f"{name}: no file matches the pattern")
        return paths
    return [name]


def _walk(folder: str) -> list[str]:
    """List the tables in a folder and those inside it, hidden files left out."""

    def refuse(error: OSError) -> None:
        raise TableError(f"{error.filename}: the folder can't be read: {error.strerror}") from error

    paths = []
    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        for file in sorted(files):
            if not file.startswith((".", "_")) and _ending(file):
                paths.append(os.path.join(here, file))
    if not paths:
        raise TableError(
            f"{folder}: the folder holds no table (a file that ends in {_known_endings()})"
        )
    return paths


def _ending(path: str) -> str | None:
    """Name the kind that a file's name says, None if it says none."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        return "CSV" if len(suffixes) > 1 and _ENDINGS.get(suffixes[-2]) == "CSV" else None
    return _ENDINGS.get(suffixes[-1]) if suffixes else None


def _known_endings() -> str:
    return ", ".join(_ENDINGS) + ", or .csv.gz"


def _kind(paths: Sequence[str], name: str) -> str:
    """Find the one kind that all files are."""
    kinds = {}
    for path in paths:
        kinds[path] = _check(path)
    first = kinds[paths[0]]
    for path, kind in kinds.items():
        if kind != first:
            raise TableError(
                f"{name}: {paths[0]} is {first} but {path} is {kind}; all files must be of one kind"
            )
    return first


def _check(path: str) -> str:
    """Name what a file is, by its name, and see that its start doesn't contradict."""
    said, found = _ending(path), _sniff(path, path)
    if said is None and found not in {"Parquet", "Arrow"}:
        raise TableError(
            f"{path}: what kind of table it is can't be told from its name; it must end in "
            f"{_known_endings()}"
        )
    if said is None or said == found:
        return str(found)
    if Path(path).suffix.lower() in _COMPRESSED and found not in {"Parquet", "Arrow"}:
        return said
    if found is None and said == "CSV":
        return said
    holds = f"it holds {found}" if found else f"it doesn't start as {said} does"
    raise TableError(f"{path}: by its name the file is {said}, but {holds}")


def _sniff(path: str, name: str) -> str | None:
    """Look at the first bytes."""
    with open(path, "rb") as file:
        start = file.read(16)
    if not start:
        raise TableError(f"{name}: the file is empty; give a table with a header and rows")
    return next((kind for magic, kind in _MAGICS.items() if start.startswith(magic)), None)
