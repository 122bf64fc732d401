"""Formulas of one or more variables, read from text without running it.

A formula is made of

- numbers: ``1``, ``1.5``, ``.5``, ``1e-3``; the constants ``pi``, ``tau`` and ``e``;
- variables: ``x``, ``y``, ``z``, ``t``, ``u``, ``v``, ``w``, in this order of their coordinates;
  or else ``x0``, ``x1``, ..., ``x999``, without gaps;
- ``+``, ``-``, ``*``, ``/``, and the power, ``**`` or ``^``, with parentheses. A power binds more
  tightly than a sign, as in mathematics: ``-x^2`` is ``-(x^2)``, and ``2^3^2`` is ``2^(3^2)``;
- functions, always with parentheses: ``abs``, ``sign``, ``sqrt``, ``cbrt``, ``exp``, ``log`` or
  ``ln`` (natural), ``log2``, ``log10``, ``sin``, ``cos``, ``tan``, ``asin``, ``acos``, ``atan``,
  ``sinh``, ``cosh``, ``tanh``, ``erf``; of two arguments ``atan2`` and ``hypot``; of two or more
  ``min`` and ``max``.

A product always has its operator: ``2*x``, not ``2x``. The minus sign, the multiplication signs
and the superscript digits of typeset text are understood. In grammar::

    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = ("+" | "-") signed | power
    power   = raised [ ("**" | "^") signed ]
    raised  = atom [ superscript ]
    atom    = number | constant | variable | function "(" sum { "," sum } ")" | "(" sum ")"
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import Any

import numpy as np

from talweg.formula_operations import AUTOGRAD, JAX, NUMPY, Instruction, Library, evaluate
from talweg.formula_reader import read_formula
from talweg.formula_tokens import FormulaError, shorten

__all__ = ["Formula", "FormulaError", "parse"]


def parse(text: str) -> Formula:
    """Read a formula; none of its text is run.

    Parameters
    ----------
    text : str
        At most 10,000 characters, nested at most 100 levels deep. The grammar is at the head of
        `talweg.formula`. Parts without variables are computed here, and must be finite and real.

    Returns
    -------
    Formula
        The same object for the same text, as long as it is among the latest: what was compiled
        for it is found again.

    Raises
    ------
    FormulaError
        If it isn't a formula: a ``ValueError`` that shows where, and says what to write.
    TypeError
        If it isn't text.

    Examples
    --------
    >>> import talweg
    >>> bowl = parse("(x - 1)**2 + 10*(y + 2)^2")
    >>> bowl.variables
    ('x', 'y')
    >>> talweg.minimize(bowl, [0.0, 0.0]).x.round(6)
    array([ 1., -2.])
    """
    return _parse(_read_text(text))


@functools.lru_cache(maxsize=128)
def _parse(text: str) -> Formula:
    return Formula(text)


@dataclasses.dataclass(frozen=True, slots=True, weakref_slot=True, repr=False)
class Formula:
    """A function that was written as text; equal to every other of the same text.

    It can be minimised, compiled and differentiated as any function of a point can.

    Parameters
    ----------
    text : str
        See `parse`, which is the way to make one.

    Attributes
    ----------
    text : str
        As it was given.
    variables : tuple of str
        Those that occur in it, in the order of their coordinates; none in a constant.

    Examples
    --------
    >>> import numpy as np
    >>> saddle = Formula("x**2 - y**2")
    >>> saddle(np.array([3.0, 1.0]))
    np.float64(8.0)
    >>> x, y = np.meshgrid(np.linspace(-1, 1, 3), np.linspace(-1, 1, 3))
    >>> saddle(np.stack([x, y]))
    array([[ 0., -1.,  0.],
           [ 1.,  0.,  1.],
           [ 0., -1.,  0.]])
    """

    text: str
    variables: tuple[str, ...] = dataclasses.field(init=False, compare=False)
    _program: tuple[Instruction, ...] = dataclasses.field(init=False, compare=False)

    # A slot for each field and no __dict__: talweg then knows a formula by its identity, and not
    # by the thousands of numbers that its program may be made of.

    def __post_init__(self) -> None:
        """Read the text."""
        object.__setattr__(self, "text", _read_text(self.text))
        variables, program = read_formula(self.text)
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "_program", program)

    def __call__(self, x: Any) -> Any:
        """Return the value at a point, or at each of several.

        Parameters
        ----------
        x : (n,) or (n, ...) array_like
            ``x[0]`` is the first variable. A single number will do for a formula of one variable,
            and a constant takes any number of coordinates. An array of JAX or of autograd is
            computed with its own library, so that it can be traced.

        Returns
        -------
        scalar or (...) array
            NaN or infinite where the formula has no finite value. In the precision of `x`.

        Raises
        ------
        TypeError
            If `x` isn't made of numbers.
        ValueError
            If it doesn't have a coordinate for every variable.
        """
        x, library = _read_point(x)
        count = len(self.variables)
        if x.shape == () and count <= 1:
            x = x.reshape((1,))
        if not count:
            return library.function("full")(x.shape[1:], self._program[0].number, x.dtype)[()]
        if x.shape[:1] != (count,):
            names = "one variable" if count == 1 else f"{count} variables"
            raise ValueError(
                f"x has shape {tuple(x.shape)}; {shorten(self.text)!r} has {names}, so that x must "
                f"have shape ({count},), or ({count}, ...) for several points"
            )
        # In one piece: JAX is faster to differentiate that than many slices.
        rows = library.function("unstack")(x) if library is JAX else x
        variables = {name: rows[i] for i, name in enumerate(self.variables)}
        with np.errstate(all="ignore"):
            value = evaluate(self._program, variables, library)
        if len(self._program) == 1 and isinstance(value, np.ndarray):
            return value.copy()  # and no view of the user's array
        return value

    def __repr__(self) -> str:
        """Return what makes it again."""
        return f"Formula({self.text!r})"

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        """Be read again where it is unpickled or copied."""
        return parse, (self.text,)


def _read_text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a formula is text (str), not {type(text).__name__}")
    return str(text)


def _read_point(x: Any) -> tuple[Any, Library]:
    """Return x as an array of floating-point numbers, and the library that computes with it."""
    if _is(x, "autograd.tracer", "Box"):
        return x, AUTOGRAD
    if _is(x, "talweg.numpy_tracing", "TracedArray"):
        return x, NUMPY
    if _is(x, "jax", "Array") or (
        isinstance(x, (list, tuple)) and any(_is(item, "jax", "Array") for item in x)
    ):
        import jax.numpy as jnp

        x = jnp.asarray(x)
        return (x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)), JAX
    x = np.asarray(x)
    if x.dtype.kind not in "biufc":
        raise TypeError(f"x must be made of numbers, not of {x.dtype}")
    return (x if x.dtype.kind in "fc" else x.astype(np.float64)), NUMPY


def _is(x: Any, module: str, name: str) -> bool:
    """Return whether x is of a class of a module, which isn't loaded to find out."""
    return isinstance(x, getattr(sys.modules.get(module), name, ()))
