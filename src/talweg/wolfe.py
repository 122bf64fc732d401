r"""A line search for the strong Wolfe conditions, by Moré and Thuente's algorithm."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass
from talweg.rounding import Patience, fresh, lost_in_rounding, renewed, used

__all__ = ["StrongWolfe"]


class End(NamedTuple):
    """One end of the interval that holds an acceptable step: its step size, value and slope."""

    size: Any
    value: Any
    slope: Any


class Search(NamedTuple):
    """State of the search.

    `best` is the end with the lowest value so far, `other` the opposite one; `bracketed` says
    whether a minimiser is known to lie between them. `widths` are those of the interval one and
    two trials ago, `ceiling` the largest step not known to leave the function's domain.
    """

    size: Any
    value: Any
    slope: Any
    best: End
    other: End
    bracketed: Any
    first_stage: Any
    widths: Any
    low: Any
    high: Any
    ceiling: Any
    tries: Any
    patience: Patience


@tree_dataclass
class StrongWolfe:
    r"""Search for a step at which the value is lower and the slope flatter, both enough.

    A trial :math:`t` along the direction :math:`d` is accepted when, with
    :math:`\phi(t) = f(x + t d)`,

    .. math:: \phi(t) \le \phi(0) + c_1 t \phi'(0), \qquad |\phi'(t)| \le c_2 |\phi'(0)|.

    An interval that holds such a step is narrowed by cubic and quadratic interpolation, as Moré
    and Thuente do [1]_; a value that is not finite pulls the trial back. Where the decrease is lost
    in rounding, the slopes decide (`talweg.rounding`). In a box the search goes
    along the projected path, and the decrease asked for is that of the projected step.

    Parameters
    ----------
    sufficient_decrease : float, default 1e-3
        The constant :math:`c_1`.
    curvature : float, default 0.9
        The constant :math:`c_2`, above :math:`c_1`; 0.1 to 0.4 suits conjugate gradients.
    max_tries : int, default 20
        Trials before the search settles for the best of them, or fails.

    References
    ----------
    .. [1] J. J. Moré and D. J. Thuente, "Line search algorithms with guaranteed sufficient
       decrease", ACM Transactions on Mathematical Software 20 (1994), 286-307.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0],
    ...     method="lbfgs", step=talweg.StrongWolfe(curvature=0.5))
    >>> result.x.round(4)
    array([1., 1.])
    """

    sufficient_decrease: float = 1e-3
    curvature: float = 0.9
    max_tries: int = 20
    needs_descent = True
    monotone = True

    def start(self, dtype: Any) -> Search:
        """Return a state that accepts the start, whatever its value."""
        zero = np.zeros((), dtype)
        return self._from(zero, np.full((), np.inf, dtype), zero, fresh(dtype))

    def _from(self, size: Any, value: Any, slope: Any, patience: Patience) -> Search:
        zero = np.zeros((), size.dtype)
        base = End(zero, value, slope)
        return Search(
            size, value, slope, base, base,
            bracketed=np.False_,
            first_stage=np.True_,
            widths=np.full(2, np.inf, size.dtype),
            low=zero,
            high=5.0 * size,
            ceiling=1e10 * size,
            tries=np.int32(0),
            patience=patience,
        )  # fmt: skip

    def begin(
        self, state: Search, value: Any, slope: Any, length: Any, natural: Any, anew: Any
    ) -> Search:
        """Start at 1 for a natural direction, else where the first-order decrease is the last one.

        The very first step has length 1.
        """
        tiny = np.finfo(value.dtype).tiny
        unit = 1.0 / jnp.maximum(length, tiny)
        last = state.size * state.slope
        alike = jnp.clip(last / jnp.minimum(slope, -tiny), 0.1 * state.size, 10.0 * state.size)
        size = jnp.where(natural, 1.0, jnp.where((last < 0.0) & ~anew, alike, unit))
        patience = renewed(state.patience, slope)
        return self._from(size.astype(value.dtype), value, slope, patience)

    def told(self, state: Search, value: Any, slope: Any, decrease: Any) -> tuple[Search, Any, Any]:
        """Accept the trial, or narrow the interval around an acceptable one."""
        finite = jnp.isfinite(value) & jnp.isfinite(slope)
        bar = state.value + self.sufficient_decrease * decrease
        enough = finite & (value <= bar) & (value < state.value)
        flat = jnp.abs(slope) <= -self.curvature * state.slope
        narrow = state.bracketed & (
            (state.size <= state.low)
            | (state.size >= state.high)
            | (state.high - state.low <= 1e-8 * state.high)
        )
        exhausted = (state.tries + 1 >= self.max_tries) | narrow
        at_ceiling = (state.size >= state.ceiling) & (slope <= 0.0)
        lost = lost_in_rounding(state.patience, state.value, value, state.slope, slope)
        lost = lost & finite & ~enough
        accepted = lost | (enough & (flat | exhausted | at_ceiling))
        # Out of tries: the best trial, if there is a lower one, is evaluated once more and taken.
        lower = (state.best.size > 0.0) & (state.size != state.best.size)
        last_resort = ~accepted & exhausted & lower
        failed = ~accepted & exhausted & ~last_resort

        following = jax.lax.cond(
            accepted,
            lambda: state,
            lambda: self._next_trial(state, value, slope, bar, enough, last_resort),
        )
        patience = used(state.patience, lost)
        following = following._replace(tries=state.tries + 1, patience=patience)
        return following, accepted, failed

    def _next_trial(
        self, state: Search, value: Any, slope: Any, bar: Any, enough: Any, last_resort: Any
    ) -> Search:
        """Return the state after a trial that wasn't accepted."""
        overshoot = state.size - state.best.size
        ceiling = state.best.size + 0.9 * overshoot
        stepped_back = state._replace(
            size=state.best.size + 0.1 * overshoot, low=state.best.size, high=ceiling,
            ceiling=ceiling,
        )  # fmt: skip
        finite = jnp.isfinite(value) & jnp.isfinite(slope)
        searched = self._narrow(state, value, slope, bar, enough)
        settled = state._replace(size=state.best.size)
        return _choose(last_resort, settled, _choose(finite, searched, stepped_back))

    def _narrow(self, state: Search, value: Any, slope: Any, bar: Any, enough: Any) -> Search:
        """Replace one end of the interval by the trial, and choose the next trial inside it."""
        first_stage = state.first_stage & ~(enough & (slope >= 0.0))
        # While no step is known that decreases enough with a slope that is not negative, the
        # search works on phi(t) - c1 t phi'(0), whose minimisers satisfy the decrease condition.
        tilt = jnp.where(
            first_stage & (value <= state.best.value) & (value > bar),
            self.sufficient_decrease * state.slope,
            0.0,
        )
        best, other = _tilted(state.best, -tilt), _tilted(state.other, -tilt)
        trial = End(state.size, value - tilt * state.size, slope - tilt)
        best, other, size, bracketed = _interpolate(
            best, other, trial, state.bracketed, state.low, state.high
        )
        best, other = _tilted(best, tilt), _tilted(other, tilt)

        width = jnp.abs(other.size - best.size)
        slow = bracketed & (width >= 0.66 * state.widths[1])
        size = jnp.where(slow, 0.5 * (best.size + other.size), size)
        widths = jnp.where(bracketed, jnp.stack([width, state.widths[0]]), state.widths)

        stride = size - best.size
        low = jnp.where(bracketed, jnp.minimum(best.size, other.size), size + 1.1 * stride)
        high = jnp.where(bracketed, jnp.maximum(best.size, other.size), size + 4.0 * stride)
        size = jnp.clip(size, 0.0, state.ceiling)
        stuck = bracketed & ((size <= low) | (size >= high) | (high - low <= 1e-8 * high))
        size = jnp.where(stuck, best.size, size)
        return state._replace(
            size=size, best=best, other=other, bracketed=bracketed, first_stage=first_stage,
            widths=widths, low=low, high=high,
        )  # fmt: skip


