"""A function of a point and of a batch of data, another one at every evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np

from talweg.objective import Objective, read_objective
from talweg.structure import Structure

__all__ = ["Exhausted", "read_batched_objective"]


class Exhausted(Exception):  # noqa: N818
    """There is no batch left."""


def read_batched_objective(
    fun: Callable[..., Any], batches: Iterable[Any], structure: Structure, start: np.ndarray,
    args: Any,
) -> Objective:  # fmt: skip
    """Read ``fun(x, batch, *args)`` with the batches that it is to be told one by one.

    Raises
    ------
    TypeError
        If `batches` can't be iterated over; and as `read_objective`.
    ValueError
        If there is no batch at all.
    """
    if not isinstance(batches, Iterable) or isinstance(batches, (str, bytes, dict)):
        raise TypeError(
            f"batches is a {type(batches).__name__}: it must be an iterable of batches, one for "
            "each evaluation"
        )
    args = args if isinstance(args, tuple) else (args,)
    stream: Iterator[Any] = map(_as_arrays, batches)
    try:
        first = next(stream)
    except StopIteration:
        raise ValueError("batches is empty: there is nothing to evaluate") from None
    objective = read_objective(fun, structure, start, (first, *args))
    stream = itertools.chain([first], stream)
    last = objective

    def evaluate(vector: Any) -> tuple[Any, Any]:
        nonlocal last
        try:
            last = objective.with_args((next(stream), *args))
        except StopIteration:
            raise Exhausted from None
        return last.evaluate(vector)

    def evaluate_again(vector: Any) -> tuple[Any, Any]:
        return last.evaluate(vector)

    return Objective(
        structure, None, (), evaluate, evaluate_again, objective.with_args,
        objective.largest,
    )  # fmt: skip


def _as_arrays(batch: Any) -> Any:
    """Turn numbers and foreign arrays into NumPy's, so that they are data and not constants."""

    def convert(leaf: Any) -> Any:
        is_data = isinstance(leaf, (bool, int, float)) or hasattr(leaf, "__array__")
        return np.asarray(leaf) if is_data and not isinstance(leaf, jax.Array) else leaf

    return jax.tree_util.tree_map(convert, batch)
