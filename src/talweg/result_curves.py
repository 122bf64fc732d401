"""The course of a descent as two curves, the value and the gradient: as SVG, or by matplotlib."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from talweg.state import Trace

__all__ = ["AGAINST", "GRADIENT", "VALUE", "Curve", "Style", "curves", "plot"]

AGAINST = {
    "iteration": "iteration",
    "evaluations": "evaluations of value and gradient",
    "seconds": "time (s)",
}
"""What the curves may be drawn against -> how the axis is labelled."""

_LOG_FROM = 2.0  # decades that a curve must span to be drawn on a log scale


@dataclasses.dataclass(frozen=True)
class Style:
    """How a curve is drawn: apart in colour, in lightness and in its dashes."""

    color: str
    dashes: tuple[float, float] | None
    marker: str


VALUE = Style("#004488", None, "o")
GRADIENT = Style("#bb5566", (5.0, 2.0), "s")


@dataclasses.dataclass(frozen=True)
class Curve:
    """A curve to draw, its points finite, and positive where the scale is logarithmic."""

    label: str
    x: np.ndarray
    y: np.ndarray
    log: bool

    @property
    def constant(self) -> bool:
        """Whether it shows no change but rounding."""
        if not len(self.y):
            return False
        with np.errstate(over="ignore"):
            return float(np.ptp(self.y)) <= 1e-12 * float(np.abs(self.y).max())


def curves(trace: Trace, against: str = "iteration") -> tuple[Curve, Curve]:
    """Return the value and the gradient norm, on the scales that show them best.

    The value is drawn on a log scale if it is positive and spans decades; else the value above
    the lowest one, if that does; else the value as it is.

    Raises
    ------
    ValueError
        If `against` is not one of `AGAINST`.
    """
    if against not in AGAINST:
        raise ValueError(f"against={against!r} is unknown; choose from {', '.join(AGAINST)}")
    x = np.asarray(getattr(trace, against), float)
    value, norm = np.asarray(trace.fun, float), np.asarray(trace.gradient_norm, float)
    finite = value[np.isfinite(value)]
    with np.errstate(over="ignore", invalid="ignore"):
        above = value - finite.min(initial=np.inf)
    if _spans_decades(value) and finite.min() > 0.0:
        first = _curve("value", x, value, True)
    elif _spans_decades(above) and np.isfinite(above[np.isfinite(value)]).all():
        first = _curve("value above the lowest", x, above, True)
    else:
        first = _curve("value", x, value, False)
    return first, _curve("largest gradient component", x, norm, _spans_decades(norm))


def _curve(label: str, x: np.ndarray, y: np.ndarray, log: bool) -> Curve:
    shown = np.isfinite(y) & (y > 0.0) if log else np.isfinite(y)
    x, y = x[shown], y[shown]
    curve = Curve(label, x, y, log)
    largest = float(np.abs(y).max(initial=0.0))
    if log or largest == 0.0 or 1e-4 <= largest < 1e6:
        return curve
    with np.errstate(over="ignore"):
        slight = not curve.constant and np.ptp(y) < 1e-3 * largest  # told apart by late digits
    if slight and 1e-100 < largest < 1e100:
        return curve
    unit = f"1e{max(math.floor(math.log10(largest)), -323)}"
    return Curve(f"{label} / {unit}", x, y / float(unit), log)


def _spans_decades(y: np.ndarray) -> bool:
    """Return whether more than a few last points are decades below the highest."""
    positive = y[np.isfinite(y) & (y > 0.0)]
    if len(positive) < 3:
        return False
    low = np.quantile(np.log10(positive), 0.1)
    return float(np.log10(positive.max()) - low) >= _LOG_FROM


def plot(trace: Trace, ax: Any, against: str) -> Any:
    """Draw both curves with matplotlib: the value on `ax`, the gradient on an axis beside it."""
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    drawn = curves(trace, against)
    if ax is None:
        _, ax = pyplot.subplots(layout="constrained")
    beside = ax.twinx()
    lines = [_draw(ax, drawn[0], VALUE), _draw(beside, drawn[1], GRADIENT)]
    ax.set_xlabel(AGAINST[against])
    ax.xaxis.set_major_locator(
        MaxNLocator("auto", steps=[1, 2, 5, 10], integer=against != "seconds")
    )
    ax.grid(visible=True, color="#dddddd", linewidth=0.6)
    beside.legend(  # above the curves, where it hides nothing
        handles=lines, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False,
        fontsize="small", borderaxespad=0.2,
    )  # fmt: skip
    return ax


def _draw(axis: Any, curve: Curve, style: Style) -> Any:
    if curve.log and np.abs(np.log10(curve.y)).max() > 200.0:  # beyond matplotlib's log scale
        label = f"log10 of {curve.label}"
        curve = dataclasses.replace(curve, label=label, y=np.log10(curve.y), log=False)
    (line,) = axis.plot(
        curve.x, curve.y, label=curve.label, color=style.color, linewidth=1.6,
        linestyle="-" if style.dashes is None else (0, style.dashes),
        marker=style.marker if len(curve.x) <= 30 else None, markersize=4.5,
        markerfacecolor="none" if style.dashes else None,
    )  # fmt: skip
    if curve.log:
        axis.set_yscale("log")
    else:
        axis.ticklabel_format(axis="y", style="plain", useOffset=False)
    if curve.constant:
        middle = float(curve.y[0])
        pad = 0.1 * abs(middle) or 1.0
        axis.set_ylim(middle - pad, middle + pad)
    axis.set_ylabel(curve.label, color=style.color)
    axis.tick_params(axis="y", colors=style.color)
    return line
