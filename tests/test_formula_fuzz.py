"""Any text is a formula or refused with a `FormulaError`, at once, and none of it is run.

`TALWEG_FUZZ` says how many texts of each kind are tried, 3,000 where it isn't set. The long run,
which prints how many were formulas and how long the slowest took::

    TALWEG_FUZZ=100000 python -m pytest -s tests/test_formula_fuzz.py

The texts are the same every time; those of a long run begin with those of a short one.
"""

import builtins
import collections
import contextlib
import os
import random
import threading
import time

import numpy as np
import pytest

from talweg.formula import Formula, FormulaError, parse

COUNT = int(os.environ.get("TALWEG_FUZZ", "3000"))
HANGS = 5.0  # seconds: a thousand times what a text of this length takes

FORMULAS = (
    "x**2 - y**2 + y**4/4",
    "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    "100*(y - x**2)**2 + (1 - x)**2",
    "-20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(tau*x) + cos(tau*y))/2) + e + 20",
    "20 + x^2 + y^2 - 10*(cos(2*pi*x) + cos(2*pi*y))",
    "sin(x + y) + (x - y)**2 - 1.5*x + 2.5*y + 1",
    "-cos(x)*cos(y)*exp(-((x - pi)**2 + (y - pi)**2))",
    "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
    "4*x^2 - 2.1*x^4 + x^6/3 + x*y - 4*y^2 + 4*y^4",
    "x0**2 + 2*x1**2 + 3*x2**2 - x0*x1*x2",
    "abs(x) + abs(y) + max(x, y, -1e-3)",
    "x\N{SUPERSCRIPT TWO} \N{MINUS SIGN} 3\N{MIDDLE DOT}x\N{MULTIPLICATION SIGN}y",
    "log(1 + x**2)/log2(10) + ln(3)*log10(7)",
    "hypot(x, y)*atan2(y, x) + cbrt(x) - sign(y)",
    "erf(x/2)*sinh(t) + cosh(u)*tanh(v) - acos(w/10)",
    "1/(1 + exp(-x)) + min(x, 0.5)",
    "x**-2 + 2**-x + x**y + x**0.5",
    "((((x))))",
    "--x - +-y",
    "x^3 - 3*x*y^2",
    "sqrt(1 + (x - 1)**2) + asin(y/4)*atan(z) + tan(z)",
)
WORDS = (
    "__import__('os')", "__class__", "__builtins__", "__", "._", ".real", "eval", "exec(", "open(",
    "compile", "getattr", "globals()", "lambda x:", "import os", "print(", "x.__class__.__mro__",
    "sin", "exp(", "max(", ",", "(", ")", "**", "^", "//", "9**9**9", "1e999", "1e-999", "inf",
    "0", "1", "7", ".5", "e", "pi", "x", "y", "z", "w", "x0", "x1", "x2", "x999", "x1000", "+", "-",
    "*", "/", " ", "\n", "\0", "\ud800", "\u202e", "\u00b2", "\u207b", "\u2212", "\u00d7", "=",
    "nan", "[0]", "{}", "'", '"', "#", "\\", "%s", ";", "@", "|", "&", "~", ":=", "<", "1_0", "1j",
    "0x1F", "é",
)  # fmt: skip


RUNNERS = ("eval", "exec", "compile", "__import__", "open", "input")


@contextlib.contextmanager
def nothing_runs():
    """Let what would run a text raise, in this thread."""
    Formula("erf(x)")([1.0])  # loads what is loaded late
    here = threading.get_ident()
    originals = {name: getattr(builtins, name) for name in RUNNERS}

    def guarded(name):
        def guard(*args, **options):
            if threading.get_ident() == here:
                raise AssertionError(f"{name} was called with {args[:1]}")
            return originals[name](*args, **options)

        return guard

    # By hand: pytest's monkeypatch imports something every time.
    vars(builtins).update({name: guarded(name) for name in RUNNERS})
    try:
        yield
    finally:
        vars(builtins).update(originals)


def random_bytes(count):
    """Yield bytes as text in two ways, most of them far from any formula."""
    generator = random.Random(1)
    for _ in range(count):
        data = generator.randbytes(generator.randrange(61))
        yield data.decode("latin-1")
        yield data.decode("utf-8", errors="replace")


