"""Formulas: right values and derivatives, and errors that show where and say what to write."""

import copy
import math
import pickle
import re
import subprocess
import sys

import autograd
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import talweg
from talweg import differentiation
from talweg.formula import Formula, FormulaError, parse
from talweg.objective import precision, read_objective
from talweg.structure import read_start

PRECEDENCE = {
    "2 + 3*4": 14,
    "2*3 + 4": 10,
    "(2 + 3)*4": 20,
    "10 - 4 - 3": 3,
    "10 - (4 - 3)": 9,
    "48/4/3": 4,
    "48/4*3": 36,
    "2*3**2": 18,
    "2**3*2": 16,
    "-2^2": -4,
    "(-2)^2": 4,
    "2^3^2": 512,
    "(2^3)^2": 64,
    "2**-1": 0.5,
    "2**-2**2": 0.0625,
    "-2**-2": -0.25,
    "2**+3": 8,
    "2**-1*4": 2,
    "2**-4/2": 0.03125,
    "3*2**-1*4": 6,
    "2*-3": -6,
    "2 - -3": 5,
    "2--3": 5,
    "-+-+2": 2,
    "--2**2": 4,
    "6 / -3 + 1": -1,
    "1.5e1 + .5 + 1.": 16.5,
    "1E-1": 0.1,
    "007": 7,
    "-3\N{SUPERSCRIPT TWO}": -9,
    "2\N{SUPERSCRIPT THREE}**2": 64,
    "2**2\N{SUPERSCRIPT THREE}": 256,
    "2\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT ZERO}": 1024,
    "2\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT ONE}": 0.5,
    "(1 + 1)\N{SUPERSCRIPT TWO}": 4,
    "5 \N{MINUS SIGN} 3\N{MIDDLE DOT}2\N{MULTIPLICATION SIGN}2\N{DOT OPERATOR}1": -7,
    "\t2\n*\r\n3\N{NO-BREAK SPACE}": 6,
    "max(1, 2, -7) - min(3, 2, 5)": 0,
    "hypot(3, 4)*atan2(0, -1)/pi": 5,
    "log(e) + ln(e**2) + tau/pi": 5,
    "abs(-2) + sign(-3)": 1,
    "cbrt(-27)": -3,
    "log2(8) + log10(100) + sqrt(16)": 9,
}


@pytest.mark.parametrize("text", PRECEDENCE, ids=ascii)
def test_precedence_and_spelling(text):
    assert parse(text).variables == ()
    assert parse(text)([]) == pytest.approx(PRECEDENCE[text], rel=1e-15, abs=1e-15)


REAL = {
    "abs": math.fabs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "cbrt": math.cbrt,
    "cos": math.cos,
    "cosh": math.cosh,
    "erf": math.erf,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "sign": lambda x: math.copysign(1.0, x),
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}


def in_jax(formula, x):
    with precision(np.float64):
        return np.array(jax.jit(formula)(jnp.asarray(x)))


def gradient_in_jax(formula, x):
    return value_and_gradient_in_jax(formula, x)[1]


def value_and_gradient_in_jax(formula, x):
    with precision(np.float64):
        value, gradient = jax.jit(jax.value_and_grad(formula))(jnp.asarray(x))
        return float(value), np.array(gradient)


@pytest.mark.parametrize("name", REAL)
def test_functions_of_one_argument(name):
    formula = parse(f"{name}(x)")
    at = 0.3
    assert formula([at]) == pytest.approx(REAL[name](at), rel=1e-14)
    value, gradient = value_and_gradient_in_jax(formula, [at])
    assert value == pytest.approx(REAL[name](at), rel=1e-14)
    h = 1e-6
    slope = (REAL[name](at + h) - REAL[name](at - h)) / (2 * h)
    assert gradient[0] == pytest.approx(slope, rel=1e-8)
    assert parse(f"{name}({at})")([]) == formula([at])  # computed as it is read


TWO = {
    "atan2(y, x)": (math.atan2(4.0, 3.0), [-4 / 25, 3 / 25]),
    "hypot(x, y)": (5.0, [0.6, 0.8]),
    "min(x, y)": (3.0, [1.0, 0.0]),
    "max(x, 3.5, y)": (4.0, [0.0, 1.0]),
    "x**y": (81.0, [108.0, 81.0 * math.log(3.0)]),
    "2**x*y": (32.0, [32.0 * math.log(2.0), 8.0]),
    "x/y": (0.75, [0.25, -3 / 16]),
}


