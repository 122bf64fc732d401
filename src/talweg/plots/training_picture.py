"""A training as a picture: the loss as it falls, and what the validations gain over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.plots.marks import BLUE, GOLD, RED, halo, legend_below, plain, sized_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_training"]

_GRID: dict[str, Any] = {"visible": True, "color": "#dddddd", "linewidth": 0.6, "zorder": 0.6}
_STYLES = (
    (BLUE, "o", "-"),
    (RED, "s", (0, (5.0, 2.0))),
    (GOLD, "^", (0, (2.0, 1.5))),
)
_HOUR = 3600.0


def draw_training(
    history: Sequence[tuple[float, float]],
    looks: Sequence[Any],
    *,
    best: Any = None,
    title: str = "",
    figure: Figure | None = None,
) -> Figure:
    """Draw the loss of a training, and its validations.

    Parameters
    ----------
    history : sequence of (float, float)
        Seconds and losses, the mean logarithm of the error over that of the start.
    looks : sequence of Look
        The validations, as in `talweg.TrainingProgress.looks`: each with `seconds` and a `score`
        of `levels`, `gains` and `noisy`. At least one.
    best : Look, optional
        Marked by a line.
    title : str, optional
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no validation.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> scores = [SimpleNamespace(levels=(0.5, 0.9), gains=(k, 2 * k), noisy=False) for k in (1, 2)]
    >>> looks = [SimpleNamespace(seconds=60 * k, score=score) for k, score in enumerate(scores)]
    >>> figure = draw_training([(0.0, -5.0), (60.0, -6.0)], looks)
    >>> [line.get_label() for line in figure.axes[1].get_lines()][:2]
    ['50 % missing', '90 % missing']
    """
    if not len(looks):
        raise ValueError("there is no validation to draw")
    figure = sized_figure(figure, 2)
    panels = figure.subplots(1, 2)
    last = max([look.seconds for look in looks] + [seconds for seconds, _ in history])
    unit, name = (60.0, "minutes") if last < 2.0 * _HOUR else (_HOUR, "hours")
    _draw_loss(panels[0], history, unit)
    _draw_gains(panels[1], looks, unit)
    for ax in panels:
        ax.set_xlabel(name)
        ax.grid(**_GRID)
        ax.set_axisbelow(True)
        ax.ticklabel_format(axis="y", useOffset=False)
        if best is not None and ax is not panels[0]:
            ax.axvline(
                best.seconds / unit, color="#777777", linewidth=1.4, linestyle=(0, (1.0, 1.5)),
                zorder=1.5, label="the best",
            )  # fmt: skip
        legend_below(ax)
    if title:
        figure.suptitle(plain(title))
    return figure


def _draw_loss(ax: Axes, history: Sequence[tuple[float, float]], unit: float) -> None:
    seconds, losses = np.asarray(history, float).reshape(-1, 2).T
    shown = np.isfinite(losses)
    marker = "o" if shown.sum() <= 30 else ""
    ax.plot(
        seconds[shown] / unit, losses[shown], color=BLUE, linewidth=2.0, marker=marker,
        markersize=4.5, label="of the last 100 batches",
    )  # fmt: skip
    ax.axhline(0.0, color="#777777", linewidth=1.0, zorder=1)
    ax.set_ylabel("loss: logarithm of the error over that of the start")


def _draw_gains(ax: Axes, looks: Sequence[Any], unit: float) -> None:
    times = [look.seconds / unit for look in looks]
    first = looks[0].score
    for number, level in enumerate(first.levels):
        label = (
            f"noise of {level:.3g} grey levels" if first.noisy else f"{100 * level:.0f} % missing"
        )
        color, marker, dashes = _STYLES[number % len(_STYLES)]
        ax.plot(
            times, [look.score.gains[number] for look in looks], color=color, marker=marker,
            linestyle=dashes, linewidth=2.0, markersize=5.0, label=label, zorder=3,
            path_effects=halo("#ffffff", 3.0),
        )  # fmt: skip
    ax.axhline(0.0, color="#777777", linewidth=1.0, zorder=1)
    ax.set_ylabel(f"held out: dB over the {'noisy picture' if first.noisy else 'thin plate'}")
