"""A function whose gradient the user has written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.structure import Structure

__all__ = ["evaluator"]


def evaluator(
    fun: Callable[..., Any], jac: Any, structure: Structure, args: tuple[Any, ...]
) -> Callable[[Any], tuple[Any, Any]]:
    """Return ``evaluate(vector) -> (value, gradient)``.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``: the value, or where `jac` is True, the value and the gradient.
    jac : True or callable
        ``jac(x, *args)``: the gradient, in the structure of x.

    Raises
    ------
    TypeError
        If `jac` is neither; from `evaluate`, if `fun` doesn't return a pair where it should.
    ValueError
        From `evaluate`, if the gradient hasn't the shape of x.
    """
    if jac is not True and not callable(jac):
        raise TypeError(f"jac is {jac!r}: it must be callable, True or None")

    def evaluate(vector: Any) -> tuple[Any, Any]:
        x = structure.to_user(np.array(vector))
        if jac is not True:
            return fun(x, *args), _flat(jac(x, *args), structure)
        both = fun(x, *args)
        if not isinstance(both, (tuple, list)) or len(both) != 2:
            raise TypeError(
                f"with jac=True the objective must return its value and its gradient, not a "
                f"{type(both).__name__}"
            )
        return both[0], _flat(both[1], structure)

    return evaluate


def _flat(gradient: Any, structure: Structure) -> np.ndarray:
    leaves = [gradient] if structure.is_array else jax.tree_util.tree_leaves(gradient)
    shapes = tuple(np.shape(leaf) for leaf in leaves)
    if shapes != structure.shapes:
        raise ValueError(
            f"jac returned a gradient of shape {_listed(shapes)}, but x0 has "
            f"{_listed(structure.shapes)}"
        )
    return structure.ravel(gradient, "the gradient", structure.dtype)


def _listed(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(map(str, shapes))