@pytest.mark.parametrize("text", TWO)
def test_operations_on_two_variables(text):
    value, slope = TWO[text]
    formula = parse(text)
    assert formula([3.0, 4.0]) == pytest.approx(value, rel=1e-14)
    compiled, gradient = value_and_gradient_in_jax(formula, [3.0, 4.0])
    assert compiled == pytest.approx(value, rel=1e-14)
    assert gradient == pytest.approx(np.array(slope), rel=1e-12)


REAL_FORMULAS = {
    "x**2 - y**2 + y**4/4": lambda x, y: x**2 - y**2 + y**4 / 4,
    "(x^2 + y - 11)^2 + (x + y^2 - 7)^2": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "100*(y - x**2)**2 + (1 - x)**2": lambda x, y: 100 * (y - x**2) ** 2 + (1 - x) ** 2,
    "-cos(x)*cos(y)*exp(-((x - pi)^2 + (y - pi)^2))": lambda x, y: (
        -np.cos(x) * np.cos(y) * np.exp(-((x - np.pi) ** 2 + (y - np.pi) ** 2))
    ),
    "20 + x^2 + y^2 - 10*(cos(tau*x) + cos(tau*y))": lambda x, y: (
        20 + x**2 + y**2 - 10 * (np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y))
    ),
    "1/(1 + x**2 + y**2) - 2**-y": lambda x, y: 1 / (1 + x**2 + y**2) - 2.0**-y,
    "log(1 + x^2)*sqrt(2 + y^2)/tanh(3 + x)": lambda x, y: (
        np.log(1 + x**2) * np.sqrt(2 + y**2) / np.tanh(3 + x)
    ),
    "(x - 2*y)^-3 + x*y^5": lambda x, y: 1 / (x - 2 * y) ** 3 + x * y**5,
}
POINTS = np.array([[0.4, -1.3], [1.7, 0.2], [-0.9, 2.1]]).T


@pytest.mark.parametrize("text", REAL_FORMULAS)
def test_formulas_against_the_same_in_python(text):
    formula, expected = parse(text), REAL_FORMULAS[text]
    assert formula.variables == ("x", "y")
    np.testing.assert_allclose(formula(POINTS), expected(*POINTS), rtol=1e-13)
    np.testing.assert_allclose(in_jax(formula, POINTS), expected(*POINTS), rtol=1e-12)


@pytest.mark.parametrize("text", REAL_FORMULAS)
def test_gradients_against_the_complex_step(text):
    formula = parse(text)
    compiled = jax.jit(jax.grad(formula))
    h = 1e-40
    for point in POINTS.T:
        steps = point[:, None] + 1j * h * np.eye(2)  # one column a coordinate
        expected = np.imag(REAL_FORMULAS[text](*steps)) / h
        with precision(np.float64):
            np.testing.assert_allclose(compiled(point), expected, rtol=1e-11)
        np.testing.assert_allclose(np.imag(formula(steps)) / h, expected, rtol=1e-11)
        np.testing.assert_allclose(autograd.grad(formula)(point), expected, rtol=1e-11)


def test_a_hessian_in_closed_form():
    with precision(np.float64):
        hessian = jax.jit(jax.hessian(parse("x**2 - y**2 + y**4/4")))(jnp.asarray([3.0, 2.0]))
    np.testing.assert_array_equal(hessian, [[2.0, 0.0], [0.0, 10.0]])


@pytest.mark.parametrize("at", [0.0, -1.5])
@pytest.mark.parametrize(
    "text", ["x**2", "x^(1 + 1)", "x\N{SUPERSCRIPT TWO}", "x**2.0", "x**(4/2)"]
)
def test_whole_powers_have_all_their_derivatives(text, at):
    formula = parse(text)
    with precision(np.float64):
        found = [np.array(formula(jnp.asarray(at)))]
        for _ in range(3):
            formula = jax.grad(formula)
            found.append(np.array(jax.jit(formula)(at)))
    assert [float(value) for value in found] == [at**2, 2 * at, 2.0, 0.0]


