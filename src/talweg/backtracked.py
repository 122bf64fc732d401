"""What a search that only shortens its step does with a trial."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from talweg.rounding import lost_in_rounding, used

__all__ = ["backtracked", "shortened"]


def backtracked(
    state: Any, enough: Any, value: Any, slope: Any, decrease: Any, max_tries: int
) -> tuple[Any, Any, Any]:
    """Return the next state, and whether the trial was accepted or all of them have failed.

    Parameters
    ----------
    state : NamedTuple
        Of the search: with its size, the value and the slope at its start, tries and patience.
    enough : scalar of bool
        Whether the value has gone down enough.
    value, slope : scalar
        At the trial.
    decrease : scalar
        What the gradient at the start predicted for the trial: a negative number.
    max_tries : int
        Trials before the search is given up.
    """
    lost = lost_in_rounding(state.patience, state.value, value, state.slope, slope)
    lost = lost & jnp.isfinite(value) & ~enough
    accepted = enough | lost
    size = jnp.where(accepted, state.size, shortened(state.size, state.value, value, decrease))
    failed = ~accepted & ((state.tries + 1 >= max_tries) | (decrease >= 0.0))
    patience = used(state.patience, lost)
    following = state._replace(size=size, tries=state.tries + 1, patience=patience)
    return following, accepted, failed


def shortened(size: Any, before: Any, value: Any, decrease: Any) -> Any:
    r"""Return the step size where the parabola through what is known is lowest.

    It passes through the value at the start with the slope there, and through the value at the
    trial. The new size is within a tenth to a half of the one tried; a half where the value is
    not finite, or the parabola has no minimum.

    Parameters
    ----------
    size : scalar
        The step size tried.
    before, value : scalar
        The values at the start and at the trial.
    decrease : scalar
        What the gradient at the start predicted for the trial: a negative number.

    Examples
    --------
    >>> float(shortened(1.0, 1.0, 1.5, -0.5))  # 1 - t / 2 + t ** 2
    0.25
    """
    gap = value - before - decrease
    ratio = jnp.where(jnp.isfinite(value) & (gap > 0.0), -0.5 * decrease / gap, 0.5)
    return size * jnp.clip(ratio, 0.1, 0.5)
