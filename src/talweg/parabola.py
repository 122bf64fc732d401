"""The step to try after one that was too long."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

__all__ = ["shortened"]


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