@pytest.mark.parametrize("power", [-64, -3, 0, 1, 63, 64, 65, 301])
def test_powers_of_negative_numbers(power):
    formula = parse(f"x**({power})")
    assert formula([-1.25]) == pytest.approx((-1.25) ** power, rel=1e-13)
    slope = gradient_in_jax(formula, [-1.25])[0]
    assert slope == pytest.approx(power * (-1.25) ** (power - 1), rel=1e-12)


# A tree is a number, a variable, or (operation, its parenthesised, *trees).
NUMBERS = st.sampled_from([0.0, 1.0, 2.0, 3.0, 0.5, 1.25, 10.0, 1e-3, 1e200])
SIGNS = {"neg": "-", "pos": "+"}
LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "pos": 3, "**": 4}
CALLS = {
    "sin": np.sin, "exp": np.exp, "sqrt": np.sqrt, "log": np.log, "abs": np.abs, "atan": np.arctan,
    "erf": scipy.special.erf, "cbrt": np.cbrt,
}  # fmt: skip


def branches(trees):
    extra = st.integers(0, 7)
    operations = st.sampled_from(["+", "-", "*", "/", "**"])
    return (
        st.tuples(operations, extra, trees, trees)
        | st.tuples(st.sampled_from(["neg", "pos"]), extra, trees)
        | st.tuples(st.sampled_from(sorted(CALLS)), extra, trees)
    )


TREES = st.recursive(NUMBERS | st.sampled_from(["x", "y"]), branches, max_leaves=15)


def value_of(tree, point):
    """Return the value of a tree by NumPy, in double precision throughout."""
    if isinstance(tree, float):
        return np.float64(tree)
    if isinstance(tree, str):
        return point[tree]
    operation, _, *trees = tree
    values = [value_of(inner, point) for inner in trees]
    if operation in CALLS:
        return CALLS[operation](*values)
    return {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
        "neg": np.negative, "pos": np.positive,
    }[operation](*values)  # fmt: skip


def is_constant(tree):
    if isinstance(tree, tuple):
        return all(map(is_constant, tree[2:]))
    return isinstance(tree, float)


def has_constant_without_value(tree):
    if not isinstance(tree, tuple):
        return False
    bare = is_constant(tree) and not np.isfinite(value_of(tree, {}))
    return bare or any(map(has_constant_without_value, tree[2:]))


def written(tree):
    """Return a tree as text with the parentheses it needs, and those it asks for, and its level."""
    if not isinstance(tree, tuple):
        return (repr(tree) if isinstance(tree, float) else tree), 5
    operation, extra, *trees = tree
    texts, levels = zip(*map(written, trees), strict=True)
    texts = [f"({t})" if extra >> i & 1 else t for i, t in enumerate(texts)]
    levels = [5 if extra >> i & 1 else level for i, level in enumerate(levels)]
    if operation in CALLS:
        return f"{operation}({texts[0]})", 5
    level = LEVELS[operation]
    if operation in SIGNS:
        inner = texts[0] if levels[0] >= level else f"({texts[0]})"
        return f"{SIGNS[operation]}{inner}", level
    left = levels[0] > level if operation == "**" else levels[0] >= level
    right = levels[1] >= 3 if operation == "**" else levels[1] > level
    space = " " * (extra >> 2 & 1)
    joined = f"{space}{operation}{space}".join(
        text if bare else f"({text})" for text, bare in zip(texts, (left, right), strict=True)
    )
    return joined, level


@given(TREES, st.floats(-4.0, 4.0), st.floats(-4.0, 4.0))
@settings(max_examples=400, deadline=None)
def test_random_formulas_against_their_trees(tree, x, y):
    text, _ = written(tree)
    point = {"x": np.float64(x), "y": np.float64(y)}
    with np.errstate(all="ignore"):
        if has_constant_without_value(tree):
            with pytest.raises(FormulaError, match=r"not a real number|infinite"):
                parse(text)
            return
        expected = value_of(tree, point)
    formula = parse(text)
    found = formula([point[name] for name in formula.variables])
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@given(TREES, st.floats(-4.0, 4.0), st.floats(-4.0, 4.0))
@settings(max_examples=400, deadline=None)
def test_random_formulas_against_python(tree, x, y):
    """Python reads the same text, its numbers in double precision, into the same value."""
    text, _ = written(tree)
    in_double = re.sub(r"[0-9][0-9.]*(e[+-]?[0-9]+)?", r"N(\g<0>)", text)
    names = {**CALLS, "N": np.float64, "x": np.float64(x), "y": np.float64(y), "__builtins__": {}}
    with np.errstate(all="ignore"):
        expected = eval(in_double, names)
    try:
        formula = parse(text)
    except FormulaError:
        return  # the test above says when
    found = formula([names[name] for name in formula.variables])
    np.testing.assert_allclose(found, expected, rtol=1e-13)


