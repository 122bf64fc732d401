"""Newton's method: exact on quadratics, quadratic near minima, away from saddles."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg

RNG = np.random.default_rng(3)
BASIS = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
RIGHT = RNG.normal(size=6)


def quadratic_of(curvatures):
    matrix = BASIS @ np.diag(curvatures) @ BASIS.T

    def quadratic(x):
        return jnp.vdot(x, matrix @ x) / 2.0 - jnp.vdot(RIGHT, x)

    return matrix, quadratic


def test_one_step_leads_to_the_minimum_of_a_quadratic():
    matrix, quadratic = quadratic_of(np.logspace(0.0, 4.0, 6))
    result = talweg.minimize(quadratic, np.zeros(6), method="newton", max_iter=1, tol=0.0)
    np.testing.assert_allclose(result.x, np.linalg.solve(matrix, RIGHT), rtol=1e-11)


def test_a_step_goes_down_along_negative_curvatures_too():
    curvatures = np.array([-3.0, -1.0, 0.5, 1.0, 2.0, 4.0])
    matrix, quadratic = quadratic_of(curvatures)
    start = RNG.normal(size=6)
    states = list(talweg.descend(quadratic, start, method="newton", step=1.0, max_iter=1))
    slope = matrix @ start - RIGHT
    absolute = BASIS @ np.diag(np.abs(curvatures)) @ BASIS.T
    np.testing.assert_allclose(states[1].x - start, -np.linalg.solve(absolute, slope), rtol=1e-10)


def test_the_digits_double_near_a_minimum():
    root = 1.5
    points = [
        state.x
        for state in talweg.descend(
            lambda x: jnp.exp(x - root) - x, 2.5, method="newton", tol=1e-15, max_iter=20
        )
    ]
    errors = np.abs(np.array(points) - root)
    close = [k for k in range(len(errors) - 1) if 1e-7 < errors[k] < 0.1]
    assert len(close) >= 2
    for k in close:  # for exp(u) - u the error is squared and halved
        assert errors[k + 1] == pytest.approx(errors[k] ** 2 / 2.0, rel=0.1)


def test_numpy_functions_take_differences_of_gradients():
    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def in_jax(x):
        return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    start = np.array([-1.2, 1.0, 0.5])
    one, other = (talweg.minimize(f, start, method="newton") for f in (rosenbrock, in_jax))
    assert one.nit == other.nit
    np.testing.assert_allclose(one.trace.fun[:8], other.trace.fun[:8], rtol=1e-6)
    np.testing.assert_allclose(one.x, 1.0, atol=1e-6)


def test_in_a_box_and_with_held_coordinates():
    matrix, quadratic = quadratic_of(np.logspace(0.0, 2.0, 6))
    held = np.array([False, True, False, False, False, False])
    start = np.full(6, 0.01)
    result = talweg.minimize(
        quadratic, start, method="newton", bounds=(-0.02, 0.02), fixed=held, tol=1e-10
    )
    reference = scipy.optimize.minimize(
        lambda x: x @ matrix @ x / 2.0 - RIGHT @ x, start, jac=lambda x: matrix @ x - RIGHT,
        method="L-BFGS-B", bounds=[(0.01, 0.01) if h else (-0.02, 0.02) for h in held],
        options={"ftol": 0.0, "gtol": 1e-10},
    )  # fmt: skip
    assert result.success
    assert result.x[1] == 0.01
    np.testing.assert_allclose(result.x, reference.x, atol=1e-8)


def test_a_flat_function_has_nothing_to_offer():
    result = talweg.minimize(lambda x: jnp.sum(0.0 * x) + 3.0, np.ones(2), method="newton")
    assert result.fun == 3.0
    np.testing.assert_array_equal(result.x, 1.0)


def test_single_precision_stays_single():
    result = talweg.minimize(
        lambda x: jnp.sum((x - 2.0) ** 4), np.zeros(3, np.float32), method="newton"
    )
    assert result.x.dtype == np.float32
    assert result.success


def test_too_many_unknowns_are_refused():
    with pytest.raises(ValueError, match=r"at most 1000 unknowns, not 1001.*lbfgs"):
        talweg.minimize(lambda x: jnp.sum(x**2), np.ones(1001), method="newton")


def test_an_interrupted_run_goes_on_as_if_it_had_not_been():
    def rosenbrock(x):
        return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2

    whole = talweg.minimize(rosenbrock, [-1.2, 1.0], method="newton")
    part = talweg.minimize(rosenbrock, [-1.2, 1.0], method="newton", max_iter=5)
    rest = talweg.minimize(rosenbrock, [-1.2, 1.0], method="newton", resume=part)
    np.testing.assert_array_equal(whole.x, rest.x)
    np.testing.assert_array_equal(whole.trace.fun, rest.trace.fun)
