"""Cut the text of a formula into numbers, names and operators, each with its position."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, NoReturn

__all__ = ["MAX_LENGTH", "FormulaError", "Token", "shorten", "tokenize"]

MAX_LENGTH = 10_000
"""Characters in the longest formula that is read."""

_WIDTH = 72  # of the part of a formula that a message shows
_SPELLINGS = {
    "^": "**",
    "\N{MINUS SIGN}": "-",
    "\N{MIDDLE DOT}": "*",
    "\N{DOT OPERATOR}": "*",
    "\N{MULTIPLICATION SIGN}": "*",
}
_SUPERSCRIPTS = str.maketrans(
    "\N{SUPERSCRIPT ZERO}\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}"
    "\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT SEVEN}"
    "\N{SUPERSCRIPT EIGHT}\N{SUPERSCRIPT NINE}\N{SUPERSCRIPT MINUS}",
    "0123456789-",
)
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<superscript>\N{SUPERSCRIPT MINUS}?[\u00b2\u00b3\u00b9\u2070\u2074-\u2079]+)"
    r"|(?P<operator>\*\*|[-+*/(),"
    + re.escape("".join(_SPELLINGS))
    + "])"
)  # fmt: skip
_ADVICE = {
    "[": "brackets can't be used in a formula: group with ( and ), write x0 for x[0]",
    "{": "braces can't be used in a formula: group with ( and )",
    "'": "a formula holds numbers, not text in quotes",
    "|": "bars can't be used in a formula: write abs(x)",
    "<": "a formula has a value, it compares nothing: comparisons can't be used",
    "=": "write the expression alone, without '='",
}
_ALIKE = {"]": "[", "}": "{", '"': "'", "`": "'", ">": "<"}


class FormulaError(ValueError):
    """A formula that can't be read.

    Its text shows the problem, the formula and, under it, where: a long formula is cut to the
    part around that place, and what a terminal wouldn't show in one column stands as a "?".

    Parameters
    ----------
    problem : str
        What is wrong and what to write instead, in one line.
    text : str
        The formula.
    position : int
        Index of the character in `text` that is wrong.
    hint : str, optional
        A line more.

    Examples
    --------
    >>> from talweg.formula import parse
    >>> parse("2x + 1")
    Traceback (most recent call last):
    ...
    talweg.formula_tokens.FormulaError: an operator is missing: write 2*x
        2x + 1
         ^
    """

    def __init__(self, problem: str, text: str, position: int, hint: str = "") -> None:
        super().__init__(problem, text, position, hint)
        self.problem = problem
        self.text = text
        self.position = position
        self.hint = hint

    def __str__(self) -> str:
        """Return the problem, the formula, and a mark under the place."""
        lines = [self.problem]
        if self.text.strip():
            start = max(0, min(self.position - _WIDTH // 2, len(self.text) - _WIDTH))
            stop = start + _WIDTH
            before = "..." if start > 0 else ""
            after = "..." if stop < len(self.text) else ""
            shown = "".join(map(_column, self.text[start:stop]))
            lines.append(f"    {before}{shown}{after}".rstrip())
            lines.append(" " * (4 + len(before) + self.position - start) + "^")
        return "\n".join([*lines, self.hint] if self.hint else lines)


class Token(NamedTuple):
    """A piece of a formula.

    Parameters
    ----------
    kind : str
        "number", "name", "superscript", "end", or the operator, parenthesis or comma itself, as
        Python spells it.
    text : str
        As it was written; a superscript in plain digits.
    position : int
        Where it begins.
    stop : int
        Where it has ended.
    """

    kind: str
    text: str
    position: int
    stop: int


def tokenize(text: str) -> list[Token]:
    """Cut a formula into tokens, the last of which is its end.

    Raises
    ------
    FormulaError
        At a character that no formula has, if the text is empty, or if it is too long.

    Examples
    --------
    >>> [token.kind for token in tokenize("x^2 - 1")]
    ['name', '**', 'number', '-', 'number', 'end']
    """
    if len(text) > MAX_LENGTH:
        problem = f"the formula has {len(text):,} characters; at most {MAX_LENGTH:,} are read"
        raise FormulaError(problem, text, MAX_LENGTH)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse(text, position, tokens)
        kind, found = str(match.lastgroup), match.group()
        if kind == "operator":
            kind = _SPELLINGS.get(found, found)
        elif kind == "superscript":
            found = found.translate(_SUPERSCRIPTS)
        if kind != "space":
            tokens.append(Token(kind, found, position, match.end()))
        position = match.end()
    if not tokens:
        raise FormulaError("the formula is empty: write one, as x**2 + y**2", text, 0)
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _refuse(text: str, position: int, tokens: list[Token]) -> NoReturn:
    """Say why a character can't stand in a formula, and what to write instead."""
    character = text[position]
    kind = _ALIKE.get(character, character)
    if "=" in text[position + 1 : position + 2] and character in "=!":
        kind = "<"
    if character == ".":
        problem = _about_point(text, position, tokens)
    else:
        problem = _ADVICE.get(kind, f"{_called(character)} can't be used in a formula")
    raise FormulaError(problem, text, position)


def _about_point(text: str, position: int, tokens: list[Token]) -> str:
    last = tokens[-1] if tokens else None
    if last and last.kind in ("name", ")"):
        return "attributes can't be used in a formula: write sin(x), not np.sin(x)"
    if last and last.kind == "number" and last.stop == position:
        number = shorten(text[last.position : position + 1])
        return f"a number has one point: {number!r} has two"
    return "a point without digits: write 0.5 or .5"


def shorten(text: str, width: int = 40) -> str:
    """Return a text in one line of at most so many characters.

    Examples
    --------
    >>> shorten("x + y + z", 8)
    'x + y...'
    """
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _called(character: str) -> str:
    if not character.isprintable():
        return f"the character U+{ord(character):04X}"
    return f"{character!r}" if character.isascii() else f"{character!r} (U+{ord(character):04X})"


def _column(character: str) -> str:
    """Return what stands for a character where each must take one column."""
    if character.isspace():
        return " "
    narrow = unicodedata.east_asian_width(character) not in "WF"
    alone = not unicodedata.category(character).startswith("M")
    return character if character.isprintable() and narrow and alone else "?"