VARIABLES = {
    "y*x": ("x", "y"),
    "z + t + y": ("y", "z", "t"),
    "w + v + u + t + z + y + x": ("x", "y", "z", "t", "u", "v", "w"),
    "y": ("y",),
    "x1 - x0 + x2": ("x0", "x1", "x2"),
    "+".join(f"x{i}" for i in reversed(range(12))): tuple(f"x{i}" for i in range(12)),
    "e + pi": (),
    "x - x": ("x",),
}


@pytest.mark.parametrize("text", VARIABLES)
def test_variables_are_in_order(text):
    assert parse(text).variables == VARIABLES[text]


def test_coordinates_follow_the_order_of_the_variables():
    assert parse("100*t + 10*y + x")([1.0, 2.0, 3.0]) == 321.0
    assert parse("x2*100 + x10*0 + x1*10 + x0" + "".join(f"+0*x{i}" for i in range(3, 10)))(
        np.arange(1.0, 12.0)
    ) == pytest.approx(321.0)


def test_a_thousand_variables():
    formula = parse("+".join(f"x{i}" for i in range(1000)))
    assert len(formula.variables) == 1000
    assert formula(np.ones(1000)) == 1000.0


def test_several_points_at_once():
    formula = parse("x*y")
    x = np.arange(24.0).reshape(2, 3, 4)
    found = formula(x)
    assert found.shape == (3, 4)
    np.testing.assert_array_equal(found, x[0] * x[1])
    np.testing.assert_array_equal(in_jax(formula, x), x[0] * x[1])


@pytest.mark.parametrize("shape", [(), (2,), (2, 3, 4), (0,)])
def test_a_constant_is_the_same_everywhere(shape):
    formula = parse("3/2")
    x = np.zeros(shape)
    found = formula(x)
    assert np.shape(found) == shape[1:]
    assert np.all(found == 1.5)
    assert in_jax(formula, x).shape == shape[1:]
    assert np.all(gradient_in_jax(lambda point: jnp.sum(formula(point)), x) == 0.0)


def test_one_variable_may_be_a_plain_number():
    assert parse("x**2")(3) == 9.0
    assert parse("x**2")([3]) == 9.0
    assert talweg.minimize(parse("(x - 2)**2"), 0.0).x == pytest.approx(2.0)


