"""How many threads the products of small blocks take."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_thread"]

_WIDE = 256
"""Columns from which on the product of a block is worth more than one thread."""


@contextmanager
def one_thread(columns: int) -> Iterator[None]:
    """Keep NumPy's products on one thread, where there are few columns.

    Products of a block of few columns take some microseconds: threads that wait for one another
    cost more than they save, ten times as much on a busy machine.

    Examples
    --------
    >>> import numpy as np
    >>> with one_thread(20):
    ...     square = np.eye(20) @ np.eye(20)
    """
    if columns >= _WIDE:
        yield
    else:
        with _threads().limit(limits=1, user_api="blas"):
            yield


@functools.cache
def _threads() -> Any:
    import scipy.linalg  # noqa: F401  # has threads of its own, to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
