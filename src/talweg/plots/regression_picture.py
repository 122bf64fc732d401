"""A fit as a picture: points and curve, or predictions, residuals and effects; the loss falling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from talweg.plots.marks import (
    BLACK,
    BLUE,
    GOLD,
    RED,
    WHITE,
    halo,
    legend_below,
    plain,
    sized_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curve_of_fit", "draw_fit"]

MOST_EFFECTS = 20
_BINS = 10
_FEW = 50  # points that are drawn upon the line, not under it
_GRID: dict[str, Any] = {"visible": True, "color": "#dddddd", "linewidth": 0.6, "zorder": 0.6}
_NINETY_FIVE = 1.959963984540054  # standard errors to either side, of a normal distribution
_STEEP = 10.0  # from this fall on, a loss is drawn on a logarithmic scale


def draw_curve_of_fit(
    x: Any,
    y: Any,
    curve: tuple[Any, Any],
    *,
    names: tuple[str, str] = ("x", "y"),
    history: Sequence[tuple[int, float]] = (),
    title: str = "",
    figure: Figure | None = None,
) -> Figure:
    """Draw points and the curve that was fitted to them.

    Parameters
    ----------
    x, y : (n,) array_like
        The points, in the table's own units.
    curve : ((k,) array_like, (k,) array_like)
        Places, and what the model predicts there.
    names : (str, str), default ("x", "y")
        Of the axes.
    history : sequence of (int, float), optional
        Epochs and losses of a descent, drawn beside it.
    title : str, optional
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If x and y, or the two parts of the curve, differ in length.

    Examples
    --------
    >>> figure = draw_curve_of_fit([1, 2, 4], [5.5, 6, 7], ([0, 5], [5, 7.5]))
    >>> [line.get_label() for line in figure.axes[0].get_lines()]
    ['3 rows', 'fit']
    """
    points, line = _pair(x, y, "x", "y"), _pair(*curve, "curve[0]", "curve[1]")
    figure = sized_figure(figure, 1 + bool(len(history)))
    axes = figure.subplots(1, 1 + bool(len(history)), squeeze=False)[0]
    _draw_points(axes[0], *points, _rows(len(points[0])))
    axes[0].plot(
        *line, color=RED, linewidth=2.2, zorder=4, path_effects=halo(WHITE, 4.0), label="fit"
    )
    _label(axes[0], *names)
    legend_below(axes[0])
    if len(history):
        _draw_history(axes[1], history)
    if title:
        figure.suptitle(plain(title))
    return figure


def draw_fit(
    observed: Any,
    predicted: Any,
    names: Sequence[str] = (),
    effects: Any = (),
    errors: Any = None,
    *,
    target: str = "y",
    effects_on: str = "",
    history: Sequence[tuple[int, float]] = (),
    title: str = "",
    figure: Figure | None = None,
) -> Figure:
    """Draw what a fit predicts against what was observed, its residuals, and its effects.

    Where the target is 0 or 1 only, the share of ones is drawn by tenths of the predictions, and
    how often each prediction was made of either.

    Parameters
    ----------
    observed, predicted : (n,) array_like
    names : sequence of str, optional
        Of the columns.
    effects : (d,) array_like, optional
        How much each column matters, on one scale: coefficients times the columns' standard
        deviations. Without any, this panel is left out; the 20 largest are shown.
    errors : (d,) array_like, optional
        The standard errors of `effects`, on the same scale; drawn 1.96 times to either side. NaN
        where there is none.
    target : str, default "y"
    effects_on : str, optional
        What the effects are on, as "the log-odds of y"; by default the target.
    history : sequence of (int, float), optional
        Epochs and losses of a descent.
    title : str, optional
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> figure = draw_fit([1, 2, 3], [1.1, 1.9, 3], ["a", "b"], [0.5, 2], [0.1, 0.2], target="m")
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['m, observed', 'm, observed - predicted', '']
    """
    observed, predicted = _pair(observed, predicted, "observed", "predicted")
    values = np.atleast_1d(np.asarray(effects, float))
    if len(values) != len(names) or (errors is not None and len(errors) != len(values)):
        raise ValueError("names, effects and errors must have the same length")
    count = 2 + bool(len(values)) + bool(len(history))
    figure = sized_figure(figure, count)
    across = 3 if count == 3 else 2
    panels = list(figure.subplots(-(-count // across), across, squeeze=False).ravel())
    if len(observed) and bool(np.isin(observed, (0.0, 1.0)).all()):
        _draw_shares(panels[0], observed, predicted, target)
        _draw_both(panels[1], observed, predicted, target)
    else:
        _draw_against(panels[0], observed, predicted, target)
        _draw_residuals(panels[1], observed, predicted, target)
    if len(values):
        _draw_effects(panels[2], names, values, errors, effects_on or target)
    if len(history):
        _draw_history(panels[count - 1], history)
    if title:
        figure.suptitle(plain(title))
    return figure


def _pair(first: Any, second: Any, *names: str) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.asarray(first, float), np.asarray(second, float)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(
            f"{names[0]} and {names[1]} must be vectors of the same length, not of the shapes "
            f"{one.shape} and {other.shape}"
        )
    return one, other


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _label(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(plain(x))
    ax.set_ylabel(plain(y))
    ax.grid(**_GRID)
    ax.set_axisbelow(True)


def _draw_points(ax: Axes, x: np.ndarray, y: np.ndarray, label: str) -> None:
    """Draw points, the fainter and smaller the more there are."""
    crowd = min(len(x) / 5000.0, 1.0)
    ax.plot(
        x, y, linestyle="none", marker="o", markersize=8.0 - 5.5 * crowd**0.5, color=BLUE,
        markeredgewidth=0.0, alpha=0.9 - 0.6 * crowd**0.5, label=label, rasterized=True,
        zorder=5 if len(x) <= _FEW else 3,
    )  # fmt: skip


def _draw_against(ax: Axes, observed: np.ndarray, predicted: np.ndarray, target: str) -> None:
    _draw_points(ax, predicted, observed, _rows(len(observed)))
    if len(observed):
        ends = [float(min(observed.min(), predicted.min()))]
        ends.append(float(max(observed.max(), predicted.max())))
        ax.plot(
            ends, ends, color=RED, linewidth=1.8, linestyle=(0, (5.0, 2.0)), zorder=4,
            path_effects=halo(WHITE, 3.6), label="predicted as observed",
        )  # fmt: skip
    _label(ax, f"{target}, predicted", f"{target}, observed")
    legend_below(ax)


def _draw_residuals(ax: Axes, observed: np.ndarray, predicted: np.ndarray, target: str) -> None:
    _draw_points(ax, predicted, observed - predicted, _rows(len(observed)))
    ax.axhline(
        0.0, color=RED, linewidth=1.8, linestyle=(0, (5.0, 2.0)), zorder=4, label="no residual"
    )
    _label(ax, f"{target}, predicted", f"{target}, observed - predicted")
    legend_below(ax)


def _draw_shares(ax: Axes, observed: np.ndarray, predicted: np.ndarray, target: str) -> None:
    """Draw the share of ones among rows of about the same prediction."""
    which = np.clip((predicted * _BINS).astype(int), 0, _BINS - 1)
    counts = np.bincount(which, minlength=_BINS)
    filled = counts > 0
    shares = np.bincount(which, observed, _BINS)[filled] / counts[filled]
    said = np.bincount(which, predicted, _BINS)[filled] / counts[filled]
    spread = _NINETY_FIVE * np.sqrt(shares * (1.0 - shares) / counts[filled])
    low, high = np.maximum(shares - spread, 0.0), np.minimum(shares + spread, 1.0)
    ax.errorbar(
        said, shares, (shares - low, high - shares), color=BLUE, marker="o", capsize=3.0,
        linestyle="none", zorder=3, label="tenths of the predictions, 95 %",
    )  # fmt: skip
    ax.plot(
        [0.0, 1.0], [0.0, 1.0], color=RED, linewidth=1.8, linestyle=(0, (5.0, 2.0)), zorder=2,
        label="as often as predicted",
    )  # fmt: skip
    _label(ax, f"probability of {target} = 1, predicted", f"share of {target} = 1, observed")
    legend_below(ax)


def _draw_both(ax: Axes, observed: np.ndarray, predicted: np.ndarray, target: str) -> None:
    edges = np.linspace(0.0, 1.0, 2 * _BINS + 1).tolist()
    for value, color, hatch in ((0.0, GOLD, ""), (1.0, BLUE, "///")):
        chosen = predicted[observed == value]
        ax.hist(
            chosen, edges, histtype="stepfilled", alpha=0.65, color=color, edgecolor=BLACK,
            hatch=hatch, label=f"{target} = {value:g}, {_rows(len(chosen))}",
        )  # fmt: skip
    _label(ax, f"probability of {target} = 1, predicted", "rows")
    legend_below(ax)


def _draw_effects(
    ax: Axes, names: Sequence[str], effects: np.ndarray, errors: Any, target: str
) -> None:
    order = np.argsort(-np.abs(effects), kind="stable")[:MOST_EFFECTS]
    places = np.arange(len(order))
    spread = None
    if errors is not None:
        spread = _NINETY_FIVE * np.nan_to_num(np.asarray(errors, float)[order])
    ax.axvline(0.0, color="#777777", linewidth=1.0, zorder=1)
    ax.errorbar(
        effects[order], places, xerr=spread, color=BLACK, marker="D", markersize=5.5, capsize=3.0,
        linestyle="none", zorder=3, label="effect" + ("" if spread is None else ", 95 % interval"),
    )  # fmt: skip
    ax.set_yticks(places, [plain(_short(names[k])) for k in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    more = f" ({len(order)} of {len(effects)})" if len(order) < len(effects) else ""
    _label(ax, f"effect of one standard deviation on {target}{more}", "")
    legend_below(ax)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _draw_history(ax: Axes, history: Sequence[tuple[int, float]]) -> None:
    epochs, losses = (np.asarray(part, float) for part in zip(*history, strict=True))
    shown = np.isfinite(losses)
    epochs, losses = epochs[shown], losses[shown]
    marker = "o" if len(epochs) <= 30 else ""
    ax.plot(epochs, losses, color=BLUE, linewidth=2.0, marker=marker, markersize=4.5)
    if len(losses) and losses.min() > 0.0 and losses.max() > _STEEP * losses.min():
        ax.set_yscale("log")
    else:
        ax.ticklabel_format(axis="y", useOffset=False)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    _label(ax, "epoch", "loss")