def test_the_value_is_not_a_view_of_the_point():
    x = np.zeros((1, 3))
    for text in ("x", "+(x)"):
        parse(text)(x)[:] = 7.0
    assert np.all(x == 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_the_precision_of_the_point_is_kept(dtype):
    x = np.ones((2, 3), dtype)
    for text in ("2.5*x**2 + sin(y)/3 - 2**x", "3"):
        assert parse(text)(x).dtype == dtype
    with precision(np.float32 if dtype is np.float32 else np.float64):
        assert parse("2.5*x**2 + sin(y)/3 - 2**x")(jnp.asarray(x)).dtype == dtype


def test_whole_numbers_are_computed_as_floats():
    assert parse("x**-2 + 1/y")(np.array([2, 4])) == 0.5
    with precision(np.float64):
        assert parse("x**-2 + 1/y")(jnp.array([2, 4])) == 0.5
    assert parse("x**40")(np.array([10])) == 1e40


def test_arrays_of_jax_in_a_list():
    with precision(np.float64):
        slope = float(jax.grad(lambda a: parse("x*y**2")([a, a]))(2.0))
    assert slope == 12.0


def test_inside_a_function_in_numpy():
    """Which JAX can't trace, so that talweg hands autograd's arrays to it."""
    bowl, flat = parse("(x - 1)**2 + (y + 2)**2*erf(3)"), parse("4")

    def loss(x):
        shifted = np.stack([x[0] - 1.0, x[1]])
        return bowl(shifted) + np.sum(np.diff(shifted)) * 0.0 + flat(shifted)

    assert talweg.minimize(loss, np.zeros(2)).x == pytest.approx(np.array([2.0, -2.0]), abs=1e-6)
    assert autograd.grad(lambda x: flat(x) + x[0])(np.zeros(2)).tolist() == [1.0, 0.0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("text", "x", "value"),
    [("log(x)", -1.0, np.nan), ("1/x", 0.0, np.inf), ("exp(x)", 1e3, np.inf), ("0/x", 0.0, np.nan),
     ("x**0.5", -1.0, np.nan), ("(-2)**x", 0.5, np.nan), ("0**x", -1.0, np.inf),
     ("x*1e300*1e300", 1.0, np.inf), ("acos(x)", 2.0, np.nan)],
)  # fmt: skip
def test_what_has_no_value_is_not_finite_and_no_warning(text, x, value):
    np.testing.assert_equal(parse(text)([x]), value)
    np.testing.assert_equal(parse(text)(np.full((1, 2), x)), [value, value])
    np.testing.assert_equal(in_jax(parse(text), [x]), value)


def test_the_absolute_value_has_one_of_its_slopes_at_its_kink():
    assert abs(gradient_in_jax(parse("abs(x)"), [0.0])[0]) <= 1.0


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0], np.zeros((3, 2)), 1.0, []])
def test_a_point_of_another_size_is_refused(x):
    with pytest.raises(ValueError, match=r"x has shape \(.*\); 'x - y' has 2 variables, .*\(2,\)"):
        parse("x - y")(x)
    with pytest.raises(ValueError, match="x has shape"), precision(np.float64):
        parse("x - y")(jnp.asarray(x))


@pytest.mark.parametrize("x", [["a", "b"], [None, 1], np.array(["1", "2"]), b"ab", {"x": 1}])
def test_a_point_that_is_no_numbers_is_refused(x):
    with pytest.raises(TypeError, match="x must be made of numbers"):
        parse("x - y")(x)


# Descents, and what is compiled for them.


def test_formulas_are_not_taken_for_one_another():
    one, other = parse("(x - 1)**2 + y**2"), parse("(x - 2)**2 + y**2")
    for _ in range(2):
        assert talweg.minimize(one, np.zeros(2)).x == pytest.approx(np.array([1.0, 0.0]))
        assert talweg.minimize(other, np.zeros(2)).x == pytest.approx(np.array([2.0, 0.0]))
        assert talweg.gradient(one, np.zeros(2)).tolist() == [-2.0, 0.0]
        assert talweg.gradient(other, np.zeros(2)).tolist() == [-4.0, 0.0]


def test_formulas_inside_functions_are_not_taken_for_one_another():
    def shifted(formula):
        return lambda x: formula(x) + 1.0

    slopes = [talweg.gradient(shifted(parse(f"{k}*x")), [1.0])[0] for k in (2, 3, 2)]
    assert slopes == [2.0, 3.0, 2.0]


def test_the_same_text_is_compiled_once():
    talweg.minimize(parse("(x - 3)**2"), [0.0])
    before = differentiation._differentiate.cache_info().misses
    talweg.minimize(parse("(x - 3)**2"), [0.0])
    talweg.minimize(pickle.loads(pickle.dumps(parse("(x - 3)**2"))), [0.0])
    assert differentiation._differentiate.cache_info().misses == before


def test_a_quadratic_is_recognised():
    structure, start = read_start(np.ones(2))
    for text, quadratic in [("x**2 + 3*x*y - y", True), ("x**3 + y", False), ("abs(x)*y", False)]:
        assert read_objective(parse(text), structure, start, ()).is_quadratic() is quadratic


def test_jax_compiles_equal_formulas_once():
    traces = []

    class Counting(Formula):
        def __call__(self, x):
            traces.append(self.text)
            return super().__call__(x)

    formulas = [Counting(text) for text in ("x + 1", "x + 1", "x + 2")]
    for formula in formulas:
        jax.jit(formula)(jnp.ones(1))
    assert traces == ["x + 1", "x + 2"]


def test_equal_by_text():
    assert parse("x + 1") == Formula("x + 1") != parse("x+1")
    assert parse("x + 1") is parse("x + 1")
    assert len({parse("x + 1"), Formula("x + 1"), Formula("x")}) == 2
    assert parse("x") != "x"


