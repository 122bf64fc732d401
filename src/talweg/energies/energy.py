"""An energy: a function of a picture, and how to go down it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

__all__ = ["Energy"]


@dataclasses.dataclass(frozen=True)
class Energy:
    """A function of a picture, and how to go down it.

    Parameters
    ----------
    name : str
    function : callable
        ``function(channel) -> float``, of an (M[, N[, ..., P]]) array with values scaled to
        [0, 1]; written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    quadratic : bool, default False
        Whether its gradient is linear, so that conjugate gradients need no line search.

    Examples
    --------
    >>> from talweg.energies import ENERGIES
    >>> ENERGIES["membrane"].quadratic
    True
    """

    name: str
    function: Callable[..., Any]
    quadratic: bool = False
