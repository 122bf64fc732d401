"""What is true of every result, however the function behaves."""

from __future__ import annotations

import os

import numpy as np

from talweg.methods import METHODS

SEARCHING = [name for name, (_, step) in METHODS.items() if getattr(step, "needs_descent", False)]
"""The methods that search for a step unless they are given one."""


def in_turn(cases):
    """Return every case with the default method and a third of the other ones, taken in turn.

    With all of them, where ``TALWEG_SEEDS`` is set.
    """
    return [
        (case, method)
        for i, case in enumerate(cases)
        for k, method in enumerate(SEARCHING)
        if method == "lbfgs" or (i + k) % 3 == 0 or "TALWEG_SEEDS" in os.environ
    ]


def named_case(value):
    """Name a function among the parameters of a test; anything else as it is."""
    return getattr(value, "__name__", value)


def check_honest(result, fun, start, rel=1e-9):
    """Check that a result is finite, is what the function says there, and no worse than the start.

    `fun` is evaluated in NumPy, apart from what was descended.
    """
    assert np.isfinite(result.x).all()
    assert np.isfinite(result.fun)
    assert np.isfinite(result.jac).all()
    with np.errstate(all="ignore"):
        here, there = float(fun(np.asarray(result.x))), float(fun(np.asarray(start)))
    assert abs(result.fun - here) <= rel * max(abs(result.fun), abs(here)) + 1e-300
    assert result.fun <= there + rel * abs(there)
    assert result.message
    assert len(result.trace) == result.nit + 1
    assert np.isfinite(result.trace.fun).all()
