"""How a descent is compiled: what its function is made of decides where it runs, and how fast.

XLA takes more than a second over a descent for two coordinates with its default options, most of
it on optimisations that pay only where arrays are large. And it runs convolutions of several
channels in single precision four times slower inside a compiled loop than outside (measured with
jaxlib 0.10 on two cores, 256 x 256 pixels, 8 channels), though other functions run faster inside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax.extend import core

__all__ = ["captures_arrays", "compile_for", "largest_array", "operations", "prefers_python_loop"]

_UNFUSED = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
_OPTIONS: tuple[tuple[float, dict[str, Any] | None], ...] = (
    (64, {**_UNFUSED, "xla_backend_optimization_level": 0}),
    (8192, {**_UNFUSED, "xla_backend_optimization_level": 1}),
    (np.inf, None),
)
"""Size of the largest array -> options of the XLA compiler."""


def compile_for(largest: int, function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """Return `function` compiled by JAX, quickly where its largest array is small.

    Parameters
    ----------
    largest : int
        Number of elements of the largest array in it.
    function : callable
    *static : str
        Names of the arguments that are constants of what is compiled.

    Returns
    -------
    callable
        The same one for the same arguments.
    """
    options = next(options for size, options in _OPTIONS if largest <= size)
    if options is not None and not _accepted(tuple(options.items())):
        options = None
    return _compiled(function, static, None if options is None else tuple(options.items()))


@functools.cache
def _compiled(
    function: Callable[..., Any], static: tuple[str, ...], options: tuple[Any, ...] | None
) -> Callable[..., Any]:
    return jax.jit(
        function,
        static_argnames=static,
        compiler_options=None if options is None else dict(options),
    )


@functools.cache
def _accepted(options: tuple[Any, ...]) -> bool:
    """Return whether this compiler knows the options: they are not part of JAX's promises."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(lambda: 0, compiler_options=dict(options)).lower().compile()
    except Exception:
        return False
    return True


def captures_arrays(closed: Any) -> bool:
    """Return whether a traced function has arrays of its own, besides its arguments."""
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


def operations(jaxpr: Any) -> float:
    """Return about how many numbers a traced function computes; infinity where it loops."""
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
