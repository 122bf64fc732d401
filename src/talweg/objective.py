"""A user's function (JAX, NumPy or autograd) as value and gradient of one flat vector."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Hashable
from typing import Any

import jax
import numpy as np

from talweg import given_gradient
from talweg.captured import signature
from talweg.compilation import Outline, outline
from talweg.differentiation import (
    NUMERIC,
    NotScalar,
    check_number,
    differentiated,
    forget_differentiated,
)
from talweg.quadratic import has_constant_curvature
from talweg.structure import Structure, read_start

__all__ = ["Objective", "gradient", "precision", "read_objective"]


def precision(dtype: Any) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which JAX computes in `dtype`: float32 or float64."""
    context: contextlib.AbstractContextManager[Any] = jax.enable_x64(np.dtype(dtype) == np.float64)
    return context


@dataclasses.dataclass(frozen=True)
class Objective:
    """Value and gradient of a function of one flat vector.

    Attributes
    ----------
    structure : Structure
        How the vector is cut into what the user's function takes.
    compiled : callable or None
        ``compiled(vector, arguments) -> (value, gradient)``, which JAX can compile into a larger
        program; None where Python has to evaluate the function.
    arguments : tuple
        The numbers and arrays among the user's `args`, for `compiled`.
    evaluate : callable
        ``evaluate(vector) -> (value, gradient)``, called from Python. To both of these,
        `talweg.second_derivatives` adds the second derivatives as a third result.
    evaluate_again : callable
        The same, with the data of the last call where every call has its own.
    with_args : callable
        ``with_args(args)``: the same objective with other arguments.
    largest : int
        Number of elements of the largest array in it, as far as is known.
    operations : float
        About how many numbers it computes.
    in_loop : bool
        Whether it is to be compiled into the loop of a descent: it can be, and is faster there.
    single : bool
        Whether that loop may be a single kernel.
    """

    structure: Structure
    compiled: Any
    arguments: tuple[Any, ...]
    evaluate: Callable[[Any], tuple[Any, ...]]
    evaluate_again: Callable[[Any], tuple[Any, ...]]
    with_args: Callable[[tuple[Any, ...]], Objective]
    largest: int = 0
    operations: float = np.inf
    in_loop: bool = False
    single: bool = False

    def is_quadratic(self) -> bool:
        """Return whether the function is sure to be quadratic: its curvature is constant."""
        if self.compiled is None:
            return False
        compiled = self.compiled
        start = np.zeros(self.structure.size, self.structure.dtype)
        with precision(self.structure.dtype):
            return has_constant_curvature(lambda x: compiled(x, self.arguments)[1], start)


def read_objective(
    fun: Callable[..., Any], structure: Structure, start: np.ndarray, args: Any, jac: Any = None
) -> Objective:
    """Find out how a function can be differentiated, where its gradient isn't given.

    JAX is tried first; a function that calls NumPy on its argument goes to autograd instead.

    Raises
    ------
    TypeError
        If `fun` isn't callable, or neither JAX nor autograd can differentiate it.
    ValueError
        If its value is not a single number.
    Exception
        Whatever `fun` itself raises when it is called with plain arrays.
    """
    if not callable(fun):
        raise TypeError(f"the objective must be callable, not {type(fun).__name__}")
    args = args if isinstance(args, tuple) else (args,)
    if jac is not None:
        return _with_gradient(fun, jac, structure, args)
    jax_errors = []
    numbers = any(isinstance(leaf, NUMERIC) for leaf in jax.tree_util.tree_leaves(args))
    for vary in (True, False) if numbers else (True,):  # numbers may steer the control flow
        try:
            objective, seen = _trace(
                _in_jax(fun, signature(fun), structure, vary, args), start, args
            )
        except NotScalar:
            raise
        except Exception as error:
            jax_errors.append(error)
        else:
            return dataclasses.replace(
                objective, largest=seen.largest, operations=seen.operations,
                in_loop=seen.in_loop, single=seen.single,
            )  # fmt: skip
    numpy_errors = []
    for proxy in (True, False):
        objective = _in_numpy(fun, structure, proxy, args)
        try:
            value, _ = objective.evaluate(start)
        except Exception as error:
            numpy_errors.append(error)
        else:
            check_number(value)
            return objective
    # A mistake in the function itself shows when it is called with plain arrays.
    fun(structure.to_user(start.copy()), *args)
    raise TypeError(
        f"the objective could not be differentiated. With autograd: {numpy_errors[0]}. With JAX: "
        f"{_first_line(jax_errors[0])}"
    ) from numpy_errors[0]


