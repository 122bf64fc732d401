r"""A line search that lets the value rise now and then, as long as its running mean goes down."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from talweg.backtracked import backtracked
from talweg.pytrees import tree_dataclass
from talweg.rounding import Patience, fresh, renewed, rounding

__all__ = ["Nonmonotone"]


class Search(NamedTuple):
    """State of the search; `weight` is the sum of the weights in the running mean."""

    size: Any
    value: Any
    mean: Any
    weight: Any
    slope: Any
    tries: Any
    patience: Patience


@tree_dataclass
class Nonmonotone:
    r"""Shrink the step until the value is low enough beside the mean of those before.

    A trial is accepted when :math:`f(x_t) \le C_k + c\,\nabla f(x)^T (x_t - x)`, where
    :math:`C_k` is the mean of the values so far, those of earlier iterates weighing less and less:

    .. math:: Q_{k+1} = \eta Q_k + 1, \qquad C_{k+1} = (\eta Q_k C_k + f(x_{k+1})) / Q_{k+1}.

    Otherwise the step shrinks to the minimum of the parabola through what is known, within a tenth
    to a half of it.

    Parameters
    ----------
    sufficient_decrease : float, default 1e-4
        The constant :math:`c`, between 0 and 1.
    memory : float, default 0.85
        The constant :math:`\eta`, from 0 (each value below the one before) to 1 (below the mean).
    max_tries : int, default 60
        Trials before the search is given up.

    References
    ----------
    .. [1] H. Zhang and W. W. Hager, "A nonmonotone line search technique and its application to
       unconstrained optimization", SIAM Journal on Optimization 14 (2004), 1043-1056.
    .. [2] L. Grippo, F. Lampariello and S. Lucidi, "A nonmonotone line search technique for
       Newton's method", SIAM Journal on Numerical Analysis 23 (1986), 707-716.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x[0] ** 2 + 10 * x[1] ** 2, [3.0, 1.0], method="barzilai_borwein",
    ...     step=talweg.Nonmonotone(memory=0.5))
    >>> result.success
    True
    """

    sufficient_decrease: float = 1e-4
    memory: float = 0.85
    max_tries: int = 60
    needs_descent = True
    monotone = False

    def start(self, dtype: Any) -> Search:
        """Return a state that accepts the start, whatever its value."""
        zero, infinity = np.zeros((), dtype), np.full((), np.inf, dtype)
        return Search(zero, infinity, infinity, zero, zero, np.int32(0), fresh(dtype))

    def begin(
        self, state: Search, value: Any, slope: Any, length: Any, natural: Any, anew: Any
    ) -> Search:
        """Start at 1 for a natural direction, else at length 1."""
        del anew  # no size is carried over
        unit = 1.0 / jnp.maximum(length, np.finfo(length.dtype).tiny)
        kept = self.memory * state.weight
        # The means are of differences, which can't overflow where the values are large.
        mean = value + jnp.where(kept > 0.0, kept / (kept + 1.0) * (state.mean - value), 0.0)
        return Search(
            jnp.where(natural, 1.0, unit).astype(value.dtype), value, mean.astype(value.dtype),
            (kept + 1.0).astype(value.dtype), slope, jnp.zeros_like(state.tries),
            renewed(state.patience, slope),
        )  # fmt: skip

    def told(self, state: Search, value: Any, slope: Any, decrease: Any) -> tuple[Search, Any, Any]:
        """Accept a sufficient decrease of the mean; otherwise interpolate."""
        finite = jnp.isfinite(value)
        enough = finite & (value <= state.mean + self.sufficient_decrease * decrease)
        # A value that is no lower has to be below the mean by more than rounding.
        below = state.mean - value > rounding(state.value)
        enough = enough & ((value < state.value) | below)
        return backtracked(state, enough, value, slope, decrease, self.max_tries)
