"""The loop: what it yields, when it ends, and why."""

import itertools
import time

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import talweg


def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_in_numpy(x):
    return 100.0 * np.linalg.norm(x[1:] - x[:-1] ** 2) ** 2 + np.linalg.norm(1.0 - x[:-1]) ** 2


def rosenbrock_gradient(x):
    slope = np.zeros_like(x)
    slope[1:] += 200.0 * (x[1:] - x[:-1] ** 2)
    slope[:-1] -= 400.0 * x[:-1] * (x[1:] - x[:-1] ** 2) + 2.0 * (1.0 - x[:-1])
    return slope


START = np.array([-1.2, 1.0])
FUNCTIONS = [rosenbrock, rosenbrock_in_numpy]


def run(*arguments, **options):
    """Return all states and the ending."""
    stream, states = talweg.descend(*arguments, **options), []
    while True:
        try:
            states.append(next(stream))
        except StopIteration as end:
            return states, end.value


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_states_tell_the_truth_about_themselves(fun):
    states, ending = run(fun, START)
    assert [state.iteration for state in states[:-1]] == list(range(len(states) - 1))
    before = START
    for state in states:
        assert state.fun == pytest.approx(float(rosenbrock_in_numpy(state.x)), rel=1e-9, abs=1e-20)
        norm = np.abs(rosenbrock_gradient(state.x)).max()
        assert state.gradient_norm == pytest.approx(norm, rel=1e-6, abs=1e-11)
        moved = np.sqrt(np.mean((state.x - before) ** 2))
        assert state.step == pytest.approx(moved, rel=1e-6, abs=1e-15)
        before = state.x
    assert all(s.status == talweg.Status.RUNNING for s in states[:-1])
    assert states[-1].status == ending.status == talweg.Status.CONVERGED
    seconds = [state.seconds for state in states]
    assert all(0.0 < a <= b for a, b in itertools.pairwise(seconds))
    evaluations = [state.evaluations for state in states]
    assert evaluations == sorted(set(evaluations))
    assert evaluations[0] == 1
    assert np.array_equal(ending.trace.fun, [state.fun for state in states])
    assert np.array_equal(ending.trace.evaluations, evaluations)
    assert np.array_equal(ending.x, states[-1].x)


def test_the_step_is_the_root_mean_square_of_the_free_coordinates():
    fixed = [False, True, True, False]
    states, _ = run(
        lambda x: np.linalg.norm(x) ** 2, [1.0, 5.0, 5.0, 2.0], fixed=fixed, method="gradient",
        step=0.25, max_iter=1,
    )  # fmt: skip
    assert states[1].step == pytest.approx(np.sqrt((0.5**2 + 1.0**2) / 2.0))


@pytest.mark.parametrize("fun", FUNCTIONS)
@pytest.mark.parametrize("every", [1, 4, 1000, None])
def test_how_often_it_yields_changes_nothing_else(fun, every):
    options = {"method": "gradient", "step": 1e-3, "max_iter": 30, "tol": 0.0}
    _, expected = run(fun, START, **options)
    states, ending = run(fun, START, every=every, **options)
    assert ending.x.tobytes() == expected.x.tobytes()
    assert ending.trace.fun.tobytes() == expected.trace.fun.tobytes()
    assert ending.nit == 30
    assert states[-1].iteration == 30
    if every is not None:
        asked = sorted({*range(0, 31, every), 30})
        assert [state.iteration for state in states] == asked
    for state in states:
        assert state.fun == expected.trace.fun[state.iteration]


def test_long_runs_keep_every_iterate_in_the_trace():
    _, ending = run(
        rosenbrock, START, method="gradient", step=1e-4, max_iter=2500, tol=0.0, every=None
    )
    assert np.array_equal(ending.trace.iteration, np.arange(2501))
    x, values = START, []
    for _ in range(2501):
        values.append(rosenbrock_in_numpy(x))
        x = x - 1e-4 * rosenbrock_gradient(x)
    assert np.allclose(ending.trace.fun, values, rtol=1e-9)


