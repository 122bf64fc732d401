"""A gradient that the user has written takes the place of the automatic one."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg

TARGET = np.array([1.0, -2.0, 0.5])
START = np.array([-1.2, 1.0, 0.25])
NEST = {"a": START[:2], "b": (np.array(START[2]),)}


def valley(x):
    return np.sum(np.square(x - TARGET)) + 5.0 * (x[1] - x[0] ** 2) ** 2


def slope(x):
    twist = 10.0 * (x[1] - x[0] ** 2)
    return 2.0 * (x - TARGET) + twist * np.array([-2.0 * x[0], 1.0, 0.0])


def flat(p):
    return np.array([p["a"][0], p["a"][1], p["b"][0]])


def nested(vector):
    return {"a": vector[:2], "b": (vector[2],)}


class Counted:
    def __init__(self, fun):
        self.fun, self.calls = fun, 0

    def __call__(self, *args):
        self.calls += 1
        return self.fun(*args)


def path(fun, x0, **options):
    return np.array([state.x for state in talweg.descend(fun, x0, **options)])


METHODS = ["lbfgs", "conjugate_gradient", "barzilai_borwein", "gradient", "adam"]


@pytest.mark.parametrize("method", METHODS)
def test_the_iterates_are_those_of_the_automatic_gradient(method):
    automatic = path(valley, START, method=method, max_iter=12)
    for fun, jac in ((valley, slope), (lambda x: (valley(x), slope(x)), True)):
        given = path(fun, START, method=method, max_iter=12, jac=jac)
        assert np.allclose(given, automatic, rtol=0.0, atol=1e-9)


def test_a_box_and_held_coordinates_hold():
    options = {"bounds": ([-0.75, -0.25, -1.0], 0.75), "fixed": [False, False, True]}
    start = START / 2.0
    automatic = path(valley, start, max_iter=12, **options)
    given = path(valley, start, max_iter=12, jac=slope, **options)
    assert np.allclose(given, automatic, rtol=0.0, atol=1e-9)
    assert np.all(given[:, 2] == start[2])
    assert np.any(given == -0.25)


@pytest.mark.parametrize("method", METHODS)
def test_every_call_is_counted(method):
    fun, jac = Counted(valley), Counted(slope)
    result = talweg.minimize(fun, START, method=method, jac=jac, max_iter=30)
    assert fun.calls == jac.calls == result.nfev == result.njev
    both = Counted(lambda x: (valley(x), slope(x)))
    again = talweg.minimize(both, START, method=method, jac=True, max_iter=30)
    assert both.calls == again.nfev == result.nfev


def test_it_ends_where_scipy_does():
    result = talweg.minimize(valley, START, jac=slope, tol=1e-9)
    theirs = scipy.optimize.minimize(
        valley, START, jac=slope, method="BFGS", options={"gtol": 1e-9}
    )
    assert result.success
    assert np.allclose(result.x, theirs.x, rtol=0.0, atol=1e-8)
    assert np.array_equal(result.jac, slope(result.x))


@pytest.mark.parametrize("jac", [lambda p: nested(slope(flat(p))), True], ids=["jac", "True"])
def test_a_nest_has_a_gradient_of_its_own_structure(jac):
    def fun(p):
        value = valley(flat(p))
        return (value, nested(slope(flat(p)))) if jac is True else value

    result = talweg.minimize(fun, NEST, jac=jac)
    plain = talweg.minimize(valley, START, jac=slope)
    assert flat(result.x).tobytes() == plain.x.tobytes()
    assert result.nfev == plain.nfev
    assert list(result.x) == ["a", "b"]


def test_in_a_nest_a_row_of_numbers_is_an_array():
    def jac(p):
        return {"a": slope(flat(p))[:2].tolist(), "b": slope(flat(p))[2:].tolist()}

    result = talweg.minimize(lambda p: valley(flat(p)), {"a": [-1.2, 1.0], "b": [0.25]}, jac=jac)
    assert flat(result.x).tobytes() == talweg.minimize(valley, START, jac=slope).x.tobytes()


@pytest.mark.parametrize(
    "convert",
    [list, tuple, jnp.asarray, lambda g: g.astype(np.longdouble), lambda g: g.astype(object)],
    ids=["list", "tuple", "jax", "long double", "objects"],
)
def test_any_array_like_is_a_gradient(convert):
    given = path(valley, START, jac=lambda x: convert(slope(x)), max_iter=8)
    assert np.allclose(given, path(valley, START, jac=slope, max_iter=8), rtol=1e-5, atol=1e-5)


def test_a_number_has_a_number_for_a_gradient():
    result = talweg.minimize(lambda x: (x - 3.0) ** 2, 0.0, jac=lambda x: 2.0 * (x - 3.0))
    assert result.success
    assert float(result.x) == pytest.approx(3.0)


def test_float32_stays_float32():
    seen = []

    def jac(x):
        seen.append(x.dtype)
        return slope(x)

    result = talweg.minimize(valley, START.astype(np.float32), jac=jac)
    assert result.success
    assert set(seen) == {np.dtype(np.float32)}
    assert result.x.dtype == result.jac.dtype == np.float32


def test_what_jax_could_differentiate_is_evaluated_in_python_all_the_same():
    seen = []

    def fun(x):
        seen.append(type(x))
        return jnp.sum((x - TARGET) ** 2)

    result = talweg.minimize(fun, START, jac=lambda x: 2.0 * (x - TARGET))
    assert np.allclose(result.x, TARGET, rtol=0.0, atol=1e-6)
    assert set(seen) == {np.ndarray}


def test_args_are_passed_to_both():
    def fun(x, a, b):
        return np.sum(a * np.square(x - b))

    def jac(x, a, b):
        return 2.0 * a * (x - b)

    result = talweg.minimize(fun, START, (np.array([1.0, 2.0, 3.0]), 0.5), jac=jac)
    assert np.allclose(result.x, 0.5, rtol=0.0, atol=1e-6)
    result = talweg.minimize(lambda x, b: fun(x, 1.0, b), START, 0.5, jac=lambda x, b: 2 * (x - b))
    assert np.allclose(result.x, 0.5, rtol=0.0, atol=1e-6)


def test_the_automatic_gradient_is_not_needed():
    def through_the_back_door(x):  # neither JAX nor autograd can follow it
        return float(str(valley(x)))

    result = talweg.minimize(through_the_back_door, START, jac=slope)
    assert result.x.tobytes() == talweg.minimize(valley, START, jac=slope).x.tobytes()


# Neither function can get at the iterates


def spoiling(fun):
    def spoils(x):
        value = fun(x)
        x[:] = 7.0
        return value

    return spoils


def test_writing_into_the_point_changes_nothing():
    expected = path(valley, START, jac=slope, max_iter=12)
    start = START.copy()
    for fun, jac in (
        (spoiling(valley), slope),
        (valley, spoiling(slope)),
        (spoiling(valley), spoiling(slope)),
        (spoiling(lambda x: (valley(x), slope(x))), True),
    ):
        assert np.array_equal(path(fun, start, jac=jac, max_iter=12), expected)
        assert np.array_equal(start, START)


def test_a_gradient_that_is_written_into_the_same_array_every_time_is_copied():
    buffer = np.zeros(3)

    def jac(x):
        buffer[:] = slope(x)
        return buffer

    found = path(valley, START, jac=jac, max_iter=12)
    assert np.array_equal(found, path(valley, START, jac=slope, max_iter=12))


# Errors


@pytest.mark.parametrize(
    "jac",
    [False, "2-point", 3, [slope], np.ones(3)],
    ids=["False", "text", "number", "list", "array"],
)
def test_what_is_neither_callable_nor_true_is_refused(jac):
    with pytest.raises(TypeError, match="it must be callable, True or None"):
        talweg.minimize(valley, START, jac=jac)


@pytest.mark.parametrize(
    ("gradient", "error", "words"),
    [
        (np.ones(2), ValueError, r"gradient of shape \(2,\), but x0 has \(3,\)"),
        (np.ones((3, 1)), ValueError, r"shape \(3, 1\), but x0 has \(3,\)"),
        (1.0, ValueError, r"shape \(\), but x0 has \(3,\)"),
        ([1.0, [2.0, 3.0], 4.0], TypeError, "rows of different lengths"),
        (np.ones(3) + 0j, TypeError, "jac returned complex numbers"),
        (None, TypeError, "jac returned None"),
        (["a", "b", "c"], TypeError, "must be an array of numbers"),
        ({"a": np.ones(3)}, ValueError, r"but x0 has \(3,\)"),
    ],
    ids=["short", "column", "number", "ragged", "complex", "none", "text", "dict"],
)
def test_a_wrong_gradient_of_an_array_is_refused(gradient, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(valley, START, jac=lambda x: gradient)
    with pytest.raises(error, match=words):
        talweg.minimize(lambda x: (valley(x), gradient), START, jac=True)


@pytest.mark.parametrize(
    ("gradient", "error", "words"),
    [
        ({"a": np.ones(2), "c": (np.ones(()),)}, ValueError, "the gradient has the structure"),
        ({"a": np.ones(2), "b": [np.float64(1.0), 2.0]}, ValueError, r"\(2,\), \(2,\), but x0 has"),
        ({"a": np.ones(2)}, ValueError, r"shape \(2,\), but x0 has \(2,\), \(\)"),
        ({"a": np.ones(3), "b": (1.0,)}, ValueError, r"\(3,\), \(\), but x0 has \(2,\), \(\)"),
        (np.ones(3), ValueError, r"\(3,\), but x0 has \(2,\), \(\)"),
        (None, TypeError, "jac returned None"),
        ({"a": np.ones(2) * 1j, "b": (1.0,)}, TypeError, "complex"),
    ],
    ids=["key", "more", "less", "longer", "flat", "none", "complex"],
)
def test_a_wrong_gradient_of_a_nest_is_refused(gradient, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(lambda p: valley(flat(p)), NEST, jac=lambda p: gradient)


@pytest.mark.parametrize("gradient", [None, "steep", np.ones(1), 1j], ids=repr)
def test_a_wrong_gradient_of_a_number_is_refused(gradient):
    with pytest.raises((TypeError, ValueError), match="gradient"):
        talweg.minimize(lambda x: x**2, 1.0, jac=lambda x: gradient)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (1.0, "its value and its gradient, not a float"),
        ((1.0, np.ones(3), 3), "not a tuple"),
        (np.ones(2), "not a ndarray"),
        (None, "not a NoneType"),
    ],
    ids=["value", "three", "array", "none"],
)
def test_with_true_the_function_must_return_both(returned, words):
    with pytest.raises(TypeError, match=words):
        talweg.minimize(lambda x: returned, START, jac=True)


@pytest.mark.parametrize("value", [np.ones(3), None, "low", 1j, (1.0, np.ones(3))], ids=repr)
def test_the_value_must_be_one_real_number(value):
    with pytest.raises(ValueError, match="it must return"):
        talweg.minimize(lambda x: value, START, jac=slope)


def test_a_start_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="the objective is inf at x0"):
        talweg.minimize(lambda x: np.inf, START, jac=slope)
    with pytest.raises(ValueError, match=r"the gradient is nan at x0\[1\]"):
        talweg.minimize(valley, START, jac=lambda x: np.array([1.0, np.nan, 1.0]))


def test_errors_of_both_functions_come_through():
    def fails(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        talweg.minimize(fails, START, jac=slope)
    with pytest.raises(ZeroDivisionError):
        talweg.minimize(valley, START, jac=fails)
