"""A function whose gradient the user has written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.structure import Structure, is_row

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
        If `jac` is neither; from `evaluate`, if `fun` doesn't return a pair where it should, or
        the gradient isn't made of real numbers.
    ValueError
        From `evaluate`, if the gradient hasn't the shape of x.
    """
    if jac is not True and not callable(jac):
        raise TypeError(f"jac is {jac!r}: it must be callable, True or None")

    def evaluate(vector: Any) -> tuple[Any, Any]:
        def x() -> Any:  # a copy for each, in case that one is written into
            return structure.to_user(np.array(vector))

        if jac is not True:
            return fun(x(), *args), _flat(jac(x(), *args), structure)
        both = fun(x(), *args)
        if not isinstance(both, (tuple, list)) or len(both) != 2:
            raise TypeError(
                f"with jac=True the objective must return its value and its gradient, not a "
                f"{type(both).__name__}"
            )
        return both[0], _flat(both[1], structure)

    return evaluate


def _flat(gradient: Any, structure: Structure) -> np.ndarray:
    if gradient is None:
        raise TypeError("jac returned None: the gradient must be made of real numbers")
    leaves, tree = jax.tree_util.tree_flatten(gradient)
    if tree != structure.tree:  # a list of numbers is an array, as in x0
        leaves, tree = jax.tree_util.tree_flatten(gradient, is_leaf=is_row)
    if structure.is_array:
        leaves, tree = [gradient], structure.tree
    try:
        arrays = [np.asarray(leaf) for leaf in leaves]
    except ValueError:
        raise TypeError("jac returned rows of different lengths, which make no array") from None
    if any(np.iscomplexobj(array) for array in arrays):
        raise TypeError("jac returned complex numbers: the gradient must be made of real ones")
    shapes = tuple(array.shape for array in arrays)
    if shapes != structure.shapes:
        raise ValueError(
            f"jac returned a gradient of shape {_listed(shapes)}, but x0 has "
            f"{_listed(structure.shapes)}"
        )
    nest = jax.tree_util.tree_unflatten(tree, arrays)
    return structure.ravel(nest, "the gradient", structure.dtype)


def _listed(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(map(str, shapes))
