"""Single and double precision, and whose arrays come out."""

import subprocess
import sys

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


def test_an_array_of_the_function_s_own_keeps_its_precision_after_single_precision():
    matrix = np.random.default_rng(0).random((3, 3))

    def fun(x):
        return jnp.sum((matrix @ x - 1.0) ** 2)

    expected = 2.0 * matrix.T @ (matrix @ np.ones(3) - 1.0)
    for dtype, digits in ((np.float32, 1e-5), (np.float64, 1e-14), (np.float32, 1e-5)):
        found = talweg.gradient(fun, np.ones(3, dtype))
        assert found.dtype == dtype
        assert np.abs(found - expected).max() <= digits * np.abs(expected).max()
