r"""Descent by mini-batches, averaged: a good start for the descent by passes.

In whitened coordinates all directions curve alike, and a step that suits a batch of B rows in r
directions is about :math:`1 / (1 + r / B)`. The sizes fall with the root of the number of steps,
and the iterates of the second half are averaged [1]_. What that leaves of the error is as large as
the spread of the rows themselves makes it, so passes over all rows finish the work, from nearby.

References
----------
.. [1] B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging",
   SIAM Journal on Control and Optimization 30 (1992), 838-855.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from talweg.descent import descend
from talweg.regression.linear.coordinates import Coordinates
from talweg.regression.losses import Loss
from talweg.regression.padded_descent import follow
from talweg.regression.rows import Rows

__all__ = ["averaged_descent"]

_HELD = 32  # batches among which rows are shuffled
_HALVED = 100.0  # steps after which the size has begun to fall


def averaged_descent(
    rows: Rows, loss: Loss, coordinates: Coordinates, start: np.ndarray, *,
    batch: int, epochs: int, count: int, weight: float, l2: float, seed: int,
    tell: Callable[[np.ndarray, Any], bool] | None = None,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Descend by batches, and return the average of the second half of the iterates.

    Parameters
    ----------
    rows : Rows
    loss : Loss
    coordinates : Coordinates
        Whitened ones.
    start : ndarray
        In those coordinates.
    batch : int
        Rows at a step.
    epochs : int
        Passes over the rows.
    count : int
        Number of rows.
    weight : float
        Sum of their weights.
    l2 : float
    seed : int
        Of the order of the rows.
    tell : callable, optional
        Told each iterate and state; True ends the descent.

    Returns
    -------
    average : ndarray
    steps : int
    """
    steps = max(epochs * (count // batch), 1)
    first = 0.5 / (1.0 + coordinates.size / batch)
    args = (coordinates.turn, coordinates.mean, coordinates.level, l2, count / weight)
    stream = descend(
        _batch_loss(loss), start, args, method="gradient", max_iter=steps,
        step=lambda k: first / (1.0 + k / _HALVED) ** 0.5,
        batches=_batches(rows, batch, epochs, seed),
    )  # fmt: skip
    total, taken = np.zeros_like(start), 0

    def add(state: Any) -> bool:
        nonlocal total, taken
        if state.iteration > steps // 2 or steps < 4:
            total, taken = total + state.x, taken + 1
        return tell is not None and tell(state.x, state)

    follow(stream, add)
    return (total / taken if taken else np.array(start)), steps


def _batch_loss(loss: Loss) -> Callable[..., Any]:
    def mean_loss(u: Any, data: Any, turn: Any, mean: Any, level: Any, l2: Any, scale: Any) -> Any:
        columns, y, weight = data
        rank = turn.shape[1]
        b = turn @ u[:rank]
        predictor = (columns - mean[:, None]).T @ b
        if u.size > rank:
            predictor = predictor + level * u[rank]
        return scale * jnp.mean(weight * loss.per_row(predictor, y)) + 0.5 * l2 * b @ b

    return mean_loss


def _batches(rows: Rows, size: int, epochs: int, seed: int) -> Iterator[tuple[Any, ...]]:
    """Hand out batches of equal size, of rows shuffled among those near them in the table.

    What doesn't fill a batch at the end of a pass begins the next one's first.
    """
    random = np.random.default_rng(seed)
    held: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    number = 0
    for _ in range(epochs):
        for block in rows.blocks():
            weight = np.ones(block.count) if block.weight is None else np.array(block.weight)
            held.append((np.array(block.columns), np.array(block.target), weight))
            number += block.count
            if number >= _HELD * size:
                held, number = yield from _shuffled(held, size, random)
        held, number = yield from _shuffled(held, size, random)


def _shuffled(held: Any, size: int, random: np.random.Generator) -> Any:
    """Hand out all full batches of what is held, and return the rest."""
    columns, y, weight = (np.concatenate(part, axis=-1) for part in zip(*held, strict=True))
    order = random.permutation(y.size)
    full = y.size - y.size % size
    for first in range(0, full, size):
        chosen = order[first : first + size]
        yield columns[:, chosen], y[chosen], weight[chosen]
    rest = order[full:]
    return [(columns[:, rest], y[rest], weight[rest])], rest.size
