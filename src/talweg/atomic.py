"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_write", "refuse_existing"]


@contextmanager
def atomic_write(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[BinaryIO]:
    """Give a binary file that takes its name only once all of it is written.

    The file lies in the same folder under a temporary name. When the ``with`` block ends it is
    renamed; if the block is left by any exception (full disk, Ctrl-C), it is removed and whatever
    stood under `path` is as it was. Devices and pipes, such as ``/dev/stdout``, are written to
    directly.

    Parameters
    ----------
    path : str or path
        Where the file is to be. A link is followed.
    overwrite : bool, default: False
        Whether a file that is already there is replaced. It keeps its permissions.

    Yields
    ------
    binary file
        Open for writing, seekable.

    Raises
    ------
    FileExistsError
        If there is a file and `overwrite` is False; looked at before and again at the end.
    OSError
        If the file can't be written. The error names `path`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from talweg.atomic import atomic_write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder, "note.txt")) as file:
    ...         _ = file.write(b"all of it")
    ...     Path(folder, "note.txt").read_bytes()
    b'all of it'
    """
    target = Path(os.path.realpath(path))
    # open() gives the new file the permissions that the umask asks for; mkstemp would not.
    temporary = target.with_name(f".talweg-{secrets.token_hex(6)}.part")
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with open(str(target), "wb") as file:
                yield file
            return
        refuse_existing(path, overwrite)
        try:
            with open(str(temporary), "x+b") as file:
                yield file
            refuse_existing(path, overwrite)
            if target.exists():
                shutil.copymode(target, temporary)
            os.replace(str(temporary), str(target))
        finally:
            with suppress(FileNotFoundError):  # renamed, or never made
                temporary.unlink()
    except OSError as error:
        # Name the file that the user knows, unless the block's own code had trouble elsewhere.
        if error.errno is None or error.filename not in (None, str(target), str(temporary)):
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def refuse_existing(path: str | os.PathLike[str], overwrite: bool) -> None:
    """Refuse to write over a file, unless that was asked for, or over a folder in any case.

    Parameters
    ----------
    path : str or path
        Where the file is to be.
    overwrite : bool
        Whether a file may be replaced.

    Raises
    ------
    FileExistsError
        If something is there that may not be replaced.

    Examples
    --------
    >>> import tempfile
    >>> from talweg.atomic import refuse_existing
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     refuse_existing(file.name, overwrite=True)
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        raise FileExistsError(f"{name}: this is a folder; name a file in it")
    if not overwrite and os.path.isfile(name):
        raise FileExistsError(
            f"{name}: the file exists already; give another name, or overwrite=True (--force)"
        )
