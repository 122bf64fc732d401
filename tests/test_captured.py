"""What a function reads besides its arguments, and that a compiled copy of it never goes stale."""

import functools
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.captured import signature

TARGET = np.array([1.0, 2.0])
SETTINGS = {"shift": 0.0}
FACTORS = {1.0}


def distance(x):
    return jnp.sum((x - TARGET) ** 2)


def through_another(x):
    return distance(x) + 0.0


def shifted(x):
    return jnp.sum((x - SETTINGS["shift"]) ** 2)


def scaled(x):
    return sum(FACTORS) * jnp.sum((x - 1.0) ** 2) + 0.0


class Model:
    """An objective with a state."""

    def __init__(self, target):
        self.target = target

    def loss(self, x):
        return jnp.sum((x - self.target) ** 2)

    def __call__(self, x):
        return self.loss(x)


class GlobalModel:
    """An objective that reads a global in a method it inherits."""

    def __call__(self, x):
        return jnp.sum((x - TARGET) ** 2)


class Inherited(GlobalModel):
    """Nothing of its own."""


def minimiser(fun):
    """Return the minimiser of a sum of squares by its gradient at the origin."""
    return -0.5 * talweg.gradient(fun, [0.0, 0.0])


def closure():
    target = np.array([1.0, 2.0])
    return (lambda x: jnp.sum((x - target) ** 2)), target


@pytest.mark.parametrize(
    "fun",
    [distance, through_another, GlobalModel(), Inherited()],
    ids=["itself", "through another", "an object", "inherited"],
)
def test_a_global_array_changed_in_place_is_noticed(fun, monkeypatch):
    monkeypatch.setitem(globals(), "TARGET", TARGET.copy())
    assert np.allclose(minimiser(fun), [1.0, 2.0])
    TARGET[:] = 5.0, -3.0
    assert np.allclose(minimiser(fun), [5.0, -3.0])


def test_a_global_that_is_assigned_anew_is_noticed(monkeypatch):
    assert np.allclose(talweg.minimize(distance, [0.0, 0.0]).x, [1.0, 2.0])
    monkeypatch.setitem(globals(), "TARGET", np.array([-1.0, 4.0]))
    assert np.allclose(talweg.minimize(distance, [0.0, 0.0]).x, [-1.0, 4.0])


def test_a_changed_entry_of_a_dict_is_noticed(monkeypatch):
    assert np.allclose(minimiser(shifted), 0.0)
    monkeypatch.setitem(SETTINGS, "shift", 3.0)
    assert np.allclose(minimiser(shifted), 3.0)


def test_a_changed_set_is_noticed():
    before = talweg.gradient(scaled, [2.0, 2.0])
    FACTORS.add(2.0)
    try:
        assert np.allclose(talweg.gradient(scaled, [2.0, 2.0]), 3.0 * before)
    finally:
        FACTORS.remove(2.0)


def test_a_closure_s_array_changed_in_place_is_noticed():
    fun, target = closure()
    assert np.allclose(minimiser(fun), [1.0, 2.0])
    target += 1.0
    assert np.allclose(minimiser(fun), [2.0, 3.0])


def test_a_closure_s_variable_that_is_assigned_anew_is_noticed():
    shift = 1.0

    def fun(x):
        return jnp.sum((x - shift) ** 2)

    assert np.allclose(minimiser(fun), 1.0)
    shift = 2.0
    assert np.allclose(minimiser(fun), 2.0)


@pytest.mark.parametrize("how", ["instance", "method", "partial", "wrapped", "jitted closure"])
def test_an_object_s_changed_state_is_noticed(how):
    model = Model(np.array([1.0, 2.0]))
    if how == "instance":
        fun = model
    elif how == "method":
        fun = model.loss
    elif how == "partial":
        fun = functools.partial(lambda m, x: m.loss(x), model)
    elif how == "wrapped":
        fun = functools.wraps(model.loss)(lambda x: model.loss(x) + 0.0)
    else:

        def fun(x):
            return jax.jit(lambda y: model.loss(y) + 0.0)(x)

    assert np.allclose(minimiser(fun), [1.0, 2.0])
    model.target = np.array([4.0, 4.0])
    assert np.allclose(minimiser(fun), [4.0, 4.0])


