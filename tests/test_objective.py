"""One objective, however it is written: value, gradient, precision, and what is refused."""

import subprocess
import sys

import autograd.numpy as anp
import jax
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


# Not finite


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
def test_a_value_that_is_not_finite_at_the_start_is_refused(namespace, bad):
    with pytest.raises(ValueError, match=f"the objective is {bad} at x0"):
        talweg.minimize(lambda x: namespace.linalg.norm(x) * 0.0 + bad, X)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
def test_a_gradient_that_is_not_finite_at_the_start_is_refused_with_its_place(namespace):
    def kinked(p):
        return namespace.linalg.norm(p["a"]) + namespace.linalg.norm(p["b"])

    start = {"a": np.ones(2), "b": np.zeros(2)}
    with pytest.raises(ValueError, match=r"the gradient is nan at x0\['b'\]\[0\]"):
        talweg.minimize(kinked, start)
    held = {"a": False, "b": True}
    assert talweg.minimize(kinked, start, fixed=held, max_iter=3).nit >= 1


def half_way(kind, namespace):
    """Return a function that breaks where x[0] < 0.5, on the way to its minimum at 0."""

    def fun(x):
        value = namespace.linalg.norm(x) ** 2
        if kind == "value":
            return namespace.where(x[0] < 0.5, namespace.nan, value)
        if kind == "infinity":
            return namespace.where(x[0] < 0.5, namespace.inf, value)
        # The square root's slope at zero is infinite, times zero: only the gradient is NaN.
        return value + 0.0 * namespace.sqrt(namespace.maximum(x[0] - 0.5, 0.0))

    return fun


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("kind", ["value", "infinity", "gradient"])
@pytest.mark.parametrize(
    ("method", "step"), [("gradient", 0.2), ("momentum", 0.05), ("lbfgs", None), ("gradient", None)]
)
def test_where_it_breaks_half_way_the_best_finite_point_is_the_result(
    namespace, kind, method, step
):
    fun = half_way(kind, namespace)
    result = talweg.minimize(fun, [2.0, 1.0], method=method, step=step, max_iter=60)
    assert not result.success
    assert np.isfinite(result.x).all()
    assert np.isfinite(result.jac).all()
    assert result.x[0] >= 0.5
    assert result.fun == pytest.approx(np.sum(result.x**2))
    assert result.fun == result.trace.fun.min() < 5.0
    assert np.isfinite(result.trace.fun).all()
    if step is not None:
        assert result.status == talweg.Status.NOT_FINITE
        assert "not finite at the next point; the best finite point is kept" in result.message


# Precision


@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_are_in_the_start_s_precision(namespace, dtype):
    fun = waves(namespace)
    result = talweg.minimize(fun, X.astype(dtype), max_iter=5)
    assert result.x.dtype == result.jac.dtype == dtype
    assert talweg.gradient(fun, X.astype(dtype)).dtype == dtype
    (state, *_) = talweg.descend(fun, X.astype(dtype), max_iter=1)
    assert state.x.dtype == dtype
    # float64 is float64 throughout: the value is right to its last digits
    exact = float(waves(np)(result.x.astype(float)))
    assert result.fun == pytest.approx(exact, rel=1e-14 if dtype == np.float64 else 1e-5)


def leaves(tree):
    return jax.tree_util.tree_leaves(tree, is_leaf=lambda leaf: isinstance(leaf, jax.Array))


def test_no_jax_array_comes_out():
    def fun(p):
        return jnp.sum(p["a"] ** 2) + p["b"] ** 2

    start = {"a": jnp.ones(2), "b": 2.0}
    result = talweg.minimize(fun, start, max_iter=3)
    states = list(talweg.descend(fun, start, max_iter=3))
    for value in leaves([dict(result), [vars(s) | {"x": s.x} for s in states]]):
        assert not isinstance(value, jax.Array)
    for field in ("iteration", "fun", "gradient_norm", "step", "evaluations", "seconds"):
        assert type(getattr(result.trace, field)) is np.ndarray
    for x in (result.x, result.jac, states[-1].x, talweg.gradient(fun, start)):
        assert type(x["a"]) is np.ndarray
        assert x["a"].flags.writeable
    assert not np.shares_memory(result.x["a"], result.jac["a"])
    assert type(result.fun) is float
    assert type(states[0].fun) is float


def test_a_state_s_array_is_the_caller_s_own():
    seen = []
    for state in talweg.descend(lambda x: np.sum(np.square(x - 1.0)), X, method="gradient"):
        state.x[:] = 1e6  # does the descent no harm
        seen.append(state.fun)
    assert seen[-1] < 1e-10


def test_the_start_is_not_changed():
    start = {"a": X.copy()}
    talweg.minimize(lambda p: np.linalg.norm(p["a"]) ** 2, start, max_iter=3)
    assert np.array_equal(start["a"], X)


def test_jax_s_precision_is_the_caller_s_own_before_between_and_after():
    assert not jax.config.jax_enable_x64
    for fun in (waves(jnp), waves(np)):
        for _ in talweg.descend(fun, X, max_iter=3):
            assert not jax.config.jax_enable_x64
            assert jnp.ones(2).dtype == jnp.float32
        talweg.gradient(fun, X)
        with pytest.raises(ValueError, match="returned an array"):
            talweg.minimize(lambda x: x, X)
        assert not jax.config.jax_enable_x64
        assert jnp.ones(2).dtype == jnp.float32


def test_works_for_those_who_have_switched_double_precision_on():
    code = (
        "import jax; jax.config.update('jax_enable_x64', True); import numpy as np, talweg\n"
        "f = lambda x: ((x - 1) ** 2).sum()\n"
        "a = talweg.minimize(f, np.zeros(2, np.float32)); b = talweg.minimize(f, np.zeros(2))\n"
        "print(a.x.dtype, b.x.dtype, a.success, b.success, jax.config.jax_enable_x64)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.stdout.split() == ["float32", "float64", "True", "True", "True"], done.stderr