def mutated_formulas(count):
    """Yield formulas after one to four mishaps."""
    generator = random.Random(2)
    for _ in range(count):
        text = generator.choice(FORMULAS)
        for _ in range(generator.randint(1, 4)):
            text = mutated(text, generator)
        yield text


def random_tokens(count):
    """Yield names, numbers and operators in any order."""
    generator = random.Random(3)
    usual = ("x", "y", "2", "sin(", "(", ")", "+", "-", "*", "**", "/", ",", "max(", "0.5")
    for _ in range(count):
        likely = generator.choices(usual, k=generator.randrange(12))
        yield "".join(w if generator.random() < 0.98 else generator.choice(WORDS) for w in likely)


def mutated(text, generator):
    begin, end = sorted(generator.choices(range(len(text) + 1), k=2))
    how = generator.randrange(5)
    if how == 0:
        return text[:begin] + generator.choice(WORDS) + text[begin:]
    if how == 1:
        return text[:begin] + text[begin + generator.randint(1, 3) :]
    if how == 2 and end - begin > 1:  # two characters change places
        return text[:begin] + text[end - 1] + text[begin + 1 : end - 1] + text[begin] + text[end:]
    if how == 3:
        return text[:end] + text[begin:end] * generator.randint(1, 3) + text[end:]
    other = generator.choice(FORMULAS)
    return text[:begin] + other[generator.randrange(len(other)) :] + text[end:]


def read(text):
    """Return the formula, or the error, and how long that took."""
    start = time.perf_counter()
    try:
        outcome = Formula(text)
    except FormulaError as error:
        outcome = error
    return outcome, time.perf_counter() - start


@pytest.mark.parametrize("texts", [random_bytes, mutated_formulas, random_tokens])
def test_any_text_is_a_formula_or_refused(texts):
    counts = collections.Counter()
    slowest = 0.0
    with nothing_runs():
        for text in texts(COUNT):
            outcome, seconds = read(text)
            slowest = max(slowest, seconds)
            assert seconds < HANGS, text
            counts[type(outcome).__name__] += 1
            if isinstance(outcome, FormulaError):
                assert 0 <= outcome.position <= len(text)
                str(outcome).encode()  # it can be printed
                assert "\n" not in outcome.problem
                assert str(outcome).replace("\n", "").isprintable()
            else:
                point = np.linspace(-1.5, 2.0, len(outcome.variables))
                assert np.shape(outcome(point)) == ()
                assert np.shape(outcome(np.ones((len(point), 2, 3)))) == (2, 3)
    print(f"\n{texts.__name__}: {dict(counts)}, the slowest in {1000 * slowest:.2f} ms")
    assert counts["FormulaError"]
    assert counts["Formula"] or texts is random_bytes


@pytest.mark.parametrize("text", FORMULAS, ids=range(len(FORMULAS)))
def test_what_is_mutated_is_a_formula(text):
    assert parse(text).variables


REPEATED = ("(", ")", "-", "+-", "*", "9", "1e", ".", "x", "x+", "x*", "x**", "1**", "1+", "9**9*",
            "sin(", "min(x,", "x,", "a", "_", "x0", "\u00b2", "x\u00b2+", " ", "\0", "=", "'", "é",
            "x.", "1e9", "(x)+", "sin", "x1+", "0*")  # fmt: skip


LONG = (
    *((piece * 10_000)[:10_000] for piece in REPEATED),
    *((piece * 10_000)[:9_999] + "x" for piece in REPEATED),
    *(piece * 10_000 for piece in REPEATED),
    "sin " + "9" * 9_000,
    "x " + "9" * 9_000,
    "9" * 9_000 + " x",
    "9" * 9_000 + "..",
    "2**1" + "0" * 9_000,
    "0." + "0" * 9_000 + "1",
    "x**" + "9" * 300,
    "+".join(f"x{i}" for i in range(1000)),
)


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_no_long_text_hangs(text):
    with nothing_runs():
        outcome, seconds = read(text)
        assert seconds < HANGS
        if isinstance(outcome, FormulaError):
            assert len(str(outcome)) < 1000
        else:
            assert np.shape(outcome(np.ones(len(outcome.variables)))) == ()
