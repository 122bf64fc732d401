"""How a descent is compiled: what its function is made of decides where it runs, and how fast.

XLA takes more than a second over a descent for two coordinates with its default options, most of
it on optimisations that pay only where arrays are large. And it runs convolutions of several
channels in single precision four times slower inside a compiled loop than outside (measured with
jaxlib 0.10 on two cores, 256 x 256 pixels, 8 channels), though other functions run faster inside.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from talweg.single_kernel import as_single_kernel, fits_single_kernel

__all__ = ["Outline", "compile_for", "largest_array", "outline", "prefers_python_loop"]

_UNFUSED = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
_OPTIONS: tuple[tuple[float, dict[str, Any]], ...] = (
    (64, {**_UNFUSED, "xla_backend_optimization_level": 0}),
    (8192, {**_UNFUSED, "xla_backend_optimization_level": 1}),
    (np.inf, {}),
)
"""Size of the largest array -> options of the XLA compiler."""

_SINGLE = {"xla_cpu_experimental_ynn_fusion_type": ""}
"""What a single kernel needs besides: no calls of libraries."""

_MOST_EQUATIONS = 1000
"""Of a function in a single kernel: the compiler takes twice as long over 2,500 in one."""


def compile_for(
    largest: int, function: Callable[..., Any], *static: str, single: bool = False
) -> Callable[..., Any]:
    """Return `function` compiled by JAX, quickly where its largest array is small.

    Parameters
    ----------
    largest : int
        Number of elements of the largest array in it.
    function : callable
    *static : str
        Names of the arguments that are constants of what is compiled.
    single : bool, default False
        Whether it fits into a single kernel, which it then becomes where it is small.

    Returns
    -------
    callable
        The same one for the same arguments.
    """
    options = next(options for size, options in _OPTIONS if largest <= size)
    return _compiled(function, static, tuple(options.items()), single and bool(options))


@functools.cache
def _compiled(
    function: Callable[..., Any], static: tuple[str, ...], options: tuple[Any, ...], single: bool
) -> Callable[..., Any]:
    compiled = jax.jit(
        function, static_argnames=static,
        compiler_options=dict(options) if options and _accepted(options) else None,
    )  # fmt: skip
    options += tuple(_SINGLE.items())
    if not single or not _accepted(options, single=True):
        return compiled
    whole = jax.jit(
        as_single_kernel(function, *static), static_argnames=static, compiler_options=dict(options)
    )

    def either(*arguments: Any) -> Any:
        try:
            return whole(*arguments)[0]
        except jax.errors.JaxRuntimeError as error:
            if "UNIMPLEMENTED" not in str(error):
                raise
        return compiled(*arguments)

    return either


@functools.cache
def _accepted(options: tuple[Any, ...], single: bool = False) -> bool:
    """Return whether this compiler knows the options: they are not part of JAX's promises."""
    if jax.default_backend() != "cpu":
        return False

    def double(x: Any) -> Any:
        return jax.lax.while_loop(lambda y: y < 9.0, lambda y: y + y, x)

    function = as_single_kernel(double) if single else double
    try:
        jax.jit(function, compiler_options=dict(options)).lower(1.0).compile()
    except Exception:
        return False
    return True


class Outline(NamedTuple):
    """What there is to know of a traced function before it is compiled.

    Attributes
    ----------
    captures_arrays : bool
        Whether it has arrays of its own, besides its arguments.
    largest : int
        Number of elements of its largest array.
    operations : float
        About how many numbers it computes; infinity where it loops.
    in_loop : bool
        Whether it is fast inside a compiled loop.
    single : bool
        Whether it fits into a single kernel, and isn't so long that it had better not.
    """

    captures_arrays: bool
    largest: int
    operations: float
    in_loop: bool
    single: bool


_outlines: weakref.WeakKeyDictionary[Any, Outline] = weakref.WeakKeyDictionary()


def outline(closed: Any) -> Outline:
    """Return the outline of a traced function, looked at once for as long as JAX keeps it."""
    found = _outlines.get(closed)
    if found is None:
        jaxpr = closed.jaxpr
        found = _outlines[closed] = Outline(
            _captures_arrays(closed), largest_array(jaxpr), _operations(jaxpr),
            not prefers_python_loop(jaxpr),
            sum(1 for _ in _equations(jaxpr)) <= _MOST_EQUATIONS and fits_single_kernel(jaxpr),
        )  # fmt: skip
    return found


def _captures_arrays(closed: Any) -> bool:
    return bool(closed.consts) or any(
        isinstance(atom, core.Literal) and np.ndim(atom.val) > 0
        for equation in _equations(closed.jaxpr)
        for atom in equation.invars
    )


def largest_array(jaxpr: Any) -> int:
    """Return the number of elements of the largest array in a traced function."""
    made = [variable for equation in _equations(jaxpr) for variable in equation.outvars]
    variables = [*jaxpr.invars, *jaxpr.constvars, *made]
    return max((getattr(variable.aval, "size", 0) for variable in variables), default=0)


def _operations(jaxpr: Any) -> float:
    count = 0.0
    for equation in _equations(jaxpr):
        if equation.primitive.name in ("while", "scan"):
            return np.inf
        inner = 1
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            inner = int(np.prod([equation.invars[0].aval.shape[axis] for axis in contracted]))
        count += inner * sum(getattr(variable.aval, "size", 0) for variable in equation.outvars)
    return count


def prefers_python_loop(jaxpr: Any) -> bool:
    """Return whether a traced function is faster called from Python than in a compiled loop.

    So it is where it convolves, in single precision, images of more than one channel.
    """
    for equation in _equations(jaxpr):
        if equation.primitive.name == "conv_general_dilated":
            kernel, numbers = equation.invars[1].aval, equation.params["dimension_numbers"]
            channels = [kernel.shape[axis] for axis in numbers.rhs_spec[:2]]
            if kernel.dtype == np.float32 and max(channels) > 1:
                return True
    return False


def _equations(jaxpr: Any) -> Iterator[Any]:
    """Yield the equations of a traced function, those of the functions that it calls too."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in core.jaxprs_in_params(equation.params):
            yield from _equations(inner)
