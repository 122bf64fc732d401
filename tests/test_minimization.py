"""minimize: evaluations, callbacks, and results that are the best point seen."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg


def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_in_numpy(x):
    return 100.0 * np.linalg.norm(x[1:] - x[:-1] ** 2) ** 2 + np.linalg.norm(1.0 - x[:-1]) ** 2


def far_start(n):
    x = np.ones(n)
    x[::2] = -1.2
    return x


START = far_start(2)


@pytest.mark.parametrize(("n", "scipys"), [(2, 45), (100, 619), (1000, 5787)])
def test_rosenbrock_takes_at_most_a_fifth_more_evaluations_than_scipy(n, scipys):
    result = talweg.minimize(rosenbrock, far_start(n), tol=1e-6)
    assert result.success
    assert result.nfev <= 1.2 * scipys
    slope = scipy.optimize.rosen_der(result.x)
    assert np.abs(slope).max() <= 1e-6 * (1.0 + 1e-6)
    assert result.fun == pytest.approx(scipy.optimize.rosen(result.x), rel=1e-6, abs=1e-20)


def test_rosenbrock_in_plain_numpy_takes_the_same_way():
    compiled, evaluated = (talweg.minimize(fun, START) for fun in (rosenbrock, rosenbrock_in_numpy))
    assert evaluated.success
    assert np.allclose(evaluated.x, 1.0, atol=1e-5)
    assert abs(evaluated.nfev - compiled.nfev) <= 3


def test_evaluations_are_counted_truly():
    calls = []

    def counted(x):
        calls.append(1)
        return rosenbrock_in_numpy(x)

    counts = []
    for max_iter in (0, 3, 30):
        calls.clear()
        result = talweg.minimize(counted, START, max_iter=max_iter)
        assert result.nfev == result.njev == result.trace.evaluations[-1]
        counts.append(len(calls) - result.nfev)
    # Besides those counted, a call or two to find out how the function is written.
    assert len(set(counts)) == 1
    assert counts[0] <= 2


# Callbacks


def test_a_callback_of_points_is_called_after_every_iteration():
    seen = []
    result = talweg.minimize(rosenbrock, START, callback=lambda xk: seen.append(xk.copy()))
    states = list(talweg.descend(rosenbrock, START))
    assert len(seen) == result.nit
    assert np.array_equal(seen, [state.x for state in states[1:]])


def test_a_callback_of_results_gets_scipys_fields():
    seen = []

    def callback(intermediate_result):
        seen.append(intermediate_result)

    result = talweg.minimize(rosenbrock, START, callback=callback)
    assert len(seen) == result.nit
    assert all(isinstance(each, scipy.optimize.OptimizeResult) for each in seen)
    assert [each.nit for each in seen] == list(range(1, result.nit + 1))
    assert np.array_equal([each.fun for each in seen], result.trace.fun[1:])
    assert np.array_equal([each.nfev for each in seen], result.trace.evaluations[1:])
    assert np.array_equal(seen[-1].x, result.x)


def test_a_callback_changes_nothing():
    with_one = talweg.minimize(rosenbrock, START, callback=lambda x: None)
    without = talweg.minimize(rosenbrock, START)
    assert with_one.x.tobytes() == without.x.tobytes()
    assert with_one.nfev == without.nfev


@pytest.mark.parametrize("fun", [rosenbrock, rosenbrock_in_numpy])
def test_stop_iteration_ends_the_run_with_the_best_point_kept(fun):
    def callback(intermediate_result):
        if intermediate_result.nit == 7:
            raise StopIteration

    result = talweg.minimize(fun, START, callback=callback)
    assert not result.success
    assert result.status == talweg.Status.STOPPED
    assert result.message == "stopped by the caller; the best point is kept"
    assert result.nit == 7
    assert len(result.trace) == 8
    assert result.fun == result.trace.fun.min()
    assert result.fun == pytest.approx(rosenbrock_in_numpy(result.x))


def test_stopped_while_it_climbs_the_best_point_is_an_earlier_one():
    def callback(x):
        if np.abs(x).max() > 10.0:
            raise StopIteration

    def bowl(x):
        return np.linalg.norm(x) ** 2

    result = talweg.minimize(bowl, [1.0], method="gradient", step=1.2, callback=callback)
    assert result.status == talweg.Status.STOPPED
    assert np.array_equal(result.x, [1.0])
    assert result.trace.fun[-1] > 100.0


def test_another_error_in_a_callback_comes_through():
    def callback(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        talweg.minimize(rosenbrock, START, callback=callback)


@pytest.mark.parametrize("fun", [rosenbrock_in_numpy, lambda x: np.sum(np.abs(x - 0.3))])
def test_a_callback_is_never_called_twice_for_an_iteration(fun):
    seen = []
    result = talweg.minimize(fun, START, callback=lambda x: seen.append(x.copy()), max_iter=200)
    assert len(seen) == result.nit


def test_a_built_in_is_a_callback_too():
    seen = []
    result = talweg.minimize(rosenbrock, START, callback=seen.append)
    assert len(seen) == result.nit


@pytest.mark.parametrize("callback", [1, "print", [print]], ids=str)
def test_what_can_not_be_called_is_no_callback(callback):
    with pytest.raises(TypeError, match="callback must be callable, not"):
        talweg.minimize(rosenbrock, START, callback=callback)


# Whole problems


def test_a_model_s_parameters_in_a_nest_are_found_as_scipy_finds_them():
    rng = np.random.default_rng(0)
    t = np.linspace(0.0, 4.0, 60)
    y = 2.5 * np.exp(-1.3 * t) + 0.5 + 0.01 * rng.normal(size=t.size)

    def loss(p):
        return jnp.sum((p["height"] * jnp.exp(-p["rates"][0] * t) + p["rates"][1] - y) ** 2)

    result = talweg.minimize(loss, {"height": 1.0, "rates": [1.0, 0.0]}, tol=1e-8)
    expected, _ = scipy.optimize.curve_fit(
        lambda t, a, b, c: a * np.exp(-b * t) + c, t, y, p0=[1.0, 1.0, 0.0]
    )
    assert result.success
    assert np.allclose([result.x["height"], *result.x["rates"]], expected, rtol=1e-5)


def test_in_a_box_it_ends_where_scipys_l_bfgs_b_does():
    bounds = [(-2.0, 0.5), (-1.0, 0.8), (0.2, None), (None, 0.3), (-1.5, 2.0), (None, None)]
    start = far_start(6)
    expected = scipy.optimize.minimize(
        scipy.optimize.rosen, start, jac=scipy.optimize.rosen_der, method="L-BFGS-B",
        bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    result = talweg.minimize(rosenbrock, start, bounds=bounds, tol=1e-9)
    assert result.success
    assert result.fun == pytest.approx(expected.fun, rel=1e-9)
    assert np.allclose(result.x, expected.x, atol=1e-5)
    by_class = talweg.minimize(
        rosenbrock, start, bounds=scipy.optimize.Bounds(*result_bounds(bounds)), tol=1e-9
    )
    assert np.array_equal(by_class.x, result.x)


def result_bounds(pairs):
    low = [-np.inf if a is None else a for a, _ in pairs]
    high = [np.inf if b is None else b for _, b in pairs]
    return low, high
