"""Tell a quadratic function by looking at its traced gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

__all__ = ["has_constant_curvature"]

_JUMPING = frozenset(("sign", "floor", "ceil", "round", "sort", "rem"))
"""Operations whose derivative doesn't show how what comes of them changes from point to point."""


def has_constant_curvature(gradient: Callable[[Any], Any], x: Any) -> bool:
    """Return whether the Hessian is sure not to depend on the point.

    The Hessian-vector product is traced, not computed: the answer is True when nothing that the
    product is made of was computed from the point, and the gradient, whose jumps the product can't
    see, has none. It may be False for a quadratic that is written in a roundabout way, never True
    for a function that isn't quadratic.

    Examples
    --------
    >>> import jax
    >>> import numpy as np
    >>> has_constant_curvature(jax.grad(lambda x: (x**2).sum() + x[0]), np.ones(3))
    True
    >>> has_constant_curvature(jax.grad(lambda x: (x**3).sum()), np.ones(3))
    False
    >>> has_constant_curvature(jax.grad(lambda x: abs(x).sum()), np.ones(3))
    False
    """

    def product(point: Any, direction: Any) -> Any:
        return jax.jvp(gradient, (point,), (direction,))[1]

    jumps: list[bool] = []
    _depends(jax.make_jaxpr(gradient)(x).jaxpr, [True], jumps)
    if any(jumps):
        return False
    traced = jax.make_jaxpr(product)(x, x)
    (depends,) = _depends(traced.jaxpr, [True, False], [])
    return not depends


def _depends(jaxpr: Any, inputs: list[bool], jumps: list[bool]) -> list[bool]:
    """Return which outputs are computed from those inputs that are marked.

    Of every operation that takes part in it, `jumps` is told whether it may jump: so may all that
    make whole numbers or decisions.
    """
    marked = {v for v, mark in zip(jaxpr.invars, inputs, strict=True) if mark}

    def is_marked(atom: Any) -> bool:
        return not isinstance(atom, core.Literal) and atom in marked

    for equation in jaxpr.eqns:
        marks = [is_marked(atom) for atom in equation.invars]
        inner = equation.params.get("jaxpr")
        if equation.primitive.name in ("jit", "pjit", "closed_call") and inner is not None:
            outputs = _depends(inner.jaxpr, marks, jumps)
        else:
            outputs = [any(marks)] * len(equation.outvars)
            smooth = all(jnp.issubdtype(v.aval.dtype, np.inexact) for v in equation.outvars)
            jumps.append(any(marks) and (not smooth or equation.primitive.name in _JUMPING))
        marked.update(v for v, mark in zip(equation.outvars, outputs, strict=True) if mark)
    return [is_marked(atom) for atom in jaxpr.outvars]
