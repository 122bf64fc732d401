"""What a formula can compute, and how: with NumPy, with JAX or with autograd."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["AUTOGRAD", "CONSTANTS", "FUNCTIONS", "JAX", "NUMPY", "PLAIN", "Function",
           "Instruction", "Library", "evaluate"]  # fmt: skip

CONSTANTS = {"e": math.e, "pi": math.pi, "tau": math.tau}


class Function(NamedTuple):
    """A function that formulas know: its name in NumPy, and how many arguments it takes."""

    name: str
    fewest: int = 1
    most: int = 1


_MANY = 10_000

FUNCTIONS = {
    "abs": Function("abs"),
    "acos": Function("arccos"),
    "asin": Function("arcsin"),
    "atan": Function("arctan"),
    "atan2": Function("arctan2", 2, 2),
    "cbrt": Function("cbrt"),
    "cos": Function("cos"),
    "cosh": Function("cosh"),
    "erf": Function("erf"),
    "exp": Function("exp"),
    "hypot": Function("hypot", 2, 2),
    "ln": Function("log"),
    "log": Function("log"),
    "log10": Function("log10"),
    "log2": Function("log2"),
    "max": Function("maximum", 2, _MANY),
    "min": Function("minimum", 2, _MANY),
    "sign": Function("sign"),
    "sin": Function("sin"),
    "sinh": Function("sinh"),
    "sqrt": Function("sqrt"),
    "tan": Function("tan"),
    "tanh": Function("tanh"),
}

_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "negative": operator.neg,
}


class Instruction(NamedTuple):
    """A step in evaluating a formula.

    Parameters
    ----------
    operation : str
        "number", the name of a variable or of a function, an operator, or "negative".
    operands : int, default 0
        How many of the latest values it takes; its own takes their place.
    number : float or int
        The value of a "number".
    """

    operation: str
    operands: int = 0
    number: float = 0.0


@dataclasses.dataclass(frozen=True)
class Library:
    """Where the functions of arrays are found.

    Parameters
    ----------
    arrays : str
        The module with the functions that NumPy has.
    special : str
        The module with those that SciPy has.
    """

    arrays: str
    special: str

    def function(self, name: str) -> Callable[..., Any]:
        """Return a function by its name in NumPy or SciPy."""
        return _find(self.special if name == "erf" else self.arrays, name)


NUMPY = Library("numpy", "scipy.special")
JAX = Library("jax.numpy", "jax.scipy.special")
AUTOGRAD = Library("autograd.numpy", "autograd.scipy.special")
PLAIN = Library("numpy", "math")
"""For numbers: SciPy, which takes long to load, isn't needed."""


@functools.cache
def _find(module: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def evaluate(program: Sequence[Instruction], variables: Mapping[str, Any], library: Library) -> Any:
    """Run a program, an operand before its operator, on a stack.

    A loop, where one would walk through a tree, lets a sum have thousands of terms.

    Examples
    --------
    >>> twice = [Instruction("number", number=2.0), Instruction("x"), Instruction("*", 2)]
    >>> evaluate(twice, {"x": 3.0}, NUMPY)
    6.0
    """
    stack: list[Any] = []
    for operation, count, number in program:
        if operation in variables:
            stack.append(variables[operation])
        elif count == 0:
            stack.append(number)
        else:
            operands = stack[-count:]
            del stack[-count:]
            stack.append(_apply(operation, operands, library))
    (value,) = stack
    return value


def _apply(operation: str, operands: list[Any], library: Library) -> Any:
    if operation in _OPERATORS:
        return _OPERATORS[operation](*operands)
    function = library.function(FUNCTIONS[operation].name)
    # min and max take any number of arguments here, two at a time in NumPy.
    return functools.reduce(function, operands) if len(operands) > 1 else function(*operands)