def test_changed_args_are_noticed():
    def fun(x, target, power, kind):
        distance = x - target
        return jnp.sum(distance**power) if kind == "sum" else jnp.max(distance**power)

    assert talweg.gradient(fun, [3.0, 3.0], TARGET, 2, "sum") == pytest.approx([4.0, 2.0])
    assert talweg.gradient(fun, [3.0, 3.0], TARGET + 1, 2, "sum") == pytest.approx([2.0, 0.0])
    assert talweg.gradient(fun, [3.0, 3.0], TARGET, 3, "sum") == pytest.approx([12.0, 3.0])
    assert talweg.gradient(fun, [3.0, 3.0], TARGET, 3, "max") == pytest.approx([12.0, 0.0])


def test_equal_lambdas_share_one_compilation_and_others_do_not():
    class Counter:  # with slots, so that its count is no part of what the function reads
        __slots__ = ("count",)

        def __init__(self):
            self.count = 0

        def add(self):
            self.count += 1

    counter = Counter()

    def make(scale):
        def fun(x):
            counter.add()
            return scale * jnp.sum(x**2)

        return fun

    talweg.minimize(make(1.0), [1.0, 2.0])
    once = counter.count
    assert once > 0
    for _ in range(3):
        talweg.minimize(make(1.0), [3.0, 4.0])
    assert counter.count == once
    talweg.minimize(make(2.0), [1.0, 2.0])
    assert counter.count == 2 * once
    talweg.minimize(make(1.0), [1.0, 2.0, 3.0])  # another shape
    assert counter.count == 3 * once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, 1),
        (True, 1),
        (0.0, -0.0),
        ("1", 1),
        (b"1", "1"),
        ([1, 2], (1, 2)),
        ([1, [2]], [1, 2]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        (np.zeros(3), np.zeros(3, np.float32)),
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(3), np.array([0.0, 0.0, 1e-300])),
        (np.float64(1.0), 1.0),
        ({1, 2}, {1, 3}),
        (lambda x: x + 1, lambda x: x + 2),
        (lambda x, a=1: x, lambda x, a=2: x),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (types.SimpleNamespace(a=1), types.SimpleNamespace(a=1)),
        (object(), object()),
    ],
)
def test_what_differs_has_another_signature(one, other):
    assert signature(one) != signature(other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: 1.5,
        lambda: [1, "a", None, 2j],
        lambda: {"a": np.float32(3), "b": (1, 2)},
        lambda: {"target": TARGET},
        lambda: {3, 4},
        lambda: lambda x: x + 1,
        lambda: functools.partial(max, [1]),
        lambda: float("nan"),
    ],
)
def test_what_is_made_the_same_way_has_the_same_signature(make):
    assert signature(make()) == signature(make())
    assert hash(signature(make())) == hash(signature(make()))


def test_an_equal_array_is_not_taken_for_one_that_was_changed_since():
    def make(target):
        return lambda x: jnp.sum((x - target) ** 2)

    first, second = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    assert np.allclose(minimiser(make(first)), [1.0, 2.0])
    first[:] = 7.0
    assert np.allclose(talweg.minimize(make(second), [0.0, 0.0]).x, [1.0, 2.0])


def test_what_refers_to_itself_has_a_signature():
    loop = [1]
    loop.append(loop)

    def recursive(x, depth=3):
        return x if depth == 0 else recursive(x, depth - 1)

    assert signature(loop) == signature(loop)
    assert signature(recursive) == signature(recursive)
    deep = functools.reduce(lambda inner, _: [inner], range(50), 1)
    assert signature(deep) == signature(deep)


def test_a_variable_that_is_not_assigned_yet_does_no_harm():
    def outer():
        def inner():
            return later

        found = signature(inner)
        later = 1
        return found, signature(inner)

    before, after = outer()
    assert before != after


def first(x):
    return second(x)


def second(x, scale=2.0):
    return third(x) * scale


def third(x, scale=2.0, *, power=2):
    return fourth(x) * scale**power


def fourth(x, scale=2.0):
    return jnp.sum(x**2) * scale


@pytest.mark.parametrize("depth", range(4))
def test_functions_that_read_functions_keep_their_signature(depth):
    value = first
    for _ in range(depth):
        value = [value]
    assert signature(value) == signature(value)
