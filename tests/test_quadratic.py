"""Quadratic functions are told by their trace: never a wrong yes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg.energies import membrane, rows, thin_plate, tv
from talweg.quadratic import has_constant_curvature

A = np.arange(9.0).reshape(3, 3)


def constant_curvature(fun, x):
    return has_constant_curvature(jax.grad(fun), x)


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: x @ A @ x + jnp.sum(x),
        lambda x: jnp.sum((A @ x - 1.0) ** 2),
        lambda x: jnp.sum(jnp.diff(x) ** 2),
        lambda x: jnp.sum(jnp.where(A[0] > 1.0, x, 0.0) ** 2),
        lambda x: jnp.vdot(x, x) * 0.5,
        lambda x: jax.jit(lambda y: jnp.sum(y * y))(x[:2]),
        jnp.sum,
        lambda x: 3.0 + 0.0 * x[0],
    ],
)
def test_quadratic_functions_have_constant_curvature(fun):
    assert constant_curvature(fun, np.ones(3))


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: jnp.sum(x**3),
        lambda x: jnp.sum(x**2) ** 2,
        lambda x: jnp.sum(jnp.where(x > 0.0, x**2, 2.0 * x**2)),
        lambda x: jnp.sum(jnp.abs(x) * x),
        lambda x: x[0] ** 2 * x[1],
        lambda x: jnp.sum(jnp.exp(x)),
        lambda x: jax.lax.fori_loop(0, 3, lambda _, y: y * x[0], x[1]),
        lambda x: jax.lax.cond(x[0] > 0, lambda y: jnp.sum(y**2), lambda y: 2.0 * jnp.sum(y**2), x),
        lambda x: jnp.sum(jnp.maximum(x, 0.0) ** 2),
    ],
)
def test_functions_that_are_not_quadratic_have_none(fun):
    # a loop with a known number of turns can be differentiated backwards
    assert not constant_curvature(fun, np.ones(3))


@pytest.mark.parametrize(
    ("energy", "quadratic"), [(membrane, True), (thin_plate, True), (tv, False), (rows, False)]
)
def test_of_the_energies_membrane_and_thin_plate_are_quadratic(energy, quadratic):
    assert constant_curvature(energy, np.ones((4, 5))) == quadratic
