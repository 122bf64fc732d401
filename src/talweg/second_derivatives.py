"""An objective that tells its second derivatives too."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from talweg.hessian import Hessian
from talweg.objective import Objective, precision

__all__ = ["LARGEST", "steepness", "with_hessian"]

LARGEST = 1000
"""Unknowns up to which the matrix of all second derivatives is made."""


def with_hessian(objective: Objective) -> Objective:
    """Return an objective that gives value, gradient and Hessian.

    The Hessian is a derivative of the gradient where JAX can take it. Where it can't, autograd's or
    differences of gradients take its place, whose evaluations aren't counted.

    Raises
    ------
    ValueError
        If there are more unknowns than `LARGEST`.
    """
    size = objective.structure.size
    if size > LARGEST:
        raise ValueError(
            f"method 'newton' makes the matrix of all second derivatives, which is for at most "
            f"{LARGEST} unknowns, not {size}: take 'lbfgs'"
        )
    if objective.compiled is None:
        return dataclasses.replace(objective, evaluate=functools.partial(_evaluate, objective))
    return _replace(objective, _with_hessian(objective.compiled))


def steepness(objective: Objective) -> Objective:
    r"""Return the function that vanishes where the gradient does, :math:`\|\nabla f\|^2 / 2`.

    Its gradient is :math:`H \nabla f`. Told with :math:`H^2` as its Hessian, which it is at the
    critical points of f, Newton's step for it is the one for :math:`\nabla f = 0`.
    """
    if objective.compiled is None:
        evaluate = functools.partial(_evaluate_steepness, objective)
        return dataclasses.replace(
            objective, evaluate=evaluate, evaluate_again=lambda x: evaluate(x)[:2]
        )
    return _replace(objective, _steepness(objective.compiled))


def _replace(objective: Objective, compiled: Any) -> Objective:
    size = objective.structure.size

    def evaluate(vector: Any) -> Any:
        with precision(objective.structure.dtype):
            return compiled(vector, objective.arguments)

    return dataclasses.replace(
        objective, compiled=compiled, evaluate=evaluate,
        evaluate_again=lambda x: evaluate(x)[:2], largest=max(objective.largest * size, size**2),
        operations=objective.operations * size, single=False,
    )  # fmt: skip


@functools.lru_cache(maxsize=128)
def _with_hessian(compiled: Any) -> Any:
    def all_three(vector: Any, arguments: Any) -> tuple[Any, Any, Any]:
        def gradient(point: Any) -> tuple[Any, Any]:
            value, slope = compiled(point, arguments)
            return slope, (value, slope)

        hessian, (value, slope) = jax.jacfwd(gradient, has_aux=True)(vector)
        return value, slope, (hessian + hessian.T) / 2.0

    return jax.jit(all_three)


@functools.lru_cache(maxsize=128)
def _steepness(compiled: Any) -> Any:
    def all_three(vector: Any, arguments: Any) -> tuple[Any, Any, Any]:
        _, slope, hessian = _with_hessian(compiled)(vector, arguments)
        return jnp.vdot(slope, slope) / 2.0, hessian @ slope, hessian @ hessian

    return jax.jit(all_three)


def _evaluate(objective: Objective, vector: Any) -> tuple[Any, Any, Any]:
    point = np.asarray(vector)
    value, slope = objective.evaluate(point)
    return value, slope, Hessian(objective, point).dense()


def _evaluate_steepness(objective: Objective, vector: Any) -> tuple[Any, Any, Any]:
    _, slope, hessian = _evaluate(objective, vector)
    slope = np.asarray(slope)
    return slope @ slope / 2.0, hessian @ slope, hessian @ hessian