def test_it_can_be_shown_copied_and_pickled():
    formula = parse("x**2 - 1")
    assert repr(formula) == "Formula('x**2 - 1')"
    assert eval(repr(formula), {"Formula": Formula}) == formula
    assert str(formula) == formula.text == "x**2 - 1"
    for other in (copy.copy(formula), copy.deepcopy(formula), pickle.loads(pickle.dumps(formula))):
        assert other == formula
        assert other([3.0]) == 8.0
    assert parse(np.str_("x")).text == "x"
    assert type(Formula(np.str_("x")).text) is str


def test_it_can_not_be_changed():
    formula = parse("x")
    with pytest.raises(AttributeError):
        formula.text = "y"
    with pytest.raises((AttributeError, TypeError)):
        formula.other = 1


# Errors.

MINUS_ONE = "\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT ONE}"
REFUSED = [
    ("", 0, "the formula is empty"),
    (" \t\n", 0, "the formula is empty"),
    ("2x", 1, r"write 2\*x"),
    ("3.5 sin(x)", 4, r"write 3.5\*sin\(...\)"),
    ("2(x + 1)", 1, r"write 2\*\(...\)"),
    ("(x + 1)(x - 1)", 7, r"write \(x \+ 1\)\*\(...\)"),
    ("x + 2\ny", 6, r"write 2\*y"),
    ("sqrt(\n2)x", 8, r"write sqrt\( 2\)\*x"),
    ("x y", 2, r"write x\*y"),
    ("xy", 0, r"unknown name 'xy': did you mean x\*y\?"),
    ("2 3", 2, "an operator is missing$"),
    ("1.2.3", 3, "an operator is missing$"),
    (f"x{MINUS_ONE} {MINUS_ONE}", 4, "an operator is missing$"),
    ("x(3)", 0, r"x is a variable, not a function: write x\*\(...\)"),
    ("1 + x0(3)", 4, r"x0 is a variable, not a function"),
    ("pi(3)", 0, r"pi is a constant, not a function"),
    ("sine(x)", 0, r"unknown function 'sine': did you mean sin, sinh or sign\?"),
    ("1 + Sin(x)", 4, r"unknown function 'Sin': did you mean sin\?"),
    ("arctan(x)", 0, r"did you mean .*atan"),
    ("X + 1", 0, r"unknown name 'X': did you mean x\?"),
    ("x_0", 0, r"did you mean x0\?"),
    ("PI", 0, r"did you mean pi\?"),
    ("q", 0, r"unknown name 'q'$"),
    ("inf", 0, "unknown name 'inf'"),
    ("nan*x", 0, "unknown name 'nan'"),
    ("x if x else y", 2, "unknown name 'if'"),
    ("1_000", 1, "unknown name '_000'"),
    ("eval(x)", 0, "unknown function 'eval'"),
    ("x1000", 0, "'x1000' is no variable: the numbered ones are x0, x1, ..., x999"),
    ("x01", 0, "'x01' is no variable"),
    ("x.real", 1, "attributes can't be used"),
    ("np.sin(x)", 2, r"write sin\(x\), not np.sin\(x\)"),
    ("(x).y", 3, "attributes"),
    ("1.5.", 3, "'1.5.' has two"),
    ("x + .", 4, "a point without digits"),
    ("__import__", 0, "double underscore"),
    ("__import__('os').system('ls')", 11, "quotes"),
    ("x.__class__", 1, "attributes"),
    ("2*__builtins__", 2, "'__builtins__': names with a double underscore"),
    ('"x"', 0, "quotes"),
    ("`x`", 0, "quotes"),
    ("x[0]", 1, r"write x0 for x\[0\]"),
    ("x + ]", 4, "brackets"),
    ("{x}", 0, "braces"),
    ("y = x**2", 2, "write the expression alone, without '='"),
    ("f(x, y) = x", 8, "write the expression alone, without '='"),
    ("x == y", 2, "comparisons can't be used"),
    ("x != y", 2, "comparisons can't be used"),
    ("x <= y", 2, "comparisons can't be used"),
    ("x > y", 2, "comparisons can't be used"),
    ("|x|", 0, r"write abs\(x\)"),
    ("x, y", 1, "a comma separates the arguments of a function"),
    ("1,5*x", 1, "write 1.5 for 1,5"),
    ("(x, y)", 2, "a comma separates"),
    ("sin", 0, r"sin is a function: write sin\(x\)"),
    ("sin y", 0, r"write sin\(y\)"),
    ("2*log 10", 2, r"write log\(10\)"),
    ("max + 1", 0, r"write max\(x, y\)"),
    ("sin\N{SUPERSCRIPT TWO}(x)", 0, r"write sin\(x\)"),
    ("sin()", 0, "sin takes one argument, not 0"),
    ("1 + sin(x, y)", 4, "sin takes one argument, not 2"),
    ("atan2(x)", 0, "atan2 takes two arguments, not 1"),
    ("hypot(x, y, z)", 0, "hypot takes two arguments, not 3"),
    ("min(x)", 0, "min takes two arguments or more, not 1"),
    ("max(x,)", 6, r"a value is missing between ',' and '\)'"),
    ("max(,x)", 4, r"a value is missing between '\(' and ','"),
    ("x**", 1, r"a value is missing after '\*\*'"),
    ("x +", 2, r"a value is missing after '\+'"),
    ("max(x,", 5, "a value is missing after ','"),
    ("* x", 0, r"a value is missing before '\*'"),
    ("x + * y", 4, r"between '\+' and '\*'"),
    ("x // 2", 3, "between '/' and '/'"),
    ("x***2", 3, r"between '\*\*' and '\*'"),
    ("(x +) y", 4, r"between '\+' and '\)'"),
    (MINUS_ONE, 0, f"a value is missing before '{MINUS_ONE}'"),
    ("()", 1, r"a value is missing between '\(' and '\)'"),
    ("(x", 0, r"this '\(' is never closed"),
    ("1 + ((x)", 4, r"this '\(' is never closed"),
    ("x*(", 2, r"this '\(' is never closed"),
    ("sin(x", 3, r"this '\(' is never closed"),
    ("x)", 1, r"this '\)' closes nothing"),
    (")", 0, r"this '\)' closes nothing"),
    ("(x)) + 1", 3, r"this '\)' closes nothing"),
    ("x + 1e999", 4, "the number is too large"),
    ("9" * 400, 0, "the number is too large"),
    ("1/1e-999", 2, "the number is too small"),
    ("9**9**9", 1, r"'9\*\*9\*\*9' is infinite, or too large"),
    ("x + 9^9^9^9^9", 9, "is infinite, or too large"),
    ("x + 2*1/0 + 1", 7, "'2*1/0' is infinite".replace("*", r"\*")),
    ("1/(1 - 1)", 1, "is infinite"),
    ("0/0", 1, "'0/0' is not a real number"),
    ("0**-1", 1, "is infinite"),
    ("x*log(-1)", 2, r"'log\(-1\)' is not a real number"),
    ("log(0)", 0, r"'log\(0\)' is infinite"),
    ("sqrt(-2)*x", 0, "is not a real number"),
    ("(-8)**(1/3)", 4, r"'\(-8\)\*\*\(1/3\)' is not a real number"),
    ("asin(2)", 0, "is not a real number"),
    ("exp(1000)", 0, "is infinite, or too large"),
    ("x + x0", 4, "x and x0 can't both be variables"),
    ("x0*y", 3, "y and x0 can't both be variables"),
    ("x0 + x2", 5, "x1 is missing: the variables are numbered from x0"),
    ("x1 + x2", 0, "x0 is missing"),
    ("x0 + x1 + x7 + x3", 15, "x2 is missing"),
    ("x\0", 1, r"the character U\+0000 can't be used"),
    ("x + \x1b[31m", 4, r"the character U\+001B can't be used"),
    ("\ud800", 0, r"the character U\+D800 can't be used"),
    ("x\N{ZERO WIDTH SPACE}", 1, r"the character U\+200B can't be used"),
    ("\N{GREEK SMALL LETTER ALPHA}*x", 0, r"\(U\+03B1\) can't be used"),
    ("\N{ARABIC-INDIC DIGIT TWO}", 0, r"\(U\+0662\) can't be used"),
    ("x # note", 2, "'#' can't be used"),
    ("x; y", 1, "';' can't be used"),
    ("lambda x: x", 8, "':' can't be used"),
    ("x % 2", 2, "'%' can't be used"),
    ("x!", 1, "'!' can't be used"),
    ("\\frac{x}{2}", 0, "can't be used"),
]


