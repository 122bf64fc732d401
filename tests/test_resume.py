"""A descent that is interrupted and goes on takes the way of one that never stopped."""

import dataclasses
import functools
import itertools
import os
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import talweg
from talweg import run

TARGET = (1.0, -2.0, 0.5)
START = np.array([-1.2, 1.0, 0.25])
BOX = {"bounds": ([-2.0, -0.5, -1.0], [0.75, 2.0, 1.0])}
HELD = {"fixed": [False, False, True]}
CURVATURES = np.linspace(1.0, 20.0, 12)


def valley(x):
    return jnp.sum((x - jnp.array(TARGET)) ** 2) + 5.0 * (x[1] - x[0] ** 2) ** 2


def valley_in_numpy(x):
    return np.linalg.norm(x - np.array(TARGET)) ** 2 + 5.0 * (x[1] - x[0] ** 2) ** 2


def valley_of_a_nest(p):
    return valley_in_numpy(np.array([p["a"][0], p["a"][1], p["b"][0]]))


def kinked(x):
    return np.sum(np.maximum(x - 0.3, 7.0 * (0.3 - x)))


def bowl(x):
    return jnp.sum(CURVATURES * x**2) / 2.0 - jnp.sum(x)


def badly_scaled_bowl(x):
    return jnp.sum(jnp.logspace(-4.0, 0.0, 12) * x**2) / 2.0 - jnp.sum(x)


def cooling(k):
    return 0.1 / (1.0 + k / 50.0)


@dataclasses.dataclass(frozen=True)
class Case:
    """A descent: everything that is given to it."""

    fun: Any
    x0: Any
    options: dict[str, Any]

    def minimize(self, **more):
        return talweg.minimize(self.fun, self.x0, **{**self.options, **more})

    def descend(self, **more):
        return talweg.descend(self.fun, self.x0, **{**self.options, **more})


NARROW = START.astype(np.float32)
NEST = {"a": START[:2], "b": (np.array(START[2]),)}
CASES = {
    "lbfgs": Case(valley, START, {}),
    "lbfgs, float32": Case(valley, NARROW, {}),
    "lbfgs, NumPy, box, held": Case(valley_in_numpy, START, {**BOX, **HELD}),
    "conjugate gradient": Case(valley, START, {"method": "conjugate_gradient"}),
    "conjugate gradient, NumPy": Case(valley_in_numpy, START, {"method": "conjugate_gradient"}),
    "linear": Case(bowl, np.zeros(12), {"method": "conjugate_gradient"}),
    "linear, verified again": Case(
        badly_scaled_bowl, np.zeros(12), {"method": "conjugate_gradient", "tol": 1e-12}
    ),
    "barzilai borwein": Case(valley, START, {"method": "barzilai_borwein", **BOX, **HELD}),
    "barzilai borwein, NumPy": Case(valley_in_numpy, START, {"method": "barzilai_borwein"}),
    "gradient, NumPy": Case(valley_in_numpy, START, {"method": "gradient", "max_iter": 25}),
    "gradient, box": Case(valley, START, {"method": "gradient", "step": 0.02, **BOX}),
    "momentum, NumPy, box": Case(
        valley_in_numpy, START, {"method": "momentum", "max_iter": 25, **BOX}
    ),
    "nesterov, NumPy, held": Case(
        valley_in_numpy, START, {"method": "nesterov", "step": 0.01, "max_iter": 25, **HELD}
    ),
    "sign, NumPy": Case(
        valley_in_numpy, START, {"method": "sign", "step": cooling, "max_iter": 25}
    ),
    "adam": Case(valley, START, {"method": "adam", "step": cooling, "max_iter": 700, "tol": 0.0}),
    "adam, float32": Case(
        valley, NARROW, {"method": "adam", "step": cooling, "max_iter": 300, "tol": 0.0, **HELD}
    ),
    "optax, NumPy, float32, box": Case(
        valley_in_numpy, NARROW, {"method": optax.adamw(0.05), "max_iter": 25, **BOX}
    ),
    "nest, NumPy": Case(valley_of_a_nest, NEST, {"method": "conjugate_gradient"}),
}


@functools.cache
def uninterrupted(name):
    return CASES[name].minimize()


@functools.cache
def iterates(name):
    """Return all iterates of the descent that isn't interrupted."""
    points = [as_bytes(state.x) for state in CASES[name].descend()]
    return points[: uninterrupted(name).nit + 1]  # the last one may be told twice


def as_bytes(x):
    if isinstance(x, dict):
        return b"".join(as_bytes(part) for part in x.values())
    if isinstance(x, tuple):
        return b"".join(as_bytes(part) for part in x)
    return np.asarray(x).tobytes()


