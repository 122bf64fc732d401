"""Slopes along directions and products with the Hessian, against formulas and differences."""

import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import talweg

NAMESPACES = pytest.mark.parametrize("namespace", [np, jnp, anp], ids=["numpy", "jax", "autograd"])
X = np.array([0.3, -1.2, 2.5])
V = np.array([1.0, -2.0, 0.5])


def waves(namespace):
    def fun(x):
        return namespace.sum(namespace.sin(x) * x**2) + namespace.linalg.norm(x)

    return fun


def wave_hessian(x):
    length = np.linalg.norm(x)
    own = 2.0 * np.sin(x) + 4.0 * x * np.cos(x) - x**2 * np.sin(x)
    return np.diag(own) + np.eye(3) / length - np.outer(x, x) / length**3


@NAMESPACES
def test_products_are_those_of_the_hessian_by_hand(namespace):
    for vector in (V, *np.eye(3)):
        found = talweg.hessian_vector_product(waves(namespace), X, vector)
        assert type(found) is np.ndarray
        assert found.flags.writeable
        assert np.allclose(found, wave_hessian(X) @ vector, rtol=0.0, atol=1e-12)


@NAMESPACES
def test_slopes_are_those_of_the_values(namespace):
    fun, unit = waves(namespace), V / np.sqrt(5.25)
    rise = (waves(np)(X + 1e-6 * unit) - waves(np)(X - 1e-6 * unit)) / 2e-6
    found = talweg.directional_derivative(fun, X, V)
    assert type(found) is float
    assert found == pytest.approx(rise, rel=1e-8)
    whole = talweg.directional_derivative(fun, X, V, normalize=False)
    assert whole == pytest.approx(found * np.sqrt(5.25), rel=1e-13)


def quadratic(x, matrix):
    return np.sum(x * np.dot(matrix, x)) / 2.0


numbers = st.floats(-10.0, 10.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(numbers, min_size=9, max_size=9), st.tuples(*[numbers] * 3), st.floats(-3.0, 3.0))
def test_products_are_linear_and_symmetric(entries, x, factor):
    matrix = np.reshape(entries, (3, 3))
    hessian = (matrix + matrix.T) / 2.0
    products = [
        talweg.hessian_vector_product(quadratic, list(x), vector, matrix)
        for vector in (V, X, V + factor * X)
    ]
    assert np.allclose(products[0], hessian @ V, atol=1e-12)
    assert products[0] @ X == pytest.approx(products[1] @ V, abs=1e-10)
    assert np.allclose(products[2], products[0] + factor * products[1], atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.tuples(*[numbers] * 3), st.tuples(*[numbers] * 3))
def test_no_way_is_steeper_than_against_the_gradient(x, direction):
    fun, x = waves(jnp), np.array(x) + 0.01
    steepest = float(np.linalg.norm(talweg.gradient(fun, x)))
    if any(direction):
        slope = talweg.directional_derivative(fun, x, list(direction))
        assert slope >= -steepest * (1.0 + 1e-12)
    against = talweg.directional_derivative(fun, x, -talweg.gradient(fun, x))
    assert against == pytest.approx(-steepest, rel=1e-12)


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1.0, 1e200])
def test_the_length_of_a_direction_makes_no_difference(size):
    found = talweg.directional_derivative(waves(jnp), X, V * size)
    assert found == pytest.approx(talweg.directional_derivative(waves(jnp), X, V), rel=1e-9)


@NAMESPACES
def test_nests_are_one_vector(namespace):
    def fun(p):
        return namespace.sum(p["a"] ** 3) * p["b"][0]

    point, along = {"a": [1.0, 2.0], "b": (3.0,)}, {"a": [1, 0], "b": (2,)}
    product = talweg.hessian_vector_product(fun, point, along)
    assert np.allclose(product["a"], [6.0 * 3.0 + 3.0 * 2.0, 12.0 * 2.0])
    assert product["b"] == (pytest.approx(3.0),)
    # the gradient is (9, 36) and 9; the direction has the length sqrt(5)
    slope = talweg.directional_derivative(fun, point, along)
    assert slope == pytest.approx((9.0 + 18.0) / np.sqrt(5.0))


