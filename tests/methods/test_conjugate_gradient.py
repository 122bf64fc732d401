"""Conjugate gradients: linear where the function is quadratic, nonlinear elsewhere."""

import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.methods import LinearConjugateGradient

RNG = np.random.default_rng(11)
BASIS = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
RIGHT = RNG.normal(size=12)


def matrix(eigenvalues):
    return BASIS @ np.diag(eigenvalues) @ BASIS.T


def quadratic(x, a, b):
    return 0.5 * x @ a @ x - b @ x


def not_quadratic(x):
    return jnp.sum(jnp.cosh(x - 1.0))


def minimize(fun, x0, args=(), **options):
    return talweg.minimize(fun, x0, args, method="conjugate_gradient", **options)


@pytest.mark.parametrize(
    "eigenvalues",
    [
        np.repeat([2.0], 12),
        np.repeat([1.0, 5.0, 30.0], 4),
        np.repeat([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 2),
    ],
    ids=["1", "3", "6"],
)
def test_linear_needs_one_iteration_for_each_distinct_eigenvalue(eigenvalues):
    a = matrix(eigenvalues)
    result = minimize(quadratic, np.ones(12), (a, RIGHT), tol=1e-9)
    distinct = len(np.unique(eigenvalues))
    assert result.success
    assert distinct - 1 <= result.nit <= distinct + 1
    assert result.nfev <= result.nit + 3  # one an iteration, the start, and the check at the end
    assert np.abs(result.x - np.linalg.solve(a, RIGHT)).max() < 1e-8


def test_linear_gives_value_and_gradient_of_its_result():
    a = matrix(np.linspace(1.0, 20.0, 12))
    result = minimize(quadratic, np.ones(12), (a, RIGHT))
    assert result.fun == pytest.approx(quadratic(result.x, a, RIGHT), rel=1e-12)
    assert np.allclose(result.jac, a @ result.x - RIGHT, rtol=0.0, atol=1e-10)
    assert np.abs(result.jac).max() <= 1e-6


def test_linear_falls_all_the_way_and_its_trace_is_true():
    a = matrix(np.linspace(1.0, 20.0, 12))
    states = list(talweg.descend(quadratic, np.ones(12), (a, RIGHT), method="conjugate_gradient"))
    values = [quadratic(state.x, a, RIGHT) for state in states]
    assert np.all(np.diff(values) < 0.0)
    assert np.allclose([state.fun for state in states], values, rtol=0.0, atol=1e-10)
    norms = [np.abs(a @ state.x - RIGHT).max() for state in states]
    assert np.allclose([state.gradient_norm for state in states], norms, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_linear_does_not_mind_the_scale(scale):
    a = matrix(np.linspace(1.0, 20.0, 12))
    result = minimize(quadratic, scale * np.ones(12), (a, scale * RIGHT), tol=1e-10 * scale)
    assert result.success
    assert result.nit <= 14
    assert np.abs(result.x - scale * np.linalg.solve(a, RIGHT)).max() < 1e-9 * scale


def test_linear_holds_the_fixed_coordinates_and_solves_for_the_others():
    a, held = matrix(np.linspace(1.0, 20.0, 12)), np.arange(12) % 3 == 0
    start = RNG.normal(size=12)
    result = minimize(quadratic, start, (a, RIGHT), fixed=held, tol=1e-10)
    free = ~held
    rest = RIGHT[free] - a[np.ix_(free, held)] @ start[held]
    assert np.abs(result.x[free] - np.linalg.solve(a[np.ix_(free, free)], rest)).max() < 1e-9
    assert result.x[held].tobytes() == start[held].tobytes()
    assert result.nit <= 9


@pytest.mark.parametrize("eigenvalues", [[1.0, 3.0, 7.0] * 4, np.linspace(0.01, 100.0, 12)])
def test_linear_ends_well_when_asked_for_more_than_numbers_hold(eigenvalues):
    a = matrix(np.array(eigenvalues))
    result = minimize(quadratic, np.ones(12), (a, RIGHT), tol=0.0)
    assert result.success, result.message
    assert result.nit < 100
    assert np.abs(a @ result.x - RIGHT).max() < 1e-11


def test_linear_in_float32():
    a = matrix(np.linspace(1.0, 20.0, 12)).astype(np.float32)
    result = minimize(quadratic, np.ones(12, np.float32), (a, RIGHT.astype(np.float32)))
    assert result.success
    assert result.x.dtype == np.float32
    assert np.abs(result.x - np.linalg.solve(a, RIGHT)).max() < 1e-4


@pytest.mark.parametrize(
    "eigenvalues",
    [np.linspace(-5.0, -1.0, 12), np.zeros(12), np.linspace(-1.0, 10.0, 12)],
    ids=["concave", "linear", "saddle"],
)
def test_linear_says_when_the_function_falls_without_end(eigenvalues):
    result = minimize(quadratic, np.ones(12), (matrix(eigenvalues), RIGHT))
    assert not result.success
    assert result.status == talweg.Status.UNBOUNDED
    assert "without end" in result.message
    assert np.all(np.isfinite(result.x))


def test_a_semidefinite_quadratic_has_a_minimum_all_the_same():
    a = matrix(np.repeat([0.0, 2.0, 9.0], 4))
    right = a @ RIGHT  # in its range: there is a minimum, though not only one
    result = minimize(quadratic, np.ones(12), (a, right))
    assert result.success
    assert np.abs(a @ result.x - right).max() < 1e-6


def test_a_function_that_is_not_quadratic_is_found_out():
    result = talweg.minimize(not_quadratic, np.zeros(4), method=LinearConjugateGradient())
    assert not result.success
    assert result.status == talweg.Status.NOT_QUADRATIC
    assert "not quadratic" in result.message
    assert np.all(np.isfinite(result.x))


def test_by_name_a_function_that_is_not_quadratic_gets_the_nonlinear_method():
    result = minimize(not_quadratic, np.zeros(4))
    assert result.success
    assert np.abs(result.x - 1.0).max() < 1e-6


def test_a_quadratic_in_numpy_gets_the_nonlinear_method_and_is_solved():
    a = matrix(np.linspace(1.0, 20.0, 12))

    def in_numpy(x):
        return 0.5 * np.linalg.norm(x) ** 2 + quadratic(x, a, RIGHT)

    result = minimize(in_numpy, np.ones(12))
    assert result.success
    assert np.abs(result.x - np.linalg.solve(a + np.eye(12), RIGHT)).max() < 1e-6


def test_linear_takes_no_bounds_and_by_name_the_nonlinear_one_is_taken():
    a = matrix(np.linspace(1.0, 20.0, 12))
    with pytest.raises(TypeError, match="takes no bounds"):
        talweg.minimize(
            quadratic, np.ones(12), (a, RIGHT), method=LinearConjugateGradient(), bounds=(0, 1)
        )


def test_conjugate_gradient_refuses_a_step_that_is_not_a_wolfe_search():
    with pytest.raises(TypeError, match="strong_wolfe"):
        minimize(not_quadratic, np.zeros(4), step=0.1)
    with pytest.raises(TypeError, match="strong_wolfe"):
        minimize(not_quadratic, np.zeros(4), step="backtracking")


def test_hager_and_zhangs_beta():
    import jax

    from talweg.methods import ConjugateGradient

    s, y, g = RNG.normal(size=5), RNG.normal(size=5), RNG.normal(size=5)
    y = y if s @ y > 0.0 else -y
    beta = max(0.0, (y - 2.0 * s * (y @ y) / (s @ y)) @ g / (s @ y))
    with jax.enable_x64(True):
        rule = ConjugateGradient()
        memory = rule.remember(rule.start(s, False), s, y, g, None, accepted=True)
        direction = np.asarray(rule.direction(memory, g, None))
    assert np.allclose(direction, beta * s - g, rtol=0.0, atol=1e-13)
