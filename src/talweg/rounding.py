r"""What a line search may accept where the decrease that it looks for is lost in rounding.

Near a minimum the value changes by the square of the distance, the gradient by the distance: the
value stands still, at a relative :math:`\epsilon`, while the gradient can still come down by
:math:`\sqrt\epsilon`. There the slopes say what the values can't: along a parabola the value at
:math:`t` is below the one at 0 exactly if :math:`\phi'(t) < -\phi'(0)` [1]_. A kink satisfies that
too, now and then, so that patience has an end: it lasts for a number of steps, counted anew each
time that the slope has come down to half.

References
----------
.. [1] W. W. Hager and H. Zhang, "A new conjugate gradient method with guaranteed descent and an
   efficient line search", SIAM Journal on Optimization 16 (2005), 170-192, equation 4.1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

__all__ = ["Patience", "fresh", "lost_in_rounding", "renewed", "rounding", "used"]

_STEPS = 100
_ROUNDINGS = 10.0  # of the value, that a sum of many terms may be off by
_FLAT = 0.9


class Patience(NamedTuple):
    """How many more steps may be taken on the word of the slopes, and the flattest of those."""

    left: Any
    flattest: Any


def rounding(value: Any) -> Any:
    """Return how far a value may be off."""
    return _ROUNDINGS * np.finfo(value.dtype).eps * abs(value)


def fresh(dtype: Any) -> Patience:
    """Return the patience of a start."""
    return Patience(np.int32(_STEPS), np.full((), np.inf, dtype))


def renewed(patience: Patience, slope: Any) -> Patience:
    """Return the patience of a new search, that starts with this slope."""
    flatter = jnp.abs(slope) < 0.5 * patience.flattest
    return Patience(
        jnp.where(flatter, _STEPS, patience.left).astype(jnp.int32),
        jnp.where(flatter, jnp.abs(slope), patience.flattest),
    )


def used(patience: Patience, when: Any) -> Patience:
    """Return what is left after a step that was taken on the word of the slopes."""
    return patience._replace(left=patience.left - when)


def lost_in_rounding(patience: Patience, before: Any, value: Any, first: Any, slope: Any) -> Any:
    """Return whether a trial is to be accepted though its value is no lower.

    Parameters
    ----------
    patience : Patience
    before, value : scalar
        The values at the start of the search and at the trial.
    first, slope : scalar
        The slopes there.
    """
    same = jnp.abs(value - before) <= rounding(before)
    return same & (jnp.abs(slope) <= -_FLAT * first) & (patience.left > 0)