@pytest.mark.parametrize(("text", "position", "problem"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_formula_is_refused(text, position, problem):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    error = caught.value
    assert isinstance(error, ValueError)
    assert (error.text, error.position) == (text, position)
    assert re.search(problem, error.problem)
    assert "\n" not in error.problem
    lines = str(error).encode().decode().split("\n")  # it can be printed
    assert lines[0] == error.problem
    if text.strip():
        assert lines[1].startswith("    ")
        assert lines[2].strip() == "^"
        mark = lines[2].index("^")
        shown, wanted = lines[1][mark : mark + 1], text[position]
        assert shown in ({" ", ""} if wanted.isspace() else {wanted, "?"})


def test_an_unknown_name_is_told_which_are_known():
    with pytest.raises(FormulaError) as caught:
        parse("bessel(x)")
    words = set(re.findall("[a-z0-9]+", caught.value.hint))
    assert {"x", "y", "z", "t", "u", "v", "w", "x0", "pi", "tau", "e"} <= words
    for name in set(REAL) | {"min", "max", "hypot", "atan2"}:
        assert name in words
    assert str(caught.value).endswith(caught.value.hint)


def test_a_long_formula_is_cut_around_the_mistake():
    text = "x + " * 400 + "sine(x)" + " + y" * 400
    with pytest.raises(FormulaError) as caught:
        parse(text)
    _, shown, mark, *_ = str(caught.value).split("\n")
    assert len(shown) < 90
    assert shown.startswith("    ...")
    assert shown.endswith("...")
    assert shown[mark.index("^") :].startswith("sine(x)")
    for text in ("1" * 30 + "x" + "+1" * 100, "1+" * 100 + "1x"):
        with pytest.raises(FormulaError) as caught:
            parse(text)
        _, shown, mark = str(caught.value).split("\n")
        assert shown[mark.index("^")] == "x"
        assert shown.count("...") == 1


def test_the_mark_stands_under_the_mistake_after_wide_and_invisible_characters():
    text = "x +\n\tx*2\N{CJK UNIFIED IDEOGRAPH-65E5}\N{COMBINING ACUTE ACCENT}"
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert str(caught.value).split("\n")[1:] == ["    x +  x*2??", "            ^"]


def test_an_error_can_be_pickled():
    with pytest.raises(FormulaError) as caught:
        parse("1 + sine(x)")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position) == (str(caught.value), 4)


@pytest.mark.parametrize("read", [parse, Formula])
@pytest.mark.parametrize("text", [b"x", None, 3, 1.5, ["x"], {"x"}, parse])
def test_what_is_no_text_is_refused(read, text):
    with pytest.raises(TypeError, match=f"a formula is text .str., not {type(text).__name__}"):
        read(text)


def test_length():
    terms = "x+" * 4999 + "x"
    assert parse(terms)([2.0]) == 10_000.0
    assert parse(terms + " ")([2.0]) == 10_000.0
    with pytest.raises(FormulaError, match="has 10,001 characters; at most 10,000"):
        parse(terms + "  ")


NESTED = {
    "parentheses": lambda n: "(" * n + "x" + ")" * n,
    "functions": lambda n: "atan(" * n + "x" + ")" * n,
    "signs": lambda n: "-" * n + "x",
    "powers": lambda n: "x" + "**x" * n,
}


@pytest.mark.parametrize("kind", NESTED)
def test_depth(kind):
    assert np.isfinite(parse(NESTED[kind](100))([0.5]))
    with pytest.raises(FormulaError, match="nested too deeply: at most 100 levels"):
        parse(NESTED[kind](101))
    with pytest.raises(FormulaError, match="nested too deeply"):
        parse(NESTED[kind](1600))


def test_depth_is_not_counted_side_by_side():
    assert parse("+".join(["((x))"] * 500))([1.0]) == 500.0
    assert parse("x" + "**2*x" * 500 + "-x" * 500)([1.0]) == -499.0


def test_reading_loads_nothing_heavy():
    code = (
        "import sys\nfrom talweg.formula import parse, FormulaError\n"
        "print(parse('erf(1) + x**2')([2.0]))\n"
        "heavy = {'jax', 'scipy', 'autograd', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert float(done.stdout) == pytest.approx(4.0 + math.erf(1.0))
