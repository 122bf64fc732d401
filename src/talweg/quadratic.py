"""Tell a quadratic function by looking at its traced gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.extend import core

__all__ = ["has_constant_curvature"]

_PIECEWISE_CONSTANT = frozenset(
    "sign floor ceil round is_finite eq ne lt le gt ge argmax argmin sort top_k rem".split()
)
"""Operations whose derivative is zero, though what comes of them changes from point to point."""


def has_constant_curvature(gradient: Callable[[Any], Any], x: Any) -> bool:
    """Return whether the Hessian is sure not to depend on the point.

    The Hessian-vector product is traced, not computed: the answer is True when nothing that the
    product is made of was computed from the point, and the gradient, whose jumps it can't see, makes
    no decisions by the point. It may be False for a quadratic that is written in a roundabout way,
    never True for a function that isn't quadratic.

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

    if _decides(jax.make_jaxpr(gradient)(x).jaxpr, [True]):
        return False
    traced = jax.make_jaxpr(product)(x, x)
    (depends,) = _depends(traced.jaxpr, [True, False])
    return not depends


def _decides(jaxpr: Any, inputs: list[bool]) -> bool:
    """Return whether a piecewise constant is computed from those inputs that are marked."""
    met: set[str] = set()
    _depends(jaxpr, inputs, met)
    return not _PIECEWISE_CONSTANT.isdisjoint(met)


def _depends(jaxpr: Any, inputs: list[bool], met: set[str] | None = None) -> list[bool]:
    """Return which outputs are computed from those inputs that are marked.

    The names of the operations that they are computed by are added to `met`.
    """
    met = set() if met is None else met
    marked = {v for v, mark in zip(jaxpr.invars, inputs, strict=True) if mark}

    def is_marked(atom: Any) -> bool:
        return not isinstance(atom, core.Literal) and atom in marked

    for equation in jaxpr.eqns:
        marks = [is_marked(atom) for atom in equation.invars]
        inner = equation.params.get("jaxpr")
        if equation.primitive.name in ("jit", "pjit", "closed_call") and inner is not None:
            outputs = _depends(inner.jaxpr, marks, met)
        else:
            outputs = [any(marks)] * len(equation.outvars)
            met.update([equation.primitive.name] if any(marks) else [])
        marked.update(v for v, mark in zip(equation.outvars, outputs, strict=True) if mark)
    return [is_marked(atom) for atom in jaxpr.outvars]
