"""Passes over a table by the workers of a dask cluster: plain functions mapped over its parts."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.regression.cluster_client import connected, explained, has_workers, left
from talweg.regression.rows import Rows

if TYPE_CHECKING:
    from talweg.regression.squares.moments import Moments

__all__ = ["connected", "gather_factor_on", "gather_moments_on", "reduce_parts", "sum_over_parts"]

FAN_IN = 8  # results that one merge takes: few rounds, and never many matrices at one worker
RETRIES = 2  # of a part that raised: a file system over a network may fail once
PATIENCE = 10.0  # seconds between looks at whether there are workers

Tell = Callable[[int, int], object]


def gather_moments_on(client: Any, rows: Rows, *, tell: Tell | None = None) -> Moments:
    """Gather the moments of a table on a cluster: one task for each of its parts.

    The moments of the parts are merged as a tree whose shape depends on their number alone, so
    that the answer is the same, bit for bit, whichever worker did what and when, and whether or
    not one of them died on the way.

    Parameters
    ----------
    client : distributed.Client or str
        A client, or the address of a scheduler.
    rows : Rows
        The table. Its parts are read by the workers: files must be where the workers see them
        under the same path. talweg must be installed there.
    tell : callable, optional
        ``tell(done, of)``, after every part.

    Returns
    -------
    Moments
        As `talweg.regression.squares.moments.gather_moments` would: within rounding, since it
        merges in another order.

    Raises
    ------
    TableError
        If a part can't be read: what the first that failed says, and where.
    ConnectionError
        If there is no scheduler, or no worker.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample
       variance: analysis and recommendations", The American Statistician 37 (1983), 242-247.

    Examples
    --------
    >>> from talweg.regression.squares.least_squares import least_squares
    >>> def fit(rows):  # with `dask scheduler` and `dask worker tcp://host:8786` running
    ...     return least_squares(rows, moments=gather_moments_on("tcp://host:8786", rows))
    """
    from talweg.regression.squares.moments import Moments, gather_moments

    moments: Moments = reduce_parts(
        client, gather_moments, rows.parts(), merge=Moments.merge, tell=tell
    )
    return moments


def gather_factor_on(
    client: Any,
    rows: Rows,
    centre: np.ndarray,
    scale: np.ndarray,
    *,
    tell: Tell | None = None,
) -> np.ndarray:
    """Reduce a table to a triangular factor on a cluster: TSQR, one task for each of its parts.

    Parameters
    ----------
    client : distributed.Client or str
        A client, or the address of a scheduler.
    rows : Rows
        The table, as `gather_moments_on` takes it.
    centre, scale : (d + 1,) float64 ndarray
        As `talweg.regression.squares.triangular.gather_factor` takes them.
    tell : callable, optional
        ``tell(done, of)``, after every part.

    Returns
    -------
    (k, d + 1) float64 ndarray
        Upper triangular, k the smaller of d + 1 and the number of rows; the signs of its rows
        are arbitrary, but the same in every run.

    Raises
    ------
    TableError, ConnectionError
        As `gather_moments_on` raises them.

    Examples
    --------
    >>> def residual_norm(client, rows):
    ...     width = len(rows.names) + 1
    ...     factor = gather_factor_on(client, rows, np.zeros(width), np.ones(width))
    ...     return abs(factor[-1, -1])
    """
    from talweg.regression.squares.triangular import gather_factor, merge_factors

    factor: np.ndarray = reduce_parts(
        client, gather_factor, rows.parts(), centre, scale, merge=merge_factors, tell=tell
    )
    return factor


def sum_over_parts(
    client: Any,
    function: Callable[..., tuple[Any, ...]],
    parts: Sequence[Any],
    *args: Any,
    tell: Tell | None = None,
) -> tuple[Any, ...]:
    """Sum what a function returns for each part: a loss and its gradient, say.

    Parameters
    ----------
    client : distributed.Client or str
        A client, or the address of a scheduler. Where many sums follow one another, open the
        client once: `connected` does.
    function : callable
        ``function(part, *args)`` returns a tuple of numbers and arrays, the same shapes for
        every part.
    parts : sequence
        What ``rows.parts()`` returned.
    *args
        Given to `function` as they are, such as the coefficients.
    tell : callable, optional
        ``tell(done, of)``, after every part.

    Returns
    -------
    tuple
        The sums, added up as a tree of a fixed shape.

    Raises
    ------
    TableError, ConnectionError
        As `gather_moments_on` raises them.

    Examples
    --------
    >>> def squares(part, slope):
    ...     blocks = list(part.blocks())
    ...     residuals = [block.target - slope * block.columns[0] for block in blocks]
    ...     return (sum(r @ r for r in residuals),)
    >>> def loss(client, rows, slope):
    ...     return sum_over_parts(client, squares, rows.parts(), slope)
    """
    sums: tuple[Any, ...] = reduce_parts(client, function, parts, *args, merge=_add, tell=tell)
    return sums


def reduce_parts(
    client: Any,
    function: Callable[..., Any],
    parts: Sequence[Any],
    *args: Any,
    merge: Callable[[Any, Any], Any],
    tell: Tell | None = None,
) -> Any:
    """Call a function on every part, and merge what it returns, two by two, as a tree.

    Parameters
    ----------
    client : distributed.Client or str
        A client, or the address of a scheduler.
    function : callable
        ``function(part, *args)``. It may be called more than once for a part: if the worker
        that did it dies, or if it raises.
    parts : sequence
        At least one.
    *args
        Given to `function` as they are.
    merge : callable
        ``merge(a, b)`` of two results is one that stands for both. It need not be associative
        to the last bit: the same merges are made in every run.
    tell : callable, optional
        ``tell(done, of)``, after every part.

    Returns
    -------
    object
        What one call of `function` on all the parts together would return.

    Raises
    ------
    ValueError
        If there are no parts.
    TableError, ConnectionError
        As `gather_moments_on` raises them.

    Examples
    --------
    >>> from talweg.regression.squares.moments import gather_moments
    >>> def most_rows(client, rows):
    ...     return reduce_parts(client, gather_moments, rows.parts(), merge=np.maximum)
    """
    if not parts:
        raise ValueError("there are no parts to work on: the table is empty")
    with connected(client) as open_client:
        futures = open_client.map(
            _work, parts, function=function, args=args, pure=False, retries=RETRIES
        )
        root = _tree(open_client, futures, merge)
        pending = {future: index for index, future in enumerate(futures)}
        pending.setdefault(root, len(parts))
        del futures  # what is merged already needn't be kept anywhere
        try:
            _watch(open_client, pending, parts, tell)
            return root.result()
        finally:
            # Let go, whether it went well or was interrupted: what nobody waits for isn't begun.
            for future in (*pending, root):
                future.release()


def _work(part: Any, *, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call the function on one part; runs on a worker."""
    try:
        return function(part, *args)
    except Exception as error:
        # Alone, the error can be sent: what caused it may not be picklable, or be itself.
        raise error from None


