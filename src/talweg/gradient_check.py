"""Check a gradient against one that was found independently."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

import talweg.objective
from talweg.differences import Probe
from talweg.gradient_comparison import Comparison
from talweg.gradient_report import GradientCheck
from talweg.structure import Structure, read_start

__all__ = ["check_gradient"]

_DIRECTIONS = 4  # random ones, across the coordinates that aren't checked one by one


def check_gradient(
    fun: Callable[..., Any],
    x: Any,
    *args: Any,
    gradient: Callable[..., Any] | bool | None = None,
    coordinates: Any = 200,
    tolerance: float | None = None,
    rng: Any = 0,
) -> GradientCheck:
    r"""Check a gradient, talweg's or your own, against slopes found without differentiating.

    Each coordinate's derivative is held against the complex step
    :math:`\operatorname{Im} f(x + i t e_j) / t` where `fun` takes complex numbers and the
    differences confirm it, else against central differences, whose own error is estimated and
    allowed for.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``.
    x : array_like or nest of dicts, lists and tuples of array_like
        Where: real floating-point numbers. Everything is computed in float64, in float32 too
        where `fun` itself rounds to it: a wrong formula is looked for, not rounding.
    *args
        Passed on to `fun`, and to `gradient`.
    gradient : callable or True, optional
        The gradient you wrote: ``gradient(x, *args)``, in the structure of `x`; True where `fun`
        returns ``(value, gradient)``. By default the automatic one.
    coordinates : int or array_like of int, default 200
        How many coordinates to check: where there are more, that many at random, and 4 random
        directions across all the others; if those disagree, halving finds one that does. Or which
        ones, by their index in the flattened `x`.
    tolerance : float, default 1e-6 (1e-3 where fun's value comes in float32)
        Largest relative error of a coordinate, beyond what rounding and the differences' own
        error explain.
    rng : None, int or numpy.random.Generator, default 0
        Picks coordinates and directions.

    Returns
    -------
    GradientCheck
        True in a condition if the gradient is right; printed, it names the coordinates that
        disagree. At a kink, where the slopes from either side differ, any number from one to the
        other is right, and the kink is named.

    Raises
    ------
    TypeError
        If `x` isn't made of floating-point numbers, `fun` or `gradient` can't be called, `fun`
        can't be differentiated, or returns no pair where `gradient` is True.
    ValueError
        If the value at `x` is not one finite number, the gradient has not the shape of `x`, or
        an option can't be used.

    See Also
    --------
    gradient : The automatic gradient.

    Notes
    -----
    Takes four evaluations a coordinate, more where the first step is too long or too short.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> def fun(x):
    ...     return np.sum(x**3)
    >>> bool(talweg.check_gradient(fun, [1.0, 2.0, 3.0]))
    True
    >>> talweg.check_gradient(fun, [1.0, 2.0, 3.0], gradient=lambda x: 3 * x**2 + (x > 2))
    The gradient disagrees at 1 of 3 coordinates (complex step, tolerance 1e-06).
    <BLANKLINE>
    coordinate  gradient  expected  relative error
    x0[2]             28        27           0.036
    """
    if not callable(fun):
        raise TypeError(f"the objective must be callable, not {type(fun).__name__}")
    structure, start = read_start(x)
    structure = dataclasses.replace(structure, dtype="float64")
    start = start.astype(np.float64)
    generator = np.random.default_rng(rng)
    chosen, everything = _read_coordinates(coordinates, structure, generator)
    value = (lambda *inputs: fun(*inputs)[0]) if gradient is True else fun
    given = _given(fun, gradient, structure, start, args)
    probe = Probe(value, structure, start, args)
    if tolerance is None:
        tolerance = 1e-6 if probe.eps < 1e-12 else 1e-3
    if not (isinstance(tolerance, (int, float)) and 0.0 < tolerance < 1.0):
        raise ValueError(f"tolerance is {tolerance!r}: it must be a number between 0 and 1")
    comparison = Comparison(probe, given, structure, float(tolerance))
    comparison.add_coordinates(chosen)
    if not everything:
        comparison.add_directions(_DIRECTIONS, generator)
    return comparison.report()


def _read_coordinates(
    coordinates: Any, structure: Structure, generator: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return the flat indices to check, and whether nothing else was asked for."""
    size = structure.size
    if isinstance(coordinates, (int, np.integer)) and not isinstance(coordinates, bool):
        if coordinates < 1:
            raise ValueError(f"coordinates is {coordinates}: check at least 1")
        if size <= coordinates:
            return np.arange(size), True
        return np.sort(generator.choice(size, int(coordinates), replace=False)), False
    indices = np.asarray(coordinates)
    if indices.ndim != 1 or not indices.size or indices.dtype.kind not in "iu":
        raise TypeError(
            f"coordinates is {coordinates!r}: it must be a whole number (how many to check) or a "
            "list of them (the indices in the flattened x)"
        )
    outside = indices[(indices < 0) | (indices >= size)]
    if outside.size:
        raise ValueError(
            f"coordinates names the index {outside[0]}; those of the flattened x are 0 to "
            f"{size - 1}"
        )
    return np.unique(indices), True


def _given(
    fun: Callable[..., Any], gradient: Any, structure: Structure, start: np.ndarray, args: Any
) -> np.ndarray:
    """Return the gradient to check, flat."""
    point = structure.to_user(start.copy())
    if gradient is None:
        with np.errstate(all="ignore"):  # what isn't finite is named
            return _flatten(talweg.objective.gradient(fun, point, *args), structure)
    with talweg.objective.precision(np.float64), np.errstate(all="ignore"):
        if gradient is True:
            pair = fun(point, *args)
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(
                    "with gradient=True the objective must return its value and its gradient, not "
                    f"a {type(pair).__name__}"
                )
            return _flatten(pair[1], structure)
        if not callable(gradient):
            raise TypeError(f"gradient must be callable, not {type(gradient).__name__}")
        return _flatten(gradient(point, *args), structure)


def _flatten(gradient: Any, structure: Structure) -> np.ndarray:
    """Flatten a gradient of exactly the structure and the shapes of x."""
    try:
        leaves = [np.asarray(leaf) for leaf in structure.tree.flatten_up_to(gradient)]
    except ValueError as error:
        raise ValueError(f"the gradient has not the structure of x: {error}") from error
    for name, leaf, shape in zip(structure.names, leaves, structure.shapes, strict=True):
        if leaf.shape != shape:
            raise ValueError(
                f"the gradient{name} has the shape {leaf.shape}, where x{name} has {shape}"
            )
        if leaf.dtype.kind not in "fiu":
            raise TypeError(f"the gradient{name} has the type {leaf.dtype}, not a real one")
    return np.concatenate([leaf.ravel() for leaf in leaves], dtype=np.float64)
