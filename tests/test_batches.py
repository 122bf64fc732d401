"""Descending on batches of data, another one at every evaluation."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import talweg

RNG = np.random.default_rng(5)
A = RNG.normal(size=(60, 3))
TRUTH = np.array([1.0, -2.0, 0.5])
B = A @ TRUTH + 0.1 * RNG.normal(size=60)
START = np.zeros(3)


def squares(x, batch):
    a, b = batch
    return jnp.mean((a @ x - b) ** 2) / 2.0


def squares_in_numpy(x, batch):
    a, b = batch
    return np.linalg.norm(np.dot(a, x) - b) ** 2 / (2.0 * len(b))


def gradient_by_hand(x, batch):
    a, b = batch
    return a.T @ (a @ x - b) / len(b)


FUNCTIONS = [squares, squares_in_numpy]
SGD = {"method": "gradient", "step": 0.1}


def shuffled(size, count, seed=0):
    """Yield batches of rows, drawn anew for every pass over the data; the last one is smaller."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.permutation(60)
        for i in range(0, 60, size):
            if count == 0:
                return
            count -= 1
            yield A[rows[i : i + size]], B[rows[i : i + size]]


class Told:
    """Batches that count how many of them were asked for."""

    def __init__(self, batches):
        self.batches, self.asked = iter(batches), 0

    def __iter__(self):
        return self

    def __next__(self):
        batch = next(self.batches)
        self.asked += 1
        return batch


# The way


@pytest.mark.parametrize("fun", FUNCTIONS)
@pytest.mark.parametrize("method", ["gradient", "momentum", "nesterov", "sign", "adam"])
def test_with_all_of_the_data_in_every_batch_it_is_the_deterministic_descent(fun, method):
    options = {"method": method, "step": lambda k: 0.1 / (1 + k)}
    whole = talweg.minimize(fun, START, ((A, B),), max_iter=15, tol=0.0, **options)
    batched = talweg.minimize(fun, START, batches=[(A, B)] * 16, **options)
    assert (batched.nit, batched.nfev) == (15, 16)
    for field in ("fun", "gradient_norm", "step"):
        ours, theirs = getattr(batched.trace, field), getattr(whole.trace, field)
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-14), field
    assert np.allclose(batched.x, whole.x, rtol=1e-12)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_the_iterates_are_those_of_stochastic_gradient_descent(fun):
    batches = list(shuffled(7, 20))
    x, points, values = START, [START], []
    for batch in batches:
        values.append(float(np.sum((batch[0] @ x - batch[1]) ** 2) / (2.0 * len(batch[1]))))
        x = x - 0.1 * gradient_by_hand(x, batch)
        points.append(x)
    assert len({len(b) for _, b in batches}) == 2  # the last ones of a pass are smaller
    states = list(talweg.descend(fun, START, batches=iter(batches), **SGD))
    assert np.allclose([state.x for state in states[:20]], points[:20], rtol=0.0, atol=1e-13)
    assert np.allclose([state.fun for state in states[:20]], values, rtol=1e-12)


