"""A descent whose compiled steps serve other numbers of unknowns too."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from talweg.descent import descend
from talweg.ending import Ending
from talweg.result import Result
from talweg.state import State

__all__ = ["follow", "padded_descent"]

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
Tell = Callable[[np.ndarray, State], Any]


def padded_descent(
    objective: Objective, start: np.ndarray, tell: Tell | None = None, *,
    lower: np.ndarray | None = None, **options: Any,
) -> Result:  # fmt: skip
    """Minimise a function that returns its value and its gradient.

    A step is compiled for each number of unknowns, which takes longer than a small descent. So
    unknowns that are held are added, up to the next power of two.

    Parameters
    ----------
    objective : callable
    start : (k,) ndarray
    tell : callable, optional
        ``tell(x, state)``, called with every iterate; anything true ends the descent.
    lower : (k,) ndarray, optional
        Lower bounds; -inf where there is none.
    **options
        Of `talweg.descend`.

    Returns
    -------
    Result
        Its `x` and `jac` have k components.

    Examples
    --------
    >>> import numpy as np
    >>> towards = np.array([1.0, 2.0, 3.0])
    >>> result = padded_descent(
    ...     lambda x: (float(np.sum((x - towards) ** 2)), 2 * (x - towards)), np.zeros(3), tol=1e-8)
    >>> np.round(result.x, 6)
    array([1., 2., 3.])
    """
    size = start.size
    added = np.zeros((1 << max(size - 1, 1).bit_length()) - size)

    def padded(v: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(v[:size])
        return value, np.append(gradient, added)

    stream = descend(
        padded, np.append(start, added), jac=True, fixed=np.arange(size + added.size) >= size,
        bounds=None if lower is None else (np.append(lower, added), np.inf),
        every=None if tell is None else 1, **options,
    )  # fmt: skip
    result = follow(stream, lambda state: tell is not None and tell(state.x[:size], state))
    result.x, result.jac = result.x[:size], result.jac[:size]
    return result


def follow(stream: Generator[State, Any, Ending], tell: Callable[[State], Any]) -> Result:
    """Descend to the end, telling of every iterate; anything true that is returned ends it."""
    stop = None
    while True:
        try:
            stop = tell(stream.send(stop))
        except StopIteration as end:
            return Result.of(end.value)
