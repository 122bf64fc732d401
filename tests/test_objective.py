"""One objective, however it is written: value, gradient, and what is refused."""

import autograd.numpy as anp
import jax.numpy as jnp
import numpy as np
import pytest

import talweg

X = np.array([0.3, -1.2, 2.5])


def waves(namespace):
    def fun(x):
        return namespace.sum(namespace.sin(x) * x**2) + namespace.linalg.norm(x)

    return fun


def wave_gradient(x):
    return np.cos(x) * x**2 + 2.0 * x * np.sin(x) + x / np.sqrt(np.sum(x**2))


@pytest.mark.parametrize("namespace", [np, jnp, anp], ids=["numpy", "jax", "autograd"])
def test_one_function_has_one_gradient_in_whichever_namespace(namespace):
    found = talweg.gradient(waves(namespace), X)
    assert type(found) is np.ndarray
    assert np.allclose(found, wave_gradient(X), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("namespace", [np, jnp, anp], ids=["numpy", "jax", "autograd"])
def test_gradient_of_a_nest_has_its_structure(namespace):
    def fun(p):
        (a, b), rest = p["pair"], p["rest"]
        return namespace.linalg.norm(a) ** 2 * b + namespace.sum(rest[0] ** 3)

    nest = {"pair": (np.array([3.0, 4.0]), 2.0), "rest": [np.array([[1.0, 2.0]])]}
    found = talweg.gradient(fun, nest)
    assert np.allclose(found["pair"][0], [12.0, 16.0])
    assert found["pair"][1] == pytest.approx(25.0)
    assert np.allclose(found["rest"][0], [[3.0, 12.0]])
    assert isinstance(found["pair"], tuple)
    assert isinstance(found["rest"], list)


# Arguments


def with_arguments(namespace):
    def fun(x, weights, scale, count, kind):
        total = 0.0
        for i in range(count):
            total = total + weights[i] * x[i] ** 2
        return scale * total if kind == "sum" else namespace.linalg.norm(total)

    return fun


@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("kind", ["sum", "norm"])
def test_args_may_be_arrays_numbers_counts_and_words(namespace, kind):
    arguments = (np.array([1.0, 2.0, 3.0]), 10.0, 2, kind)
    found = talweg.gradient(with_arguments(namespace), X, *arguments)
    scale = 10.0 if kind == "sum" else 1.0
    assert np.allclose(found, scale * np.array([2.0 * X[0], 4.0 * X[1], 0.0]))


@pytest.mark.parametrize("flag", [-1.0, 2.0, np.float64(2.0), np.bool_(True)], ids=str)
def test_a_number_among_args_may_steer_the_control_flow(flag):
    def fun(x, flag):
        return jnp.sum(x**2) if flag > 0 else jnp.sum(x**3)

    expected = 2.0 * X if flag > 0 else 3.0 * X**2
    assert np.allclose(talweg.gradient(fun, X, flag), expected)


def test_what_is_no_tuple_is_the_one_argument():
    result = talweg.minimize(lambda x, target: jnp.sum((x - target) ** 2), [0.0, 0.0, 0.0], X)
    assert np.allclose(result.x, X)


def test_new_numbers_in_args_compile_nothing_anew():
    traces = 0

    class Counter:
        __slots__ = ()

        def __call__(self, x, scale):
            nonlocal traces
            traces += 1
            return scale * jnp.sum(x**2)

    fun = Counter()
    for scale in (1.0, 2.0, 3.0):
        assert np.allclose(talweg.gradient(fun, X, scale), 2.0 * scale * X)
    assert traces == 1


# What is refused


def not_numbers(namespace):
    norm = namespace.linalg.norm
    return {
        "an array": (lambda x: norm(x) * x, r"an array of shape \(3,\)"),
        "an array of one": (lambda x: (norm(x) * x)[:1], r"an array of shape \(1,\)"),
        "a tuple": (lambda x: (norm(x), norm(x)), "a tuple"),
        "a list": (lambda x: [norm(x)], "a list"),
        "a dict": (lambda x: {"loss": norm(x)}, "a dict"),
        "nothing": (lambda x: print(end="") or (None if norm(x) is not None else 1), "a NoneType"),
        "a word": (lambda x: "low" if norm(x) is not None else "", "a str"),
        "a complex number": (lambda x: norm(x) * 1j, "a complex number"),
    }


@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("what", not_numbers(np))
def test_a_value_that_is_not_one_number_is_refused(namespace, what):
    fun, words = not_numbers(namespace)[what]
    with pytest.raises(ValueError, match=f"returned {words}.*must return (one number|a real)"):
        talweg.minimize(fun, X)
    with pytest.raises(ValueError, match=f"returned {words}"):
        talweg.gradient(fun, X)


@pytest.mark.parametrize("fun", [None, 3.0, "x**2", np.ones(3)], ids=str)
def test_what_can_not_be_called_is_refused(fun):
    with pytest.raises(TypeError, match="the objective must be callable, not"):
        talweg.minimize(fun, X)


class MishapError(Exception):
    """A user's own."""


def raising(error, namespace):
    def fun(x):
        if namespace.linalg.norm(x) is not None:
            raise error
        return 0.0

    return fun


@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize(
    "error",
    [KeyError("w"), NameError("w"), MishapError("mine"), IndexError("9"), TypeError("theirs")],
)
def test_the_function_s_own_error_comes_through_unchanged(error, namespace):
    with pytest.raises(type(error)) as caught:
        talweg.minimize(raising(error, namespace), X)
    assert caught.value is error


def test_a_name_that_is_missing_comes_through():
    with pytest.raises(NameError, match="undefined_name"):
        talweg.minimize(lambda x: undefined_name * jnp.sum(x), X)  # noqa: F821


def test_an_error_half_way_comes_through_unchanged():
    error, calls = MishapError("half-way"), []

    def fun(x):
        calls.append(1)
        if len(calls) > 5:
            raise error
        return np.linalg.norm(x - 1.0) ** 4

    with pytest.raises(MishapError) as caught:
        talweg.minimize(fun, X, method="gradient", step=1e-3)
    assert caught.value is error


def test_a_jax_function_that_branches_on_values_is_refused_with_both_reasons():
    def fun(x):
        return jnp.sum(x) if x[0] > 0.0 else jnp.sum(x**2)

    with pytest.raises(TypeError, match=r"With autograd: .*With JAX: .*boolean"):
        talweg.minimize(fun, X)


def test_python_s_own_operators_and_branches_are_differentiated():
    def fun(x):
        return x[0] ** 2 + 3.0 * x[1] if x[0] > 0.0 else -x[2]

    assert np.allclose(talweg.gradient(fun, X), [0.6, 3.0, 0.0])
    assert np.allclose(talweg.gradient(fun, -X), [0.0, 0.0, -1.0])