def test_optax_takes_batches_too():
    batches = list(shuffled(10, 12))
    theirs = talweg.minimize(squares_in_numpy, START, batches=batches, method=optax.sgd(0.1))
    ours = talweg.minimize(squares_in_numpy, START, batches=batches, **SGD)
    assert theirs.nit == 11
    assert np.allclose(theirs.x, ours.x, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_a_shrinking_step_comes_near_the_solution_of_numpy(fun):
    solution = np.linalg.lstsq(A, B, rcond=None)[0]
    result = talweg.minimize(
        fun, START, batches=shuffled(12, 400), method="gradient", step=lambda k: 0.3 * 0.985**k
    )
    assert np.abs(result.x - solution).max() < 1e-3
    assert np.abs(START - solution).max() > 1.9
    assert result.nit == 399


def test_adam_comes_near_the_solution_of_numpy():
    solution = np.linalg.lstsq(A, B, rcond=None)[0]
    result = talweg.minimize(
        squares_in_numpy, START, batches=shuffled(12, 400), method="adam",
        step=lambda k: 0.1 * 0.99**k,
    )  # fmt: skip
    assert np.abs(result.x - solution).max() < 2e-3


# What a batch may be


def test_batches_may_come_as_a_list_a_generator_or_one_array():
    rows = np.column_stack([A, B]).reshape(6, 10, 4)

    def of_rows(x, rows):
        return jnp.mean((rows[:, :3] @ x - rows[:, 3]) ** 2)

    ends = [
        talweg.minimize(of_rows, START, batches=batches, **SGD).x
        for batches in (rows, list(rows), (batch for batch in rows), map(jnp.asarray, rows))
    ]
    assert np.array_equal(ends[0], ends[1])
    assert np.array_equal(ends[0], ends[2])
    assert np.allclose(ends[0], ends[3], rtol=1e-6)  # JAX's arrays are of float32


def test_a_batch_may_be_a_dict_of_arrays_with_whole_numbers_as_labels():
    labels = RNG.integers(0, 3, 40)
    values = np.array([0.5, -1.0, 2.0])[labels] + 0.01 * RNG.normal(size=40)

    def loss(x, batch, weight):
        return weight * jnp.mean((x[batch["label"]] - batch["value"]) ** 2)

    batches = [{"label": labels[i::4], "value": values[i::4]} for i in range(4)] * 40
    result = talweg.minimize(loss, START, (0.5,), batches=batches, method="gradient", step=0.5)
    means = [values[labels == k].mean() for k in range(3)]
    assert np.abs(result.x - means).max() < 0.02


def test_a_batch_may_be_a_number():
    result = talweg.minimize(
        lambda x, b: jnp.sum((x - b) ** 2) / 2.0, 0.0, batches=[1.0, 2, True, 0.5],
        method="gradient", step=0.5,
    )  # fmt: skip
    assert result.x == ((0.0 + 1.0) / 2.0 + 2.0) / 2.0 * 0.5 + 0.5  # the last is only looked at
    assert result.fun == (result.x - 0.5) ** 2 / 2.0


def test_numbers_in_batches_are_data_and_not_compiled_into_the_function():
    traced = []

    def loss(x, batch):
        traced.append(1)
        return (x - batch["b"]) ** 2

    talweg.minimize(loss, 0.0, batches=[{"b": float(i)} for i in range(20)], **SGD)
    assert len(traced) == 1


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_bounds_and_held_coordinates_hold(fun):
    start = np.array([0.25, -0.5, 0.1])
    low, high = np.array([-1.0, -1.0, -1.0]), np.array([0.75, 1.0, 0.2])
    states = list(
        talweg.descend(
            fun, start, batches=shuffled(7, 40), bounds=(low, high),
            fixed=[False, False, True], **SGD,
        )
    )  # fmt: skip
    x, points = start, []
    for batch in shuffled(7, 40):
        points.append(x)
        slope = gradient_by_hand(x, batch) * [1.0, 1.0, 0.0]
        x = np.clip(x - 0.1 * slope, low, high)
    found = np.array([state.x for state in states[:40]])
    assert np.allclose(found, points, rtol=0.0, atol=1e-13)
    assert np.all((found >= low) & (found <= high))
    assert np.all(found[:, 2] == 0.1)
    assert np.any(found[:, 0] == 0.75)


# The end


@pytest.mark.parametrize("fun", FUNCTIONS)
def test_the_end_of_the_batches_is_the_end(fun):
    told = Told(shuffled(20, 5))
    result = talweg.minimize(fun, START, batches=told, **SGD)
    assert result.status == talweg.Status.EXHAUSTED == 7
    assert result.message == "stopped: the batches are used up; the last point is kept"
    assert not result.success
    assert (result.nit, result.nfev, told.asked) == (4, 5, 5)


@pytest.mark.parametrize("max_iter", [0, 1, 7])
def test_max_iter_ends_it_earlier_and_takes_no_batch_more_than_it_evaluates(max_iter):
    told = Told(shuffled(20, 100))
    result = talweg.minimize(squares_in_numpy, START, batches=told, max_iter=max_iter, **SGD)
    assert result.status == talweg.Status.MAX_ITERATIONS
    assert result.nit == max_iter
    assert told.asked == result.nfev == max_iter + 1


@pytest.mark.parametrize("method", ["gradient", "adam"])
def test_the_last_point_is_returned_not_the_one_of_the_easiest_batch(method):
    easy, hard = 3.0, 100.0  # at the start the value on the easy batch is zero
    result = talweg.minimize(
        lambda x, b: np.sum(np.square(x - b)), np.full(3, easy), batches=[easy, hard, hard],
        method=method, step=0.1,
    )  # fmt: skip
    assert result.trace.fun[0] == 0.0
    assert result.nit == 2
    assert result.fun == result.trace.fun[-1] > 0.0
    assert result.fun == pytest.approx(3.0 * (result.x[0] - hard) ** 2)


def test_there_is_no_tolerance_but_a_given_one():
    batches = [0.0, 0.0, 1.0, 1.0]

    def loss(x, b):
        return np.sum(np.square(x - b))

    assert talweg.minimize(loss, START, batches=batches, **SGD).nit == 3
    result = talweg.minimize(loss, START, batches=batches, tol=1e-3, **SGD)
    assert result.success
    assert result.nit == 0


def test_a_callback_is_called_once_for_an_iteration():
    seen = []
    result = talweg.minimize(
        squares_in_numpy, START, batches=shuffled(20, 9), callback=seen.append, **SGD
    )
    assert len(seen) == result.nit == 8


def test_the_rest_of_the_batches_goes_on_where_the_first_of_them_ended():
    batches = list(shuffled(20, 30))
    options = {"method": "momentum", "step": lambda k: 0.1 / (k + 1)}
    whole = talweg.minimize(squares_in_numpy, START, batches=batches, **options)
    earlier = None
    for part in (batches[:1], batches[1:13], batches[13:]):
        earlier = talweg.minimize(squares_in_numpy, START, batches=part, resume=earlier, **options)
        assert earlier.status == talweg.Status.EXHAUSTED
    assert earlier.x.tobytes() == whole.x.tobytes()
    assert earlier.trace.fun.tobytes() == whole.trace.fun.tobytes()
    with pytest.raises(ValueError, match="bounds or batches"):
        talweg.minimize(squares_in_numpy, START, ((A, B),), resume=earlier, **options)


def test_a_batch_that_is_not_finite_ends_it_and_the_point_before_is_kept():
    def loss(x, b):
        return np.linalg.norm(x - b) ** 2

    clean = talweg.minimize(loss, START, batches=[1.0, 2.0], **SGD)
    result = talweg.minimize(loss, START, batches=[1.0, 2.0, np.nan, 3.0], **SGD)
    assert result.status == talweg.Status.NOT_FINITE
    assert result.x.tobytes() == clean.x.tobytes()
    assert np.isfinite(result.trace.fun).all()


# Errors


@pytest.mark.parametrize(
    ("batches", "error", "words"),
    [
        ([], ValueError, "batches is empty"),
        (iter(()), ValueError, "batches is empty"),
        (5, TypeError, "batches is a int: it must be an iterable of batches"),
        ("abc", TypeError, "batches is a str"),
        ({"a": A}, TypeError, "batches is a dict"),
        (squares, TypeError, "batches is a function"),
    ],
    ids=["list", "iterator", "number", "text", "dict", "function"],
)
def test_what_is_no_row_of_batches_is_refused(batches, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(squares, START, batches=batches, **SGD)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "lbfgs", "step": 0.1},
        {"method": "conjugate_gradient"},
        {"method": "barzilai_borwein"},
        {"method": "barzilai_borwein", "step": 0.1},
        {"method": "gradient"},
        {"method": "gradient", "step": "strong_wolfe"},
        {"method": "adam", "step": "backtracking"},
        {"method": "momentum", "step": talweg.Nonmonotone()},
    ],
    ids=str,
)
def test_what_compares_values_is_refused_and_the_message_says_what_to_take(options):
    told = Told(shuffled(20, 5))
    with pytest.raises(TypeError, match=r"can't be compared.*'adam' with a step size or a schedul"):
        talweg.minimize(squares, START, batches=told, **options)
    assert told.asked == 0


