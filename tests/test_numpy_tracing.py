"""Functions in plain NumPy, differentiated through autograd: right gradients, clear refusals."""

import math

import autograd.numpy as anp
import autograd.scipy.special
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import talweg
from talweg.numpy_tracing import NotDifferentiable, value_and_gradient

X = np.array([0.7, 1.9, 0.4, 2.3, 1.1, 0.9])


def finite_differences(fun, x, h=1e-6):
    slope = np.zeros_like(x)
    for i in range(x.size):
        step = np.zeros_like(x)
        step[i] = h
        slope[i] = (fun(x + step) - fun(x - step)) / (2.0 * h)
    return slope


def in_place_sum(x):
    total = np.zeros(3) + x[:3]
    total += x[3:] ** 2
    total *= 2.0
    return np.sum(total**2)


def with_control_flow(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 1.0 and x[i] != 5.0:
            total += x[i] ** 3
        elif x[i] <= 0.5:
            total -= x[i]
        else:
            total = total + np.exp(x[i])
    return total


def unpacks(x):
    a, b, *rest = x
    return a * b + sum(rest) ** 2


def with_reports(x):
    total = np.sum(x**2)
    print(total, f"{total:.3f}", repr(x), str(total), str(x.shape))
    return total


FUNCTIONS = {
    "norm": np.linalg.norm,
    "norm of differences": lambda x: np.linalg.norm(np.diff(x)),
    "norm of every second": lambda x: np.linalg.norm(np.diff(x[0 : x.size : 2])),
    "norm, axis": lambda x: np.sum(np.linalg.norm(x.reshape(2, 3), axis=1)),
    "slices": lambda x: np.sum(x[1:-1] * x[:-2] - x[::-1][2:]),
    "index arrays": lambda x: np.sum(x[[0, 0, 2]] ** 2) + np.sum(x[x > 1.0] ** 3),
    "two axes": lambda x: np.sum(x.reshape(2, 3)[:, 1] * x.reshape((2, 3))[1, :2]),
    "transpose": lambda x: np.sum(np.diff(x.reshape(2, 3).T, axis=0)[0] ** 2 * np.arange(2.0)),
    "rows": lambda x: sum(np.linalg.norm(row) for row in x.reshape(2, 3)),
    "unpacking": unpacks,
    "matrix product": lambda x: x @ np.diag(np.arange(6.0)) @ x + np.arange(6.0) @ x,
    "dot": lambda x: np.dot(np.ones((6, 6)), x)[0] ** 2 + x.dot(x),
    "einsum": lambda x: np.einsum("i,i->", x, x),
    "where": lambda x: np.sum(np.where(x > 1.0, x**2, 3.0 * x)),
    "stack": lambda x: np.sum(np.stack([x[0] * x[1], x[2]]) ** 2),
    "concatenate": lambda x: np.sum(np.concatenate([x[:2] ** 2, [1.0], x[4:]]) ** 2),
    "vstack": lambda x: np.sum(np.vstack([x, 2.0 * x])[0] ** 3),
    "array of values": lambda x: np.sum(np.array([x[0] * x[1], x[2]]) ** 2),
    "methods": lambda x: x.sum() * x.mean() + x.max() - x.min() + x.prod() + x.std() + x.T.sum(),
    "reductions": lambda x: np.add.reduce(x**2) + np.maximum.reduce(x) + np.multiply.reduce(x),
    "maximum": lambda x: np.sum(np.maximum(x, 1.0) * np.minimum(x, 2.0)),
    "clip": lambda x: np.sum(np.clip(x, 0.5, 2.0) ** 2),
    "elementary": lambda x: np.sum(np.sin(x) + np.cos(x) * np.log(x) + np.sqrt(x) + np.arctan(x)),
    "powers": lambda x: np.sum(x**3 + 2.0**x + x**x + 1.0 / x - (-x) / 3 + abs(x) + (x % 1.0)),
    "from the right": lambda x: np.sum(1.0 - x + 2.0 * x / np.ones(6) - np.arange(6.0) * x),
    "cumsum, sort": lambda x: np.sum(np.cumsum(x) ** 2) + np.sum(np.sort(x) * np.arange(6.0)),
    "roll, pad": lambda x: np.sum(np.roll(x, 1) * x) + np.sum(np.pad(x, 1, mode="constant") ** 2),
    "solve, det": lambda x: np.sum(np.linalg.solve(np.diag(x), x**2)) + np.linalg.det(np.diag(x)),
    "fft": lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2),
    "gammaln": lambda x: np.sum(scipy.special.gammaln(x) + scipy.special.erf(x)),
    "column_stack": lambda x: np.sum(np.column_stack([x[:2], x[2:4] ** 2]) ** 2),
    "hstack": lambda x: np.sum(np.hstack([x[:2], x[2:4] ** 2]) ** 2),
    "copy": lambda x: np.sum(x.copy() ** 2),
    "in place": in_place_sum,
    "control flow": with_control_flow,
    "prints": with_reports,
    "autograd.numpy": lambda x: anp.sum(anp.sin(x) * x[0]) + anp.linalg.norm(x),
    "autograd's array": lambda x: anp.sum(anp.array([x[0] * x[1], x[2]]) ** 2),
    "autograd's stack": lambda x: anp.sum(anp.stack([x[:3], x[3:]])[0] ** 3),
    "autograd's concatenate": lambda x: anp.sum(anp.concatenate([x[:2] ** 2, x[4:]]) ** 2),
    "autograd.scipy": lambda x: anp.sum(autograd.scipy.special.gammaln(x)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_gradient_are_right(name):
    fun = FUNCTIONS[name]
    expected = finite_differences(fun, X)
    found = talweg.gradient(fun, X)
    assert np.allclose(found, expected, rtol=2e-7, atol=2e-7)
    try:
        value, slope = value_and_gradient(fun, X)
    except NotDifferentiable:
        # only autograd's own array can be put into a plain one
        value, slope = value_and_gradient(fun, X, proxy=False)
    assert float(value) == pytest.approx(float(fun(X)), rel=1e-13)
    assert np.allclose(slope, expected, rtol=2e-7, atol=2e-7)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(float, 5, elements=st.floats(-3.0, 3.0).filter(lambda v: abs(v) > 1e-3)))
def test_gradient_of_a_mixture_is_right_everywhere(x):
    def fun(x):
        return np.sum(np.tanh(x[1:]) * x[:-1] ** 2) + np.linalg.norm(x) * np.mean(x)

    _, slope = value_and_gradient(fun, x)
    assert np.allclose(slope, finite_differences(fun, x), rtol=1e-5, atol=1e-5)


def test_prints_show_numbers(capsys):
    value_and_gradient(with_reports, np.array([3.0, 4.0]))
    assert capsys.readouterr().out == "25.0 25.000 array([3., 4.]) 25.0 (2,)\n"


def test_a_constant_has_the_gradient_zero_without_a_warning():
    value, slope = value_and_gradient(lambda x: np.sum(np.ones(3)), X)
    assert value == 3.0
    assert np.array_equal(slope, np.zeros(6))


def test_float32_stays_float32():
    value, slope = value_and_gradient(np.linalg.norm, X.astype(np.float32))
    assert np.asarray(value).dtype == np.float32
    assert slope.dtype == np.float32


def assigns(x):
    x[0] = 1.0
    return np.sum(x)


def assigns_values(x):
    total = np.zeros(3)
    total[0] = x[0]
    return np.sum(total)


def writes_into(x):
    total = np.zeros(6)
    np.add(total, x, out=total)
    return np.sum(total)


def adds_to_an_array(x):
    total = np.zeros(6)
    total += x
    return np.linalg.norm(total)


REFUSED = {
    "assignment": (assigns, "assigning into an array.*numpy.where"),
    "assignment of values": (assigns_values, "assignment into a plain array.*numpy.stack"),
    "out": (writes_into, "numpy.add writes into an existing array.*a = a . b"),
    "flat": (lambda x: sum(v**2 for v in x.flat) + np.linalg.norm(x), "know .flat of an array"),
    "real": (lambda x: np.linalg.norm(x.real), "know .real of an array"),
    "in-place sum": (adds_to_an_array, "numpy.add writes into an existing array"),
    "float": (lambda x: float(x[0]) ** 2, r"float\(\).*lose the gradient"),
    "math": (lambda x: math.sin(x[0]), "numpy.sin for math.sin"),
    "asarray": (lambda x: np.exp(np.asarray(x))[0], "asarray.*lose the gradient.*numpy.stack"),
    "array of arrays": (lambda x: np.exp(np.array([x[0], x[1]])).sum(), "numpy.stack"),
    "unknown function": (lambda x: np.interp(0.5, x, x), "VJP of interp"),
    "median": (np.median, "VJP of median"),
    "unknown ufunc": (lambda x: np.sum(np.cbrt(x)), "VJP of cbrt"),
    "unknown special": (lambda x: np.sum(scipy.special.airy(x)[0]), "airy"),
    "accumulate": (lambda x: np.sum(np.add.accumulate(x)), "numpy.add.accumulate"),
    "unknown method": (lambda x: x.tobytes(), r"know .tobytes\(\) of an array"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_differentiated_is_refused_by_name(name):
    fun, words = REFUSED[name]
    with pytest.raises(TypeError, match=words):
        value_and_gradient(fun, X)
    with pytest.raises(TypeError, match="could not be differentiated. With autograd: .*" + words):
        talweg.minimize(fun, X)


def test_the_argument_is_never_changed():
    x = X.copy()
    with pytest.raises(TypeError):
        value_and_gradient(assigns, x)
    assert np.array_equal(x, X)