def _tree(client: Any, level: Sequence[Any], merge: Callable[[Any, Any], Any]) -> Any:
    """Submit the merges, neighbours with neighbours, until one future is left."""
    while len(level) > 1:
        groups = [level[k : k + FAN_IN] for k in range(0, len(level), FAN_IN)]
        level = [
            client.submit(_merge, merge, group, pure=False, retries=RETRIES, priority=1)
            for group in groups
        ]
    return level[0]


def _merge(merge: Callable[[Any, Any], Any], results: Sequence[Any]) -> Any:
    """Merge a few results from left to right; runs on a worker."""
    merged = results[0]
    for result in results[1:]:
        merged = merge(merged, result)
    return merged


def _add(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _watch(client: Any, pending: dict[Any, int], parts: Sequence[Any], tell: Tell | None) -> None:
    """Wait for the parts, telling of each, and for their merge; raise what one of them raised.

    A worker that dies is none of our business: the scheduler hands its parts to another.
    """
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for future in pending:
        future.add_done_callback(ended.put)
    alone = done = 0
    while pending:
        try:
            future = ended.get(timeout=PATIENCE)
        except queue.Empty:
            alone = 0 if has_workers(client) else alone + 1
            if alone >= 3:  # a worker that was killed is started anew within seconds
                words = left(client, len(parts) - done, "has lost all its workers")
                raise ConnectionError(words) from None
            continue
        if future.status == "error":
            raise explained(future.exception(), parts, pending[future])
        if future.status != "finished":
            raise ConnectionError(left(client, len(parts) - done, "went away"))
        if pending.pop(future) < len(parts):
            done += 1
            if tell is not None:
                tell(done, len(parts))