def test_a_gradient_of_one_s_own_is_refused():
    with pytest.raises(TypeError, match="batches and jac can't be given together"):
        talweg.minimize(squares, START, batches=shuffled(20, 5), jac=gradient_by_hand, **SGD)


def test_what_is_not_finite_at_the_start_is_said_by_the_same_batch():
    def logarithms(x, b):
        return np.sum(np.log(x - b))

    told = Told([5.0, -1.0, -1.0])  # only with the first of them is it not finite
    with pytest.raises(ValueError, match="the objective is nan at x0"):
        talweg.minimize(logarithms, np.ones(3), batches=told, **SGD)
    assert told.asked == 1
    with pytest.raises(ValueError, match=r"the gradient is nan at x0\[0\]"):
        talweg.minimize(
            lambda x, b: np.linalg.norm(x - b), np.ones(3), batches=iter([1.0, 2.0]), **SGD
        )


def test_an_error_of_the_function_on_a_later_batch_comes_through():
    with pytest.raises((TypeError, ValueError), match="shape"):
        talweg.minimize(squares, START, batches=[(A, B), (A[:, :2], B)], **SGD)


def test_an_error_of_the_generator_comes_through():
    def broken():
        yield A, B
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        talweg.minimize(squares, START, batches=broken(), **SGD)