def check_same(found, expected):
    assert (found.nit, found.nfev, found.status) == (expected.nit, expected.nfev, expected.status)
    assert found.message == expected.message
    assert as_bytes(found.x) == as_bytes(expected.x)
    assert as_bytes(found.jac) == as_bytes(expected.jac)
    assert (found.fun, found.gradient_norm) == (expected.fun, expected.gradient_norm)
    for field in ("iteration", "fun", "gradient_norm", "step", "evaluations"):
        ours, theirs = getattr(found.trace, field), getattr(expected.trace, field)
        assert ours.tobytes() == theirs.tobytes(), field
    assert len(found.trace.seconds) == len(expected.trace.seconds)
    assert np.all(np.diff(found.trace.seconds) >= 0.0)


# How a descent can be interrupted: each goes on from `earlier` and stops at about iteration `k`.


def by_max_iter(case, k, earlier):
    return case.minimize(max_iter=k, resume=earlier)


def by_callback(case, k, earlier):
    def callback(intermediate_result):
        if intermediate_result.nit >= k:
            raise StopIteration

    return case.minimize(callback=callback, resume=earlier)


def by_sending(case, k, earlier):
    return sent(case.descend(resume=earlier), lambda state: state.iteration >= k)


def between_iterates(case, k, earlier):
    """Stop after `k` evaluations, in the middle of a line search perhaps."""
    evaluations = itertools.count(1 if earlier is None else earlier.nfev)
    with pytest.MonkeyPatch.context() as patch:  # let it have a look after every evaluation
        for name, value in (("SECONDS", 0.0), ("OPERATIONS", 0.0), ("TURNS", 1)):
            patch.setattr(run, f"_CHUNK_{name}", value)
        return sent(case.descend(resume=earlier, every=None), lambda _: next(evaluations) >= k)


def sent(stream, enough):
    stop = None
    while True:
        try:
            stop = enough(stream.send(stop))
        except StopIteration as end:
            return end.value


WAYS = [by_max_iter, by_callback, by_sending, between_iterates]


@pytest.mark.parametrize("name", CASES)
def test_goes_on_after_every_kind_of_interruption_at_several_points(name, tmp_path):
    case, expected = CASES[name], uninterrupted(name)
    for number, way in enumerate(WAYS):
        for k in sorted({number, 5 + 2 * number, expected.nit - 1}):
            earlier = way(case, k, None)
            check_same(case.minimize(resume=earlier), expected)
    earlier = case.minimize(max_iter=3)
    earlier.save(tmp_path / "earlier")
    check_same(case.minimize(resume=talweg.load_result(tmp_path / "earlier")), expected)


@pytest.mark.parametrize("name", CASES)
def test_the_iterates_are_those_that_would_have_come(name):
    earlier = CASES[name].minimize(max_iter=5)
    states = list(CASES[name].descend(resume=earlier))
    assert states[0].iteration == 5
    points = [as_bytes(state.x) for state in states]
    assert points[: uninterrupted(name).nit - 4] == iterates(name)[5:]


INTERRUPTIONS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(0, 60)), min_size=1, max_size=4
).map(lambda plan: sorted(plan, key=lambda part: part[1]))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        ["lbfgs", "conjugate gradient", "barzilai borwein", "linear, verified again", "nest, NumPy"]
    ),
    INTERRUPTIONS,
)
@example("conjugate gradient", [(between_iterates, k) for k in (1, 17, 33)])
@example("linear, verified again", [(by_max_iter, k) for k in range(3, 60, 2)])
def test_goes_on_after_several_interruptions_in_a_row(name, plan):
    case, result = CASES[name], None
    for way, k in plan:
        result = way(case, k, result)
    check_same(case.minimize(resume=result), uninterrupted(name))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=3).map(sorted), st.sampled_from(WAYS))
@example([256], by_max_iter)
@example([255, 256, 257, 511, 512, 513], by_max_iter)
def test_a_schedule_goes_on_beyond_the_sizes_it_was_asked_for_at_once(stops, way):
    case, result = CASES["adam"], None
    for k in stops:
        result = way(case, k, result)
    check_same(case.minimize(resume=result), uninterrupted("adam"))


@pytest.mark.parametrize("name", ["conjugate gradient, NumPy", "gradient, NumPy", "lbfgs"])
def test_some_of_these_interruptions_are_in_the_middle_of_a_search(name):
    endings = [between_iterates(CASES[name], k, None) for k in range(1, 15)]
    searching = [ending.nfev - ending.trace.evaluations[-1] for ending in endings]
    assert [ending.nfev for ending in endings] == list(range(1, 15))
    assert min(searching) == 0
    assert max(searching) >= 1
    for ending in endings[::4]:
        check_same(CASES[name].minimize(resume=ending), uninterrupted(name))


