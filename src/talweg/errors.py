"""The errors that talweg raises beyond Python's own ``ValueError`` and ``TypeError``."""

from __future__ import annotations

__all__ = ["ImageError", "TableError"]


class ImageError(ValueError):
    """An image, or what was asked of it, that can't be used.

    The message is one line: what was wrong, in which file or array, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> talweg.restore(np.zeros((4, 4)), np.ones((4, 4), bool))
    Traceback (most recent call last):
    ...
    talweg.errors.ImageError: every pixel is missing: there is nothing to restore from
    """


class TableError(ValueError):
    """A table, or what was asked of it, that can't be used.

    The message is one line: what was wrong, in which file, row and column, and what to do.
    """