@pytest.mark.parametrize("fun", FUNCTIONS)
@pytest.mark.parametrize("max_iter", [0, 1, 2])
def test_stops_after_max_iter(fun, max_iter):
    states, ending = run(fun, START, max_iter=max_iter)
    assert len(states) == max_iter + 1
    assert ending.nit == max_iter
    assert not ending.success
    assert ending.status == talweg.Status.MAX_ITERATIONS
    assert f"stopped after max_iter={max_iter} iterations" in ending.message
    if max_iter == 0:
        assert np.array_equal(ending.x, START)
        assert ending.nfev == 1


def test_a_start_at_the_minimum_is_the_end():
    states, ending = run(rosenbrock, [1.0, 1.0], max_iter=0)
    assert len(states) == 1
    assert ending.success
    assert (ending.nit, ending.nfev, ending.fun) == (0, 1, 0.0)


@pytest.mark.parametrize("tol", [1.0, 1e-3, 1e-9])
def test_converges_at_the_first_iterate_within_tol(tol):
    states, ending = run(rosenbrock, START, tol=tol)
    assert ending.success
    assert states[-1].gradient_norm <= tol < states[-2].gradient_norm
    assert f"within tol={tol:.3g}" in ending.message


def test_step_tol_ends_it_after_three_short_steps():
    states, ending = run(
        lambda x: np.linalg.norm(x) ** 2, [1.0], method="gradient", step=0.25, tol=0.0,
        step_tol=0.01,
    )  # fmt: skip
    steps = [state.step for state in states]  # 0.5, 0.25, ...: halved every time
    assert ending.success
    assert ending.status == talweg.Status.SETTLED
    assert "step_tol=0.01" in ending.message
    assert all(step <= 0.01 for step in steps[-3:])
    assert all(step > 0.01 for step in steps[1:-3])


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_anything_true_sent_in_ends_it_there(fun):
    stream = talweg.descend(fun, START)
    for _ in range(5):
        state = next(stream)
    with pytest.raises(StopIteration) as end:
        stream.send("enough")
    ending = end.value.value
    assert ending.status == talweg.Status.STOPPED
    assert not ending.success
    assert ending.message == "stopped by the caller; the best point is kept"
    assert ending.nit == 4
    assert np.array_equal(ending.x, state.x)


def test_a_loop_may_be_left_early():
    stream = talweg.descend(rosenbrock, START)
    for state in stream:
        if state.iteration == 3:
            break
    stream.close()
    assert list(stream) == []


def test_errors_come_at_the_first_next():
    stream = talweg.descend(rosenbrock, [1])
    with pytest.raises(TypeError, match="int64"):
        next(stream)


@pytest.mark.parametrize("method", ["gradient", "lbfgs", "conjugate_gradient"])
@pytest.mark.parametrize("slope", [2.0, 7.0])
def test_a_kink_is_said_to_be_one(method, slope):
    def kinked(x):
        return np.sum(np.maximum(x - 0.3, slope * (0.3 - x)))

    _, ending = run(kinked, [1.0, 2.1], method=method, max_iter=2000)
    assert ending.status == talweg.Status.STALLED
    assert not ending.success
    assert "no step lowers the value any more" in ending.message
    assert "may not be smooth" in ending.message
    rounding = 10.0 * np.finfo(float).eps * np.abs(ending.trace.fun[:-1])
    assert np.all(np.diff(ending.trace.fun) <= rounding)


def test_the_working_precision_is_good_enough():
    _, ending = run(lambda x: np.sum(np.square(x - 1.0)) + 1e4, [3.0, 2.0], tol=0.0)
    assert ending.success
    assert np.allclose(ending.x, 1.0, atol=1e-5)


@pytest.mark.parametrize(
    "method", ["gradient", "lbfgs", "conjugate_gradient", "momentum", "nesterov", "sign"]
)
def test_a_function_that_falls_without_end_is_said_to(method):
    _, ending = run(lambda x: jnp.sum(x) - jnp.sum(jnp.exp(x)), [1.0, 2.0], method=method)
    assert not ending.success
    assert np.isfinite(ending.x).all()
    assert np.isfinite(ending.fun)
    if ending.status != talweg.Status.NOT_FINITE:
        assert ending.status == talweg.Status.UNBOUNDED
        assert "falls without end" in ending.message


