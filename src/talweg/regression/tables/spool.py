"""A stream that can be read but once, kept in a temporary file so that passes can be made."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from typing import BinaryIO

__all__ = ["Spool"]


class Spool:
    """A temporary file with what a stream held; removed when it is closed or forgotten.

    Parameters
    ----------
    stream : binary stream
        Read to its end.

    Examples
    --------
    >>> import io
    >>> spool = Spool(io.BytesIO(b"a,b"))
    >>> os.path.getsize(spool.path)
    3
    >>> spool.close()
    >>> os.path.exists(spool.path)
    False
    """

    def __init__(self, stream: BinaryIO) -> None:
        handle, self.path = tempfile.mkstemp(prefix="talweg-", suffix=".table")
        self._remove = weakref.finalize(self, _remove, self.path, os.getpid())
        with os.fdopen(handle, "wb") as file:
            try:
                shutil.copyfileobj(stream, file, 2**20)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Remove the file."""
        self._remove()


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child forgets it too, and must not remove it
        with suppress(OSError):
            os.unlink(path)
