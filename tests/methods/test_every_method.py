"""Every method with every step that it takes, in and out of a box, against SciPy's answer."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize

import talweg

A = np.random.default_rng(3).normal(size=(12, 4)) / 3.0 + np.eye(12, 4)
B = np.random.default_rng(4).normal(size=12) + A @ [1.5, -1.0, 0.5, 2.0]
START = np.array([0.25, -0.5, 0.75, 0.5])
LOWER, UPPER = np.array([-1.0, -0.7, -np.inf, 0.0]), np.array([0.8, 0.5, 3.0, np.inf])
HELD = np.array([False, False, True, False])


def squares_in_jax(x):
    return 0.5 * jnp.sum((A @ x - B) ** 2)


def squares_in_numpy(x):
    return 0.5 * np.linalg.norm(np.dot(A, x) - B) ** 2


def shrinking(k):
    return max(0.5 * 0.97**k, 1e-9)


def fading(k):
    return 0.3 * 0.99**k


def slowly_shrinking(k):
    return 0.3 / (1.0 + 0.01 * k)


def expected(bounded, held):
    """Solve the least-squares problem with SciPy, the held coordinates moved to the other side."""
    free = ~HELD if held else np.ones(4, bool)
    rest = B - A[:, ~free] @ START[~free]
    x = START.copy()
    if bounded:
        x[free] = scipy.optimize.lsq_linear(
            A[:, free], rest, bounds=(LOWER[free], UPPER[free]), tol=1e-15
        ).x
    else:
        x[free] = np.linalg.lstsq(A[:, free], rest, rcond=None)[0]
    return x


DEFAULTS = [
    ("gradient", None),
    ("sign", shrinking),
    ("momentum", None),
    ("nesterov", None),
    ("conjugate_gradient", None),
    ("lbfgs", None),
    ("barzilai_borwein", None),
    ("adam", fading),
    (optax.adam(optax.exponential_decay(0.3, 1, 0.99)), None),
]
OTHER_STEPS = [
    ("gradient", 0.2),
    ("gradient", slowly_shrinking),
    ("gradient", "strong_wolfe"),
    ("momentum", 0.05),
    ("momentum", "strong_wolfe"),
    ("nesterov", slowly_shrinking),
    ("conjugate_gradient", talweg.StrongWolfe(curvature=0.3)),
    ("lbfgs", 0.3),
    ("lbfgs", "backtracking"),
    ("lbfgs", "nonmonotone"),
    ("barzilai_borwein", "backtracking"),
    ("barzilai_borwein", talweg.Nonmonotone(memory=0.5)),
]


def name(value):
    if value is None or isinstance(value, (str, float)):
        return str(value)
    return getattr(value, "__name__", type(value).__name__)


def check(fun, method, step, bounded, held):
    result = talweg.minimize(
        fun,
        START,
        method=method,
        step=step,
        bounds=(LOWER, UPPER) if bounded else None,
        fixed=HELD if held else None,
        max_iter=1500,
    )
    answer = expected(bounded, held)
    assert np.abs(result.x - answer).max() < 2e-6
    assert result.fun == pytest.approx(0.5 * np.sum((A @ answer - B) ** 2), abs=1e-9)
    if held:
        assert result.x[HELD].tobytes() == START[HELD].tobytes()
        assert np.all(result.jac[HELD] == 0.0)
    if bounded:
        assert np.all((result.x >= LOWER) & (result.x <= UPPER))


def test_the_box_matters():
    free, boxed = expected(False, False), expected(True, False)
    assert np.sum(np.isclose(boxed, LOWER) | np.isclose(boxed, UPPER)) == 2
    assert np.abs(free - boxed).max() > 0.05


@pytest.mark.parametrize("held", [False, True], ids=["all free", "one held"])
@pytest.mark.parametrize("bounded", [False, True], ids=["unbounded", "in a box"])
@pytest.mark.parametrize(("method", "step"), DEFAULTS, ids=name)
def test_finds_scipys_least_squares_of_a_numpy_objective(method, step, bounded, held):
    check(squares_in_numpy, method, step, bounded, held)


@pytest.mark.parametrize(("method", "step"), DEFAULTS, ids=name)
def test_finds_scipys_least_squares_of_a_jax_objective(method, step):
    check(squares_in_jax, method, step, bounded=True, held=True)


@pytest.mark.parametrize(("method", "step"), OTHER_STEPS, ids=name)
def test_finds_it_with_other_steps_than_the_default(method, step):
    check(squares_in_numpy, method, step, bounded=True, held=True)


@pytest.mark.parametrize("method", ["conjugate_gradient", "lbfgs"])
def test_finds_it_without_constraints(method):
    check(squares_in_jax, method, None, bounded=False, held=False)


@pytest.mark.parametrize("step", [None, "strong_wolfe"])
def test_sign_with_a_search_goes_downhill_until_the_signs_lead_nowhere(step):
    # Along the signs alone a valley's floor can't be followed: only the way down is promised.
    result = talweg.minimize(squares_in_numpy, START, method="sign", step=step, max_iter=100)
    assert np.all(np.diff(result.trace.fun) < 0.0)
    assert result.fun < 0.5 * np.sum((A @ START - B) ** 2)
