"""Read a formula by precedence climbing, into a program for a stack."""

from __future__ import annotations

import difflib
import math
import re
import textwrap
from typing import NoReturn

import numpy as np

from talweg.formula_operations import CONSTANTS, FUNCTIONS, PLAIN, Instruction, evaluate
from talweg.formula_tokens import FormulaError, Token, shorten, tokenize

__all__ = ["LETTERS", "MAX_DEPTH", "read_formula"]

LETTERS = ("x", "y", "z", "t", "u", "v", "w")
"""The variables that have no number, in the order of their coordinates."""

MAX_DEPTH = 100
"""Levels of parentheses, signs and powers within one another."""

# How tightly an operator holds what is left and what is right of it: the same operator again takes
# what is to its left, but for the power, whose right side is another power first.
_BINDING = {"+": (1, 2), "-": (1, 2), "*": (3, 4), "/": (3, 4), "**": (7, 6)}
_SIGN = 5  # tighter than a product, looser than a power: -x**2 is -(x**2)

# Up to here a whole power is found by multiplying, with exact derivatives of every order, 0
# included; beyond, the product of that many rounded factors would be the less accurate.
_MAX_WHOLE_POWER = 64

_NUMBERED = re.compile(r"x(0|[1-9][0-9]{0,2})")
_NAMES = (*LETTERS, *CONSTANTS, *FUNCTIONS)
_KNOWN = (
    f"variables: {', '.join(LETTERS)}, or x0, x1, ..., x999; constants: {', '.join(CONSTANTS)};\n"
    + textwrap.fill(f"functions: {', '.join(FUNCTIONS)}", 88)
)


def read_formula(text: str) -> tuple[tuple[str, ...], tuple[Instruction, ...]]:
    """Return the variables of a formula, in order, and the program that computes it.

    Raises
    ------
    FormulaError
        If it can't be read; the error says where, and what to write.

    Examples
    --------
    >>> names, program = read_formula("y - 2*3")
    >>> names, [instruction.operation for instruction in program]
    (('y',), ['y', 'number', '-'])
    """
    reader = _Reader(text)
    with np.errstate(all="ignore"):  # what isn't finite is an error of ours
        reader.expression(0)
    last = reader.token
    if last.kind == ")":
        raise FormulaError("this ')' closes nothing", text, last.position)
    if last.kind == ",":
        reader.refuse_comma()
    return _ordered(reader.variables, text), tuple(reader.program)