def test_a_schedule_is_not_asked_beyond_the_end_nor_twice_for_a_step():
    asked = []

    def sizes(k):
        asked.append(k)
        return [0.1, 0.05, 0.02, 0.01, 0.005][k]

    options = {"method": "sign", "step": sizes}
    first = talweg.minimize(valley_in_numpy, START, max_iter=3, **options)
    assert asked == [0, 1, 2]
    second = talweg.minimize(valley_in_numpy, START, max_iter=5, resume=first, **options)
    assert max(asked) == 4
    check_same(second, talweg.minimize(valley_in_numpy, START, max_iter=5, **options))


def test_resuming_leaves_the_earlier_result_as_it_was(tmp_path):
    case = CASES["lbfgs"]
    earlier = case.minimize(max_iter=4)
    earlier.save(tmp_path / "before")
    for _ in range(2):
        check_same(case.minimize(resume=earlier), uninterrupted("lbfgs"))
    before = talweg.load_result(tmp_path / "before")
    check_same(earlier, before)
    assert earlier.trace.seconds.tobytes() == before.trace.seconds.tobytes()
    for ours, theirs in zip(earlier.checkpoint.leaves, before.checkpoint.leaves, strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_the_time_goes_on_too():
    case = CASES["lbfgs"]
    earlier = case.minimize(max_iter=4)
    later = case.minimize(resume=earlier)
    assert later.trace.seconds[:5].tobytes() == earlier.trace.seconds.tobytes()
    assert later.trace.seconds[5] > earlier.trace.seconds[-1]


OTHER_PROCESS = """
import sys
import jax.numpy as jnp
import numpy as np
import talweg

def valley(x):
    return jnp.sum((x - jnp.array([1.0, -2.0, 0.5])) ** 2) + 5.0 * (x[1] - x[0] ** 2) ** 2

earlier = talweg.load_result(sys.argv[1])
later = talweg.minimize(valley, [-1.2, 1.0, 0.25], resume=earlier)
print(later.nit, later.nfev, later.x.tobytes().hex(), later.trace.fun.tobytes().hex())
"""


def test_another_process_goes_on_from_the_file(tmp_path):
    CASES["lbfgs"].minimize(max_iter=6).save(tmp_path / "earlier.npz")
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "earlier.npz")],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    nit, nfev, x, values = done.stdout.split()
    expected = uninterrupted("lbfgs")
    assert (int(nit), int(nfev)) == (expected.nit, expected.nfev)
    assert x == expected.x.tobytes().hex()
    assert values == expected.trace.fun.tobytes().hex()


# Callbacks and limits


def test_over_all_its_parts_a_callback_sees_every_iteration_once():
    seen = []

    def until_five(intermediate_result):
        seen.append(intermediate_result.nit)
        if intermediate_result.nit == 5:
            raise StopIteration

    case = CASES["lbfgs"]
    earlier = case.minimize(callback=until_five)
    later = case.minimize(callback=until_five, resume=earlier)
    assert seen == list(range(1, later.nit + 1))
    check_same(later, uninterrupted("lbfgs"))


def test_max_iter_counts_from_the_first_start():
    case = CASES["gradient, box"]
    earlier = case.minimize(max_iter=10)
    later = case.minimize(max_iter=15, resume=earlier)
    assert (later.nit, later.status) == (15, talweg.Status.MAX_ITERATIONS)
    assert "stopped after max_iter=15" in later.message
    again = case.minimize(max_iter=7, resume=later)
    assert (again.nit, again.nfev) == (15, later.nfev)
    assert again.status == talweg.Status.MAX_ITERATIONS


