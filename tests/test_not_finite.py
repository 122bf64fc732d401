"""Values and gradients that are not finite, at the start and half-way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg

X = np.array([0.3, -1.2, 2.5])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
def test_a_value_that_is_not_finite_at_the_start_is_refused(namespace, bad):
    with pytest.raises(ValueError, match=f"the objective is {bad} at x0"):
        talweg.minimize(lambda x, bad: namespace.linalg.norm(x) * 0.0 + bad, X, bad)


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


KINDS = ["value", "infinity", "gradient"]


def half_way_in_jax(x, which):
    """Break in one of the ways: one program for all of them is compiled once a method."""
    return jax.lax.switch(which, [half_way(kind, jnp) for kind in KINDS], x)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("method", "step"), [("gradient", 0.2), ("momentum", 0.05), ("lbfgs", None), ("gradient", None)]
)
def test_where_it_breaks_half_way_the_best_finite_point_is_the_result(
    namespace, kind, method, step
):
    fun, arguments = half_way(kind, namespace), ()
    if namespace is jnp:
        fun, arguments = half_way_in_jax, np.int32(KINDS.index(kind))
    result = talweg.minimize(fun, [2.0, 1.0], arguments, method=method, step=step, max_iter=60)
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
