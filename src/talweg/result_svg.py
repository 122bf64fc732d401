"""A descent's two curves as a small SVG picture."""

from __future__ import annotations

import dataclasses
import html
import math

import numpy as np

from talweg.result_curves import GRADIENT, VALUE, Curve, Style, curves
from talweg.state import Trace

__all__ = ["escape", "svg"]

_WIDTH, _HEIGHT, _PANEL = 680, 210, 340
_TOP, _BOTTOM, _RIGHT = 30, 40, 16
_COLUMNS = 240  # of a panel: a column is drawn as the least and the greatest value in it
_DOTS = 30  # a curve of up to this many points shows them


def svg(trace: Trace) -> str:
    """Return the value and the gradient norm against iterations, side by side.

    Long traces are thinned, so that the picture stays below about 20 kB.
    """
    last = float(trace.iteration[-1]) or 1.0
    panels = [
        _panel(curve, style, k * _PANEL, last)
        for k, (curve, style) in enumerate(zip(curves(trace), (VALUE, GRADIENT), strict=True))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11" '
        'fill="#333333">'
        f"<title>{escape(_title(trace))}</title>"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>{"".join(panels)}</svg>'
    )


def escape(text: object) -> str:
    """Return text as it can stand in HTML and XML."""
    legal = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(text))
    return html.escape(legal)


def _title(trace: Trace) -> str:
    return f"value and gradient against iterations: {trace!r}"


@dataclasses.dataclass(frozen=True)
class _Axis:
    """Numbers, or their decades, -> pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, numbers: np.ndarray) -> np.ndarray:
        share = ((np.log10(numbers) if self.log else numbers) - self.low) / (self.high - self.low)
        pixels: np.ndarray = self.start + share * (self.end - self.start)
        return pixels

    def ticks(self, most: int, whole: bool = False) -> np.ndarray:
        """Return round numbers on the axis, or round powers of ten."""
        step = (self.high - self.low) / most
        magnitude = 10.0 ** math.floor(math.log10(step))
        step = next(m * magnitude for m in (1.0, 2.0, 5.0, 10.0) if m * magnitude >= step * 0.999)
        if self.log or whole:
            step = max(round(step), 1)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        ticks = np.arange(first, last + 1) * float(step)
        return 10.0**ticks if self.log else ticks


def _vertical(curve: Curve, start: float, end: float) -> _Axis:
    if not len(curve.y):
        return _Axis(0.0, 1.0, start, end)
    low, high = float(curve.y.min()), float(curve.y.max())
    if curve.log:
        return _Axis(math.log10(low), math.log10(high), start, end, log=True)
    if curve.constant:
        pad = 0.1 * abs(low) or 1.0
        low, high = low - pad, high + pad
    return _Axis(low, high, start, end)


def _panel(curve: Curve, style: Style, left: float, last: float) -> str:
    """Return one curve with its axes, over 0 to the last iteration."""
    bottom = _HEIGHT - _BOTTOM
    vertical = _vertical(curve, bottom - 4.0, _TOP + 4.0)
    labels = _labels(vertical)
    start = left + max(18.0 + 6.8 * max(map(len, labels.values()), default=1), 44.0)
    end = left + _PANEL - _RIGHT
    horizontal = _Axis(0.0, last, start + 4.0, end - 4.0)
    parts = [
        f'<text x="{start:.0f}" y="{_TOP - 12}" fill="{style.color}" font-weight="bold">'
        f"{escape(curve.label)}</text>"
    ]
    for y, label in labels.items():
        parts.append(
            f'<path d="M{start:.0f} {y:.1f}H{end:.0f}" stroke="#e4e4e4"/>'
            f'<text x="{start - 6:.0f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        )
    ticks = horizontal.ticks(6, whole=True)
    for x, tick in zip(horizontal.at(ticks), ticks, strict=True):
        parts.append(
            f'<path d="M{x:.1f} {bottom}v4" stroke="#888888"/>'
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:.0f}</text>'
        )
    parts.append(
        f'<path d="M{start:.0f} {_TOP}V{bottom}H{end:.0f}" stroke="#888888" fill="none"/>'
        f'<text x="{(start + end) / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">iteration</text>'
    )
    return "".join(parts) + _line(curve, style, horizontal, vertical)


def _labels(axis: _Axis) -> dict[float, str]:
    """Return the vertical ticks: pixels -> text, told apart by its digits."""
    ticks = axis.ticks(5)
    if axis.log:
        powers = np.round(np.log10(ticks)).astype(int)
        texts = [f"{10.0**k:g}" if abs(k) <= 3 else f"1e{k}" for k in powers]
    else:
        ratio = float(np.abs(ticks).max(initial=0.0)) / (axis.high - axis.low)
        digits = min(max(math.ceil(math.log10(ratio or 1.0)) + 2, 3), 15)
        texts = [f"{tick:.{digits}g}" for tick in ticks]
    texts = [text.replace("-", "\N{MINUS SIGN}") for text in texts]
    return dict(zip(map(float, axis.at(ticks)), texts, strict=True))


def _line(curve: Curve, style: Style, horizontal: _Axis, vertical: _Axis) -> str:
    if not len(curve.x):
        return ""
    x, y = horizontal.at(curve.x), vertical.at(curve.y)
    kept = _thin(x, y)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[kept], y[kept], strict=True))
    dashes = f' stroke-dasharray="{style.dashes[0]:g} {style.dashes[1]:g}"' if style.dashes else ""
    line = (
        f'<polyline points="{points}" fill="none" stroke="{style.color}" stroke-width="1.6"'
        f"{dashes}/>"
    )
    if len(x) > _DOTS:
        return line
    return line + "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2" fill="{style.color}"/>'
        for a, b in zip(x, y, strict=True)
    )


def _thin(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the points to draw: the first and last, and each column's least and greatest."""
    if len(x) <= 2 * _COLUMNS:
        return np.arange(len(x))
    edges = np.linspace(x[0], x[-1], _COLUMNS + 1)[1:-1]
    kept = [0, len(x) - 1]
    for column in np.split(np.arange(len(x)), np.searchsorted(x, edges)):
        if len(column):
            kept += [column[np.argmin(y[column])], column[np.argmax(y[column])]]
    return np.unique(kept)