class Counted:
    """The valley, its gradient written by hand, and the number of calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return valley_in_numpy(x)

    @staticmethod
    def gradient(x):
        twist = 10.0 * (x[1] - x[0] ** 2)
        return 2.0 * (x - np.array(TARGET)) + twist * np.array([-2.0 * x[0], 1.0, 0.0])


def test_what_has_converged_is_not_evaluated_again():
    fun = Counted()
    first = talweg.minimize(fun, START, jac=fun.gradient)
    assert first.success
    assert fun.calls == first.nfev
    second = talweg.minimize(fun, START, jac=fun.gradient, resume=first)
    assert fun.calls == first.nfev
    check_same(second, first)


@pytest.mark.parametrize("name", ["lbfgs", "linear", "linear, verified again", "barzilai borwein"])
def test_what_has_converged_stays_as_it_is(name):
    first = uninterrupted(name)
    assert first.success
    check_same(CASES[name].minimize(resume=first), first)


def test_the_linear_method_had_to_verify_its_minimum_more_than_once():
    result = uninterrupted("linear, verified again")
    assert result.nfev > result.nit + 2  # the start, and one verification


def test_a_smaller_tolerance_goes_on_from_what_has_converged():
    case = CASES["lbfgs"]
    first = case.minimize(tol=1e-2)
    assert first.success
    check_same(case.minimize(resume=first), uninterrupted("lbfgs"))


@pytest.mark.parametrize("method", ["gradient", "conjugate_gradient"])
def test_what_has_stalled_stays_as_it_is(method):
    first = talweg.minimize(kinked, [1.0, 2.0, 2.5], method=method)
    assert first.status == talweg.Status.STALLED
    check_same(talweg.minimize(kinked, [1.0, 2.0, 2.5], method=method, resume=first), first)


def test_converged_to_the_working_precision_is_converged():
    def offset(x):
        return valley_in_numpy(x) + 1e4

    first = talweg.minimize(offset, START, tol=0.0)
    assert "converged to the working precision" in first.message
    check_same(talweg.minimize(offset, START, tol=0.0, resume=first), first)


def test_what_has_settled_stays_as_it_is():
    case = CASES["gradient, box"]
    first = case.minimize(step_tol=1e-3)
    assert first.status == talweg.Status.SETTLED
    check_same(case.minimize(step_tol=1e-3, resume=first), first)


def test_what_fell_without_end_stays_as_it_is():
    def falls(x):
        return jnp.sum(x) - jnp.sum(jnp.exp(x))

    first = talweg.minimize(falls, START)
    assert first.status in (talweg.Status.UNBOUNDED, talweg.Status.NOT_FINITE)
    check_same(talweg.minimize(falls, START, resume=first), first)


# What can't be gone on from


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "gradient"}, "was one by Descent.*LBFGS.*this one is by Descent.*Gradient"),
        ({"memory": 5}, r"memory=\d+.*memory=5"),
        ({"step": "backtracking"}, "StrongWolfe.*Backtracking"),
        ({"step": talweg.StrongWolfe(curvature=0.5)}, "curvature=0.9.*curvature=0.5"),
        ({"method": optax.adam(0.1)}, "this one is by Optax"),
        ({"bounds": (0.0, 1.0)}, "other coordinates, another precision, or was with bounds"),
    ],
)
def test_another_method_or_option_is_refused(options, words):
    earlier = CASES["lbfgs"].minimize(max_iter=2)
    with pytest.raises(ValueError, match=words):
        CASES["lbfgs"].minimize(resume=earlier, **options)


@pytest.mark.parametrize(
    "x0",
    [
        START.astype(np.float32),
        np.append(START, 1.0),
        START[:2],
        {"a": START, "b": np.zeros(2)},
    ],
    ids=["float32", "one more", "one less", "a nest"],
)
def test_other_coordinates_are_refused(x0):
    earlier = CASES["lbfgs"].minimize(max_iter=2)
    with pytest.raises(ValueError, match="other coordinates, another precision"):
        talweg.minimize(
            lambda x: sum(jnp.sum(leaf**2) for leaf in jax.tree_util.tree_leaves(x)),
            x0,
            resume=earlier,
        )


def test_other_held_coordinates_are_refused_and_the_free_ones_do_not_matter():
    case = CASES["barzilai borwein"]
    earlier = case.minimize(max_iter=2)
    moved = dataclasses.replace(case, x0=[-1.2, 1.0, 0.5])
    with pytest.raises(ValueError, match="held coordinates of x0 are not those of the result"):
        moved.minimize(resume=earlier)
    elsewhere = dataclasses.replace(case, x0=[-1.1, 0.8, 0.25])
    check_same(elsewhere.minimize(resume=earlier), uninterrupted("barzilai borwein"))


@pytest.mark.parametrize(
    "what",
    [START, "earlier.npz", 3, {}, optax.adam(0.1)],
    ids=["array", "path", "number", "dict", "optax"],
)
def test_only_a_result_can_be_gone_on_from(what):
    with pytest.raises(TypeError, match=f"resume is a {type(what).__name__}: it must be the resul"):
        CASES["lbfgs"].minimize(resume=what)


def test_a_result_of_scipy_is_none_of_ours():
    import scipy.optimize

    theirs = scipy.optimize.minimize(valley_in_numpy, START)
    with pytest.raises(TypeError, match="resume is a OptimizeResult"):
        CASES["lbfgs"].minimize(resume=theirs)
