"""The Hessian of an objective, however the objective is written."""

import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from autograd.extend import defvjp, primitive
from autograd.tracer import isbox

from talweg.hessian import Hessian
from talweg.objective import read_objective
from talweg.structure import read_start

X = np.linspace(-1.0, 1.5, 7)


def rosenbrock(x):
    return 100.0 * ((x[1:] - x[:-1] ** 2) ** 2).sum() + ((1.0 - x[:-1]) ** 2).sum()


def rosenbrock_gradient(x):
    slopes = np.zeros_like(x)
    slopes[:-1] = -400.0 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2.0 * (1.0 - x[:-1])
    slopes[1:] += 200.0 * (x[1:] - x[:-1] ** 2)
    return slopes


def rosenbrock_hessian(x):
    own = np.zeros_like(x)
    own[:-1] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
    own[1:] += 200.0
    beside = -400.0 * x[:-1]
    return np.diag(own) + np.diag(beside, 1) + np.diag(beside, -1)


def hessian_of(fun, x=X, free=None, jac=None):
    structure, start = read_start(x)
    return Hessian(read_objective(fun, structure, start, (), jac), start, free)


@pytest.mark.parametrize("by_numpy", [False, True], ids=["jax", "numpy"])
@pytest.mark.parametrize("by_differences", [False, True], ids=["automatic", "differences"])
def test_dense_and_products_agree_with_the_formula(by_numpy, by_differences):
    fun = (lambda x: rosenbrock(np.multiply(x, 1.0))) if by_numpy else rosenbrock
    hessian = hessian_of(fun)
    hessian.by_differences = by_differences
    expected = rosenbrock_hessian(X)
    accuracy = 1e-8 if by_differences else 1e-14
    assert np.allclose(hessian.dense(), expected, rtol=0.0, atol=accuracy * np.abs(expected).max())
    assert hessian.products == 7
    vector = np.cos(np.arange(7.0))
    assert np.allclose(hessian.product(vector), expected @ vector, rtol=0.0, atol=1e3 * accuracy)
    assert hessian.products == 8
    assert np.allclose(hessian.dense(X + 1.0), rosenbrock_hessian(X + 1.0), rtol=1e-6)


def test_only_free_coordinates_take_part():
    free = np.array([1, 2, 5])
    hessian = hessian_of(rosenbrock, free=free)
    expected = rosenbrock_hessian(X)[np.ix_(free, free)]
    assert np.allclose(hessian.dense(), expected)
    assert np.allclose(hessian.product(np.ones(3)), expected @ np.ones(3))
    assert np.array_equal(hessian.embed(np.array([1.0, 2.0, 3.0])), [0, 1.0, 2.0, 0, 0, 3.0, 0])
    assert np.allclose(hessian.slopes(X), rosenbrock_gradient(X)[free])


def test_many_rows_are_computed_in_blocks(monkeypatch):
    import talweg.hessian

    monkeypatch.setattr(talweg.hessian, "_BLOCK", 3 * X.size)
    assert np.allclose(hessian_of(rosenbrock).dense(), rosenbrock_hessian(X))


def test_a_gradient_of_the_user_s_own_is_differenced():
    hessian = hessian_of(rosenbrock, jac=rosenbrock_gradient)
    assert hessian.by_differences
    expected = rosenbrock_hessian(X)
    assert np.allclose(hessian.dense(), expected, rtol=0.0, atol=1e-8 * np.abs(expected).max())


@primitive
def cube(x):
    return np.asarray(x) ** 3  # neither JAX's array nor a proxy


def cube_vjp(_, x):
    if isbox(x):
        raise NotImplementedError("only once")
    return lambda g: g * 3.0 * x**2


defvjp(cube, cube_vjp)


def test_what_autograd_differentiates_only_once_is_differenced():
    hessian = hessian_of(lambda x: anp.sum(cube(x)))
    assert not hessian.by_differences
    assert np.allclose(hessian.dense(), np.diag(6.0 * X), atol=1e-8)
    assert hessian.by_differences


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_precision_is_the_point_s(dtype):
    hessian = hessian_of(rosenbrock, X.astype(dtype))
    assert hessian.product(np.ones(7)).dtype == dtype
    assert np.allclose(hessian.dense(), rosenbrock_hessian(X), rtol=1e-4)
    hessian.by_differences = True
    expected = rosenbrock_hessian(X)
    assert np.abs(hessian.dense() - expected).max() < 1e-3 * np.abs(expected).max()
    assert not jax.config.jax_enable_x64


def test_no_derivative_is_no_number():
    hessian = hessian_of(lambda x: jnp.sum(jnp.abs(x) ** 1.5), np.zeros(2))
    hessian.by_differences = True
    assert np.isnan(hessian.product(np.array([1.0, 0.0]))).all()
    assert np.array_equal(hessian.product(np.zeros(2)), np.zeros(2))