def _choose(condition: Any, yes: Search, no: Search) -> Search:
    chosen: Search = jax.tree_util.tree_map(lambda a, b: jnp.where(condition, a, b), yes, no)
    return chosen


def _tilted(end: End, tilt: Any) -> End:
    return End(end.size, end.value + tilt * end.size, end.slope + tilt)


def _interpolate(
    best: End, other: End, trial: End, bracketed: Any, low: Any, high: Any
) -> tuple[End, End, Any, Any]:
    """Update the interval by the trial, and propose the next one ([1]_ of `StrongWolfe`, sec. 4).

    The four cases: (1) the trial is higher than the best; (2) lower, with a slope of the other
    sign; (3) lower, same sign, flatter; (4) lower, same sign, not flatter.
    """
    opposite = trial.slope * jnp.sign(best.slope) < 0.0
    higher = trial.value > best.value
    flatter = jnp.abs(trial.slope) < jnp.abs(best.slope)

    cubic, has_minimum = _cubic_minimiser(best, trial)
    quadratic = best.size + 0.5 * (trial.size - best.size) * best.slope / (
        (best.value - trial.value) / _nonzero(trial.size - best.size) + best.slope
    )
    secant = trial.size + trial.slope / _nonzero(trial.slope - best.slope) * (
        best.size - trial.size
    )
    beyond, _ = _cubic_minimiser(other, trial)

    nearer_cubic = jnp.abs(cubic - best.size) < jnp.abs(quadratic - best.size)
    when_higher = jnp.where(nearer_cubic, cubic, 0.5 * (cubic + quadratic))
    farther_cubic = jnp.abs(cubic - trial.size) > jnp.abs(secant - trial.size)
    when_opposite = jnp.where(farther_cubic, cubic, secant)

    outward = jnp.where(trial.size > best.size, high, low)
    ahead = (cubic - trial.size) * (trial.size - best.size) > 0.0
    cubic_ahead = jnp.where(has_minimum & ahead, cubic, outward)
    # Between two bounds, be cautious and take the nearer; without, be bold and take the farther.
    cubic_is_nearer = jnp.abs(trial.size - cubic_ahead) < jnp.abs(trial.size - secant)
    when_flatter = jnp.where(bracketed == cubic_is_nearer, cubic_ahead, secant)
    limit = trial.size + 0.66 * (other.size - trial.size)
    guarded = jnp.where(
        trial.size > best.size,
        jnp.minimum(limit, when_flatter),
        jnp.maximum(limit, when_flatter),
    )
    when_flatter = jnp.where(bracketed, guarded, jnp.clip(when_flatter, low, high))
    when_steeper = jnp.where(bracketed, beyond, outward)

    size = jnp.where(flatter, when_flatter, when_steeper)
    size = jnp.where(opposite, when_opposite, size)
    size = jnp.where(higher, when_higher, size)

    new_other = jax.tree_util.tree_map(
        lambda t, b, o: jnp.where(higher, t, jnp.where(opposite, b, o)), trial, best, other
    )
    new_best = jax.tree_util.tree_map(lambda t, b: jnp.where(higher, b, t), trial, best)
    return new_best, new_other, size, bracketed | higher | opposite


def _nonzero(x: Any) -> Any:
    return jnp.where(x == 0.0, np.finfo(x.dtype).tiny, x)


def _cubic_minimiser(a: End, b: End) -> tuple[Any, Any]:
    """Return where the cubic through two values and slopes is lowest, and whether it is at all.

    Nocedal and Wright, equation 3.59, scaled so that the square root can't overflow.
    """
    span = b.size - a.size
    theta = 3.0 * (a.value - b.value) / _nonzero(span) + a.slope + b.slope
    scale = jnp.maximum(jnp.maximum(jnp.abs(theta), jnp.abs(a.slope)), jnp.abs(b.slope))
    scale = _nonzero(scale)
    inside = (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)
    gamma = scale * jnp.sqrt(jnp.maximum(inside, 0.0)) * jnp.where(span < 0.0, -1.0, 1.0)
    bottom = (gamma + b.slope) + gamma - a.slope
    size = b.size - span * (gamma + b.slope - theta) / _nonzero(bottom)
    return size, (inside > 0.0) & (bottom != 0.0)