def test_a_linear_function_falls_as_far_as_the_iterations_go():
    _, ending = run(lambda x: x[0] - 2.0 * x[1], [1.0, 2.0], max_iter=50)
    assert not ending.success
    assert ending.fun < -1e6


def barrier(x):
    return -jnp.log(x[0]) + 3.0 * x[0] + (x[1] - 1.0) ** 2


@pytest.mark.parametrize("method", ["lbfgs", "gradient", "conjugate_gradient", "momentum"])
def test_the_edge_of_the_domain_is_stepped_back_from(method):
    _, ending = run(barrier, [20.0, 20.0], method=method)
    assert ending.success
    assert np.allclose(ending.x, [1.0 / 3.0, 1.0], rtol=0.0, atol=1e-6)


def test_live_views_are_served_about_twenty_times_a_second():
    def slow(x):
        time.sleep(0.002)
        return np.linalg.norm(x) ** 2

    states, _ = run(slow, [1.0], method="gradient", step=1e-3, max_iter=300, tol=0.0, every=None)
    gaps = np.diff([state.seconds for state in states[8:]])
    assert np.median(gaps) < 0.2
    assert 5 <= len(states) < 150


# Options


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"max_iter": -1}, ValueError, "max_iter is -1: it must be at least 0"),
        ({"max_iter": 1.5}, TypeError, "max_iter is 1.5: it must be a whole number"),
        ({"max_iter": True}, TypeError, "max_iter"),
        ({"max_iter": "10"}, TypeError, "max_iter"),
        ({"every": 0}, ValueError, "every is 0"),
        ({"every": 2.0}, TypeError, "every"),
        ({"tol": -1e-3}, ValueError, "tol is -0.001: it must be finite and not negative"),
        ({"tol": np.nan}, ValueError, "tol"),
        ({"tol": "small"}, TypeError, "tol is 'small'"),
        ({"tol": [1e-3]}, TypeError, "tol"),
        ({"step_tol": np.inf}, ValueError, "step_tol"),
        ({"step_tol": None, "tol": 1j}, TypeError, "tol"),
        (
            {"method": "simplex"}, ValueError,
            "'simplex' is unknown; choose from gradient, sign, momentum, nesterov, adam",
        ),
        ({"method": "lbfgs", "momentum": 0.9}, TypeError, "no option 'momentum'; it takes memory"),
        ({"method": "gradient", "memory": 5}, TypeError, "takes no options of its own"),
        ({"method": "nesterov", "beta": 0.9}, TypeError, "it takes momentum"),
        ({"method": "momentum", "momentum": 1.0}, ValueError, "momentum is 1.0"),
        ({"method": "momentum", "momentum": -0.1}, ValueError, "momentum"),
        ({"method": "momentum", "momentum": "0.9"}, ValueError, "momentum"),
        ({"method": optax.adam}, TypeError, "neither a name"),
        ({"method": None}, TypeError, "neither a name"),
        ({"method": 3}, TypeError, "neither a name"),
        ({"step": "armijo"}, ValueError, "'armijo' is unknown; choose from backtracking, non"),
        ({"maxiter": 10}, TypeError, "no option 'maxiter'"),
    ],
)  # fmt: skip
def test_options_that_can_not_be_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(
            rosenbrock, START, **{k: v for k, v in options.items() if k != "every"}
        ) if ("every" not in options) else next(talweg.descend(rosenbrock, START, **options))


def test_a_method_s_class_is_refused_and_its_instance_taken():
    from talweg.methods import LBFGS, Descent

    with pytest.raises(TypeError, match="neither a name"):
        talweg.minimize(rosenbrock, START, method=Descent)
    with pytest.raises(TypeError, match="neither a name"):
        talweg.minimize(rosenbrock, START, method=LBFGS())
    whole = Descent(LBFGS(memory=5), talweg.StrongWolfe())
    result = talweg.minimize(rosenbrock, START, method=whole)
    by_name = talweg.minimize(rosenbrock, START, method="lbfgs", memory=5)
    assert np.array_equal(result.x, by_name.x)
    with pytest.raises(TypeError, match="step: a method given as an object carries its own"):
        talweg.minimize(rosenbrock, START, method=whole, step=0.1)
