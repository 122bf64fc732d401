"""A small loop compiled as one kernel, where XLA would run it as many.

On the CPU, XLA runs a program as a sequence of kernels, at about 50 nanoseconds each however
little there is to do (measured with jaxlib 0.10), and a turn of L-BFGS is about a hundred of them.
A call marked as small becomes one function of machine code, its loops and branches with it: 626
turns for a hundred unknowns then take 0.7 milliseconds instead of 3.8.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend import core

__all__ = ["as_single_kernel", "fits_single_kernel"]

_MARKS = {"xla_cpu_small_call": "true", "inlineable": "false"}

_ABLE = frozenset(
    (
        "abs", "acos", "acosh", "add", "add_any", "and", "argmax", "argmin", "asin", "asinh",
        "atan", "atan2", "atanh", "broadcast_in_dim", "cbrt", "ceil", "clamp", "concatenate",
        "convert_element_type", "copy", "cos", "cosh", "cumlogsumexp", "cummax", "cummin",
        "cumprod", "cumsum", "digamma", "div", "dynamic_slice", "dynamic_update_slice", "eq",
        "erf", "erf_inv", "erfc", "exp", "exp2", "expm1", "floor", "gather", "ge", "gt",
        "integer_pow", "iota", "is_finite", "le", "lgamma", "log", "log1p", "logistic", "lt",
        "max", "min", "mul", "ne", "neg", "not", "or", "pad", "polygamma", "pow", "reduce_and",
        "reduce_max", "reduce_min", "reduce_or", "reduce_prod", "reduce_sum", "rem", "reshape",
        "rev", "round", "rsqrt", "select_n", "sign", "sin", "sinh", "slice", "sqrt", "square",
        "squeeze", "stack", "stop_gradient", "sub", "tan", "tanh", "tile", "transpose", "xor",
        "cond", "custom_jvp_call", "custom_vjp_call", "jit", "platform_index", "remat2", "scan",
        "while",
    )
)  # fmt: skip
"""Operations that XLA can put into one kernel; each is tried in the tests."""

_MOST_MULTIPLICATIONS = 4096
"""Of two matrices: in 16 x 16 x 16 a kernel of its own is as fast, in 32 x 32 x 32 six times."""


def fits_single_kernel(jaxpr: Any) -> bool:
    """Return whether all operations of a traced function can, and should, be put into one kernel.

    Products of large matrices should not: XLA multiplies them faster in kernels of their own.
    Empty arguments, and keys of random numbers, have nothing that `_glance` could read.
    """
    if not all(_is_filled(variable.aval) for variable in jaxpr.invars):
        return False
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name == "dot_general":
            if _multiplications(equation) > _MOST_MULTIPLICATIONS and not _has_vector(equation):
                return False
        elif name not in _ABLE:
            return False
        if not all(map(fits_single_kernel, core.jaxprs_in_params(equation.params))):
            return False
    return True


def _is_filled(argument: Any) -> bool:
    numeric = jnp.issubdtype(argument.dtype, np.number) or argument.dtype == np.bool_
    return bool(numeric and argument.size > 0)


def _multiplications(product: Any) -> int:
    (contracted, _), _ = product.params["dimension_numbers"]
    shape = product.invars[0].aval.shape
    terms = math.prod(shape[axis] for axis in contracted)
    return int(product.outvars[0].aval.size * terms)


def _has_vector(product: Any) -> bool:
    """Return whether one side of a product has no axis that isn't summed over."""
    contracted, batch = product.params["dimension_numbers"]
    ranks = [variable.aval.ndim for variable in product.invars]
    return not any(map(len, batch)) and any(
        rank == len(axes) for rank, axes in zip(ranks, contracted, strict=True)
    )


def as_single_kernel(function: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """Return a function that, compiled by JAX for the CPU, is one kernel.

    It returns a pair: the results, and a number that has no meaning.

    Parameters
    ----------
    function : callable
        Of arrays, none of them empty, whose operations fit.
    *static : str
        Names of its arguments that are constants of what is compiled.

    Examples
    --------
    >>> import jax
    >>> power = as_single_kernel(lambda x: jax.lax.fori_loop(0, 3, lambda _, y: y * y, x))
    >>> result, _ = jax.jit(power)(2.0)
    >>> float(result)
    256.0
    """

    @functools.partial(jax.jit, static_argnames=static)
    @functools.wraps(function)
    def inner(*arguments: Any) -> Any:
        return function(*arguments), _glance(arguments)

    @functools.wraps(function)
    def whole(*arguments: Any) -> Any:
        # A mark on what a call returned is one on the call.
        return jax.tree_util.tree_map(
            lambda result: set_xla_metadata(result, **_MARKS), inner(*arguments)
        )

    return whole


def _glance(arguments: Any) -> Any:
    """Return a number that no array among the arguments can be left out of.

    XLA (jaxlib 0.10) aborts the process where a single kernel doesn't read one of its arguments.
    """
    arrays = [leaf for leaf in jax.tree_util.tree_leaves(arguments) if isinstance(leaf, jax.Array)]
    return sum(((array.ravel()[0] != 0).astype(jnp.int32) for array in arrays), jnp.int32(0))