@NAMESPACES
def test_float32_stays_float32(namespace):
    x, v = X.astype(np.float32), V.astype(np.float32)
    found = talweg.hessian_vector_product(waves(namespace), x, v)
    assert found.dtype == np.float32
    assert np.allclose(found, wave_hessian(X) @ V, rtol=1e-5)
    slope = talweg.directional_derivative(waves(namespace), x, v)
    assert slope == pytest.approx(talweg.directional_derivative(waves(np), X, V), rel=1e-5)
    assert not jax.config.jax_enable_x64


def test_a_loop_of_unknown_length_has_slopes_though_no_gradient():
    def halved_until_small(x):
        return jax.lax.while_loop(lambda y: jnp.sum(y**2) > 1.0, lambda y: y / 2.0, x)[0]

    assert talweg.directional_derivative(halved_until_small, [3.0, 4.0], [1.0, 0.0]) == 0.125
    with pytest.raises(TypeError, match="could not be differentiated"):
        talweg.gradient(halved_until_small, [3.0, 4.0])


def test_a_function_may_decide_by_its_values():
    def fun(x):
        return jnp.sum(x**2) if x[0] > 0.0 else jnp.sum(x)

    assert talweg.directional_derivative(fun, [1.0, 2.0], [0.0, 1.0]) == 4.0
    assert talweg.directional_derivative(fun, [-1.0, 2.0], [0.0, 1.0]) == 1.0


def test_arguments_are_passed_on():
    def fun(x, power, kind):
        return jnp.sum(x**power) if kind == "sum" else jnp.max(x)

    assert talweg.directional_derivative(fun, [2.0], [1.0], 3, "sum") == 12.0
    assert talweg.hessian_vector_product(fun, [2.0], [1.0], 3, "sum")[0] == 12.0


def test_no_direction_leads_nowhere():
    assert talweg.directional_derivative(waves(np), X, 0.0 * V, normalize=False) == 0.0
    assert np.array_equal(talweg.hessian_vector_product(waves(np), X, 0.0 * V), np.zeros(3))
    with pytest.raises(ValueError, match="direction is zero"):
        talweg.directional_derivative(waves(np), X, 0.0 * V)


CALLS = pytest.mark.parametrize(
    "call",
    [talweg.directional_derivative, talweg.hessian_vector_product],
    ids=["slope", "product"],
)


@CALLS
@pytest.mark.parametrize(
    ("x", "direction", "kind", "message"),
    [
        (X, [1.0, 2.0], ValueError, r"shape \(2,\), where x has \(3,\)"),
        (X, 1.0, ValueError, r"shape \(\), where x has \(3,\)"),
        (X, [1.0, np.nan, 0.0], ValueError, r"nan at x\[1\]"),
        (X, [1.0, 0.0, -np.inf], ValueError, r"-inf at x\[2\]"),
        (X.astype(np.float32), [1e300, 0.0, 0.0], ValueError, "also in float32"),
        (X, [1j, 0.0, 0.0], TypeError, "complex"),
        (X, ["a", "b", "c"], TypeError, "real numbers"),
        (X, [[1.0, 2.0], [1.0]], ValueError, "rows differ"),
        ({"a": X}, {"b": V}, ValueError, "structure of x"),
        ({"a": X}, V, ValueError, "structure of x"),
        ({"a": X}, {"a": V[:2]}, ValueError, r"direction\['a'\] has the shape"),
        ([np.nan, 1.0, 1.0], V, ValueError, "must be finite"),
        ([], [], ValueError, "empty"),
        ([1, 2, 3], V, TypeError, "write it with floats"),
    ],
)
def test_what_cannot_be_used_is_named(call, x, direction, kind, message):
    with pytest.raises(kind, match=message):
        call(lambda p: jnp.sum(jax.tree_util.tree_leaves(p)[0]), x, direction)


@CALLS
def test_what_is_no_number_or_no_function_is_named(call):
    with pytest.raises(ValueError, match="returned an array"):
        call(lambda x: 2.0 * x, X, V)
    with pytest.raises(TypeError, match="callable"):
        call("x**2", X, V)
    with pytest.raises(KeyError, match="a mistake"):
        call(lambda x: {}["a mistake"], X, V)


@NAMESPACES
def test_a_value_that_is_not_finite_is_named(namespace):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the objective is nan at x"):
        talweg.directional_derivative(lambda x: namespace.sum(namespace.log(x)), [-1.0], [1.0])