class _Reader:
    """The state of reading a formula: where it is, and what came of what lies behind.

    An operand that doesn't depend on variables is always one instruction, "number".
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        self.program: list[Instruction] = []
        self.variables: dict[str, int] = {}  # where each stands first

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Return the next token and step over it."""
        self.at += 1
        return self.tokens[self.at - 1]

    def written(self, token: Token) -> str:
        """Return a token as it stands in the formula, in quotes."""
        return repr(shorten(self.text[token.position : token.stop]))

    def fail(self, problem: str, token: Token, hint: str = "") -> NoReturn:
        """Raise an error that points at a token."""
        raise FormulaError(problem, self.text, token.position, hint)

    def expression(self, loosest: int) -> None:
        """Read operands joined by operators that bind at least so tightly."""
        start = self.token
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:
            self.fail(f"the formula is nested too deeply: at most {MAX_DEPTH} levels", start)
        self.operand()
        while self.token.kind in _BINDING and _BINDING[self.token.kind][0] >= loosest:
            operator = self.take()
            self.expression(_BINDING[operator.kind][1])
            self.emit(operator.kind, 2, operator, start)
        if self.token.kind in ("number", "name", "(", "superscript"):
            self.refuse_neighbour(start)
        self.depth -= 1

    def operand(self) -> None:
        """Read a signed operand, or one that may have a superscript."""
        start = self.take()
        if start.kind in ("+", "-"):
            self.expression(_SIGN)
            if start.kind == "-":
                self.emit("negative", 1, start, start)
            return
        if start.kind == "number":
            self.program.append(Instruction("number", number=self.number(start)))
        elif start.kind == "name":
            self.name(start)
        elif start.kind == "(":
            self.expression(0)
            self.close(start)
        else:
            self.refuse_gap(start)
        if self.token.kind == "superscript":
            power = self.take()
            self.program.append(Instruction("number", number=self.number(power)))
            self.emit("**", 2, power, start)

    def number(self, token: Token) -> float:
        """Return the value of a number, which must be one that a float can hold."""
        value = float(token.text)
        if math.isinf(value):
            self.fail("the number is too large for a floating-point number", token)
        if value == 0.0 and re.search("[1-9]", re.split("[eE]", token.text)[0]):
            self.fail("the number is too small for a floating-point number: write 0", token)
        return value

    def name(self, token: Token) -> None:
        """Read a constant, a variable, or a function with its arguments."""
        name, called = token.text, self.token.kind == "("
        if name in FUNCTIONS:
            self.call(token)
            return
        if name not in CONSTANTS and not _is_variable(name):
            self.refuse_name(token, called)
        if called:
            what = "constant" if name in CONSTANTS else "variable"
            self.fail(f"{name} is a {what}, not a function: write {name}*(...)", token)
        if name in CONSTANTS:
            self.program.append(Instruction("number", number=CONSTANTS[name]))
        else:
            self.variables.setdefault(name, token.position)
            self.program.append(Instruction(name))

    def call(self, token: Token) -> None:
        """Read the arguments of a function."""
        _, fewest, most = FUNCTIONS[token.text]
        if self.token.kind != "(":
            plain = self.token.kind == "number" or _is_variable(self.token.text)
            wanted = "x, y" if fewest > 1 else shorten(self.token.text) if plain else "x"
            self.fail(f"{token.text} is a function: write {token.text}({wanted})", token)
        opening = self.take()
        count = 0
        if self.token.kind != ")":
            self.expression(0)
            count = 1
            while self.token.kind == ",":
                self.take()
                self.expression(0)
                count += 1
        self.close(opening)
        if not fewest <= count <= most:
            wanted = "one argument" if most == 1 else "two arguments"
            wanted = wanted if fewest == most else "two arguments or more"
            self.fail(f"{token.text} takes {wanted}, not {count}", token)
        self.emit(token.text, count, token, token)

    def close(self, opening: Token) -> None:
        """Step over the parenthesis that closes another."""
        if self.token.kind == ",":
            self.refuse_comma()
        if self.token.kind != ")":
            self.fail("this '(' is never closed", opening)
        self.take()

    def emit(self, operation: str, count: int, token: Token, start: Token) -> None:
        """Add an operation on the last operands; compute it where they are numbers.

        In floats, so that 9**9**9 is an overflow and not a computation without end.
        """
        operands = self.program[-count:]
        instruction = Instruction(operation, count)
        if all(operand.operation == "number" for operand in operands):
            value = self.fold([*operands, instruction], token, start)
            self.program[-count:] = [Instruction("number", number=value)]
            return
        last = operands[-1]
        whole = last.operation == "number" and float(last.number).is_integer()
        if operation == "**" and whole and abs(last.number) <= _MAX_WHOLE_POWER:
            self.program[-1] = Instruction("number", number=int(last.number))
        self.program.append(instruction)

    def fold(self, program: list[Instruction], token: Token, start: Token) -> float:
        """Return the value of a part without variables, which must be a finite real number."""
        exact = [step._replace(number=np.float64(step.number)) for step in program]
        value = float(evaluate(exact, {}, PLAIN))
        if not math.isfinite(value):
            part = shorten(self.text[start.position : self.tokens[self.at - 1].stop])
            what = "not a real number" if math.isnan(value) else "infinite, or too large to compute"
            self.fail(f"{part!r} is {what}", token)
        return value

    def refuse_gap(self, token: Token) -> NoReturn:
        """Say that a value is missing before a token that was read in its place."""
        last = self.tokens[self.at - 2] if self.at > 1 else None
        if last is None and token.kind == ")":
            self.fail("this ')' closes nothing", token)
        if last is None:
            self.fail(f"a value is missing before {self.written(token)}", token)
        if token.kind != "end":
            both = f"{self.written(last)} and {self.written(token)}"
            self.fail(f"a value is missing between {both}", token)
        if last.kind == "(":
            self.fail("this '(' is never closed", last)
        self.fail(f"a value is missing after {self.written(last)}", last)

    def refuse_neighbour(self, start: Token) -> NoReturn:
        """Say that an operator is missing between the operand behind and the next token."""
        token, last = self.token, self.tokens[self.at - 1]
        known = token.text in _NAMES or _is_variable(token.text)
        if token.kind == "name" and not known:
            self.refuse_name(token, self.tokens[self.at + 1].kind == "(")
        if token.kind == "superscript" or token.kind == last.kind == "number":
            self.fail("an operator is missing", token)
        left = shorten(self.text[start.position : last.stop])
        right = "(...)" if token.kind == "(" else shorten(token.text)
        right = f"{right}(...)" if right in FUNCTIONS else right
        self.fail(f"an operator is missing: write {left}*{right}", token)

    def refuse_comma(self) -> NoReturn:
        """Say what commas are for."""
        self.fail("a comma separates the arguments of a function: write 1.5 for 1,5", self.token)

    def refuse_name(self, token: Token, called: bool) -> NoReturn:
        """Say that a name is unknown, which it may have been meant to be, and which are known."""
        name = token.text
        shown = repr(shorten(name))
        if "__" in name:
            self.fail(f"{shown}: names with a double underscore can't be used in a formula", token)
        if re.fullmatch("x[0-9]+", name):
            problem = f"{shown} is no variable: the numbered ones are x0, x1, ..., x999"
            self.fail(problem, token)
        guesses = _guesses(name, called)
        meant = f": did you mean {_either(guesses)}?" if guesses else ""
        what = "function" if called else "name"
        self.fail(f"unknown {what} {shown}{meant}", token, _KNOWN)


def _is_variable(name: str) -> bool:
    return name in LETTERS or _NUMBERED.fullmatch(name) is not None


def _guesses(name: str, called: bool) -> list[str]:
    """Return what an unknown name may have been meant to be, the likeliest first."""
    if not called and len(name) <= 4 and all(letter in LETTERS for letter in name):
        return ["*".join(name)]
    plain = name.lower().replace("_", "")
    if _is_variable(plain) and not called:
        return [plain]
    names = FUNCTIONS if called else _NAMES
    return [plain] if plain in names else difflib.get_close_matches(plain, names)


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _ordered(variables: dict[str, int], text: str) -> tuple[str, ...]:
    """Return the variables in the order of their coordinates; their numbers must have no gap."""
    letters = [name for name in LETTERS if name in variables]
    numbered = sorted((name for name in variables if name not in LETTERS), key=lambda n: int(n[1:]))
    if letters and numbered:
        one, other = (min(names, key=lambda name: variables[name]) for names in (letters, numbered))
        problem = f"{one} and {other} can't both be variables: name them all x, y, z or x0, x1, x2"
        raise FormulaError(problem, text, max(variables[one], variables[other]))
    for number, name in enumerate(numbered):
        if name != f"x{number}":
            problem = f"x{number} is missing: the variables are numbered from x0, without gaps"
            raise FormulaError(problem, text, variables[name])
    return tuple(letters or numbered)
