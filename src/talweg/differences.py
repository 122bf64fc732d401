"""Slopes of a function found without differentiating it: differences, and the complex step."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from talweg.objective import precision
from talweg.structure import Structure

__all__ = ["Probe", "Slope", "binary_scale", "quietly"]

_SIGMAS = 3.0  # the noise of a value, in standard deviations
_SHARP = 1e-7  # relative error of a difference at which no better step is looked for
_LADDER = (
    1.0,
    2.0**-7,
    2.0**-14,
    2.0**-21,
    2.0**-28,
    2.0**7,
)  # step sizes to try, in the first one
_IMAGINARY = 2.0**-66  # the complex step: its square is lost beside any real part


@dataclasses.dataclass(frozen=True)
class Slope:
    """A function's derivative along a direction, by differences.

    Attributes
    ----------
    central : float
        The estimate.
    left, right : float
        The derivatives from either side.
    truncation, rounding : float
        How far off it may be because the step isn't tiny, and because values are rounded.
    bend : float
        The second derivative along the direction, less what may be rounding.
    kinked : bool
        Whether `left` and `right` stay apart as the step shrinks.
    """

    central: float
    left: float
    right: float
    truncation: float
    rounding: float
    bend: float
    kinked: bool

    @property
    def error(self) -> float:
        """How far `central` may be off."""
        return self.truncation + self.rounding


class Probe:
    r"""A user's function at and around a point, evaluated in float64 and never differentiated.

    Differences are central ones at a step :math:`h` and its half, extrapolated (Richardson), with
    :math:`h = \epsilon^{1/3}` times the direction unless another of a ladder of steps has a
    smaller error. Their error is what the two steps differ by, and the noise of the values, which
    is measured from a table of differences along a line [1]_.

    The complex step :math:`\operatorname{Im} f(x + i t d) / t` has neither error [2]_, where the
    function is analytic and takes complex numbers.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``.
    structure : Structure
    x : (n,) ndarray
        The point.
    args : tuple

    Raises
    ------
    ValueError
        If the value at `x` is not finite, or not a single real number.

    References
    ----------
    .. [1] J. J. Moré, S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific
       Computing 33(3), 2011.
    .. [2] W. Squire, G. Trapp, "Using complex variables to estimate derivatives of real
       functions", SIAM Review 40(1), 1998.
    """

    def __init__(
        self, fun: Callable[..., Any], structure: Structure, x: np.ndarray, args: tuple[Any, ...]
    ) -> None:
        self.x = x
        self._run = _runner(fun, structure, x, args)
        with quietly():
            value = self._run(x)
            _check_value(value)
            self.value = float(value)
            self.eps = float(np.finfo(_float_type(value)).eps)
            self.step = binary_scale(self.eps ** (1.0 / 3.0))
            self.noise = max(self._noise(), self.eps * abs(self.value))

    def slope(self, direction: np.ndarray, enough: float) -> Slope | None:
        """Return the derivative along a direction; None where the values beside x aren't finite.

        Parameters
        ----------
        direction : (n,) ndarray
        enough : float
            A slope that counts as nothing.
        """
        best: Slope | None = None

        def blur(slope: Slope) -> float:
            return slope.error / (abs(slope.central) + enough)

        with quietly():
            for factor in _LADDER:
                found = self._two_steps(direction, factor * self.step)
                if found is None:
                    continue
                if best and found.kinked and best.kinked and _same_jump(found, best):
                    return found
                if best is None or best.kinked or blur(found) < blur(best):
                    best = found
                if not best.kinked and blur(best) <= _SHARP:
                    break
        return None if best is None else dataclasses.replace(best, kinked=False)

    def complex_slope(self, direction: np.ndarray) -> float:
        """Return the derivative by the complex step, NaN where the function takes no complex x.

        It is wrong where the function isn't analytic: hold it against `slope`.
        """
        try:
            with quietly():
                value = self._run(self.x + 1j * _IMAGINARY * direction)
                return float(np.imag(value)) / _IMAGINARY if np.iscomplexobj(value) else np.nan
        except Exception:  # whatever a function says that was written for real numbers
            return np.nan

    def _at(self, x: np.ndarray) -> float:
        try:
            return float(self._run(x))
        except (ArithmeticError, ValueError):  # outside its domain
            return np.nan

    def _noise(self) -> float:
        """Return the noise of the values: 4th differences see nothing else at so small a step."""
        signs = np.where(np.random.default_rng(0).random(self.x.size) < 0.5, -1.0, 1.0)
        line = 64.0 * self.eps * signs * binary_scale(np.maximum(np.abs(self.x), 1.0))
        # Not from x itself: it may lie on a kink.
        values = np.array([self._at(self.x + k * line) for k in range(1, 9)])
        if not np.isfinite(values).all():
            return 0.0
        return _SIGMAS * float(np.sqrt(np.mean(np.diff(values, 4) ** 2) / 70.0))

    def _two_steps(self, direction: np.ndarray, size: float) -> Slope | None:
        sizes = np.array([size, size / 2.0])
        ahead = np.array([self._at(self.x + h * direction) for h in sizes])
        behind = np.array([self._at(self.x - h * direction) for h in sizes])
        with np.errstate(all="ignore"):
            right, left = (ahead - self.value) / sizes, (self.value - behind) / sizes
            wide, narrow = (right + left) / 2.0
            jump = right - left
        if not (np.isfinite(right).all() and np.isfinite(left).all()):
            return None
        rounding = 3.0 * self.noise / size
        moved = max(abs(right[1] - right[0]), abs(left[1] - left[0]))  # half of jump if smooth
        least = 8.0 * rounding + 1e-6 * max(abs(right[1]), abs(left[1]))
        # If smooth on this scale, the sides come together in proportion to the step.
        rough = max(abs(jump[0] - 2.0 * jump[1]) - 20.0 * self.noise / size, 0.0)
        truncation = 2.0 * abs(narrow - wide) + rough
        kinked = bool(abs(jump[1]) > least and moved <= 0.1 * abs(jump[1]))
        return Slope(
            central=(4.0 * narrow - wide) / 3.0, left=left[1], right=right[1],
            truncation=moved if kinked else truncation, rounding=rounding,
            bend=max(abs(jump[0]) - 4.0 * self.noise / size, 0.0) / size, kinked=kinked,
        )  # fmt: skip


def binary_scale(number: Any) -> Any:
    """Return the power of two that is nearest, on a log scale: steps by it are hardly rounded."""
    return np.exp2(np.round(np.log2(number)))


def _runner(
    fun: Callable[..., Any], structure: Structure, x: np.ndarray, args: tuple[Any, ...]
) -> Callable[[np.ndarray], Any]:
    """Return the function of a flat vector, compiled where JAX can trace it."""

    def flat(vector: Any) -> Any:
        return fun(structure.unravel(vector), *args)

    with quietly():
        try:
            jax.eval_shape(flat, x)
        except Exception:
            return lambda vector: fun(structure.to_user(vector.copy()), *args)
    return jax.jit(flat)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Compute in float64, and don't pass on what NumPy says of points that nobody asked for.

    A cast that drops an imaginary part is an error: the complex step would be wrong.
    """
    with precision(np.float64), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


def _check_value(value: Any) -> None:
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "fiu":
        raise ValueError(
            f"the objective returned {_describe(value, array)}; it must return one real number"
        )
    if not np.isfinite(array):
        raise ValueError(
            f"the objective is {value} at x: check its gradient where its value is finite"
        )


def _describe(value: Any, array: np.ndarray) -> str:
    if array.shape != () and array.dtype.kind in "fiubc":
        return f"an array of shape {array.shape}"
    return f"a {type(value).__name__}"


def _float_type(value: Any) -> Any:
    """Return the type that values are computed in: what comes as float32 was rounded to it."""
    kind = np.asarray(value).dtype
    return kind if kind.kind == "f" and kind.itemsize <= 8 else np.dtype(np.float64)


def _same_jump(one: Slope, other: Slope) -> bool:
    jumps = [one.right - one.left, other.right - other.left]
    return abs(jumps[0] - jumps[1]) <= 0.1 * min(map(abs, jumps))