_captured_in: set[str] = set()
"""The precisions in which functions with arrays of their own have been traced."""


def _trace(
    objective: Objective, start: np.ndarray, args: tuple[Any, ...]
) -> tuple[Objective, Outline]:
    """Return the objective and its outline, its captured arrays in the precision asked for.

    JAX (0.10) keeps a captured NumPy array as it was first converted: one that was met in single
    precision would stay in it, silently, in double precision too.
    """
    dtype = objective.structure.dtype
    with precision(dtype):
        closed = objective.compiled.trace(start, objective.arguments).jaxpr
        seen = outline(closed)
        if seen.captures_arrays:
            if _captured_in - {dtype}:
                del closed  # it keeps the arrays as they were
                jax.clear_caches()
                forget_differentiated()
                _captured_in.clear()
                objective = objective.with_args(args)
                closed = objective.compiled.trace(start, objective.arguments).jaxpr
                seen = outline(closed)
            _captured_in.add(dtype)
    return objective, seen


def _in_jax(
    fun: Callable[..., Any], known_by: Hashable, structure: Structure, vary: bool,
    args: tuple[Any, ...],
) -> Objective:  # fmt: skip
    with precision(structure.dtype):
        compiled, arguments = differentiated(fun, known_by, structure, args, vary)
        arguments = jax.device_put(arguments)  # once, not at every chunk of the descent

    def evaluate(vector: Any) -> tuple[Any, Any]:
        with precision(structure.dtype):
            both: tuple[Any, Any] = compiled(vector, arguments)
        return both

    with_args = functools.partial(_in_jax, fun, known_by, structure, vary)
    return Objective(structure, compiled, arguments, evaluate, evaluate, with_args)


def _in_numpy(
    fun: Callable[..., Any], structure: Structure, proxy: bool, args: tuple[Any, ...]
) -> Objective:
    from talweg import numpy_tracing  # loads autograd, which most descents don't need

    def flat(vector: Any) -> Any:
        return fun(structure.unravel(vector), *args)

    evaluate = functools.partial(numpy_tracing.value_and_gradient, flat, proxy=proxy)
    with_args = functools.partial(_in_numpy, fun, structure, proxy)
    return Objective(structure, None, (), evaluate, evaluate, with_args)


def _with_gradient(
    fun: Callable[..., Any], jac: Any, structure: Structure, args: tuple[Any, ...]
) -> Objective:
    given = given_gradient.evaluator(fun, jac, structure, args)

    def evaluate(vector: Any) -> tuple[Any, Any]:
        value, slope = given(vector)
        check_number(value)
        return value, slope

    with_args = functools.partial(_with_gradient, fun, jac, structure)
    return Objective(structure, None, (), evaluate, evaluate, with_args)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def gradient(fun: Callable[..., Any], x: Any, *args: Any) -> Any:
    r"""Return the gradient :math:`\nabla f(x)` of a function.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    x : array_like or nest of dicts, lists and tuples of array_like
        Real floating-point numbers.
    *args
        Passed on to `fun`.

    Returns
    -------
    array or nest of arrays
        In the structure of `x`; float32 where all of `x` is, else float64.

    Raises
    ------
    TypeError
        If `x` isn't made of floating-point numbers, or `fun` can't be differentiated.
    ValueError
        If `x` isn't finite, or the value of `fun` is not a single number.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> talweg.gradient(lambda x: np.sum(np.diff(x) ** 2), [0.0, 1.0, 3.0])
    array([-2., -2.,  4.])
    """
    structure, start = read_start(x)
    objective = read_objective(fun, structure, start, args)
    _, slope = objective.evaluate(start)
    return structure.to_user(np.array(slope))
