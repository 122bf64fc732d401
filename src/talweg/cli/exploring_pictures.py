"""Pictures and movies of what `talweg explore` found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.errors import CommandError, Exit
from talweg.cli.output import check_target
from talweg.formula_tokens import shorten

if TYPE_CHECKING:
    from talweg.cli.exploring_subject import Subject
    from talweg.cli.exploring_ways import Way

__all__ = ["MOVIES", "PICTURES", "Views", "check_files", "draw", "write_movie", "write_picture"]

PICTURES = (".png", ".pdf", ".svg")
MOVIES = (".gif", ".mp4")

_TITLE = 56  # characters
_DPI = 150


@dataclasses.dataclass(frozen=True)
class Views:
    """Which picture was asked for."""

    surface: bool = False
    field: bool = False
    step_sizes: bool = False
    basins: bool = False


def check_files(output: str | None, movie: str | None, force: bool) -> None:
    """See before any work whether the picture and the movie could be written.

    Raises
    ------
    CommandError
        If an ending isn't known, or a file exists (exit code 2); if a file can't be written, or
        ffmpeg is needed and isn't there (exit code 1).
    """
    for option, target, endings in (("-o", output, PICTURES), ("--movie", movie, MOVIES)):
        if target is None:
            continue
        ending = Path(target).suffix.lower()
        if ending not in endings:
            problem = f"the ending {ending!r} is not known" if ending else "the name has no ending"
            instead = (PICTURES, MOVIES)[option == "-o"]
            other = ("-o", "--movie")[option == "-o"]
            hint = f" ({other} takes {ending})" if ending in instead else ""
            raise CommandError(
                f"{option} {target}: {problem}; end it in {', '.join(endings)}{hint}", Exit.USAGE
            )
        check_target(target, force)
        if ending == ".mp4":
            _check_ffmpeg(target)


def _check_ffmpeg(target: str) -> None:
    from matplotlib.animation import FFMpegWriter

    if not FFMpegWriter.isAvailable():
        raise CommandError(
            f"--movie {target}: an MP4 needs ffmpeg, which was not found; install it, or end the "
            "name in .gif"
        )


def draw(
    subject: Subject, points: Sequence[Any], ways: Sequence[Way], minima: Any, views: Views,
    step: Any,
) -> Any:  # fmt: skip
    """Return a figure: a curve, a map, a surface, basins or step sizes.

    Parameters
    ----------
    subject : Subject
        Of one or two variables.
    points : sequence of CriticalPoint
    ways : sequence of Way
    minima : Minima, optional
        Where a grid of starts led to.
    views : Views
    step : float, str or None
        As given; the step size to show among the step sizes.
    """
    # Not by pyplot, which would look for a screen.
    from matplotlib.figure import Figure

    figure: Any = Figure(layout="constrained")
    with subject.blamed():
        if views.step_sizes:
            _draw_step_sizes(figure, subject, ways[0], step)
        elif subject.size == 1:
            _draw_curves(figure, subject, points, ways)
        else:
            _draw_map(figure, subject, points, ways, minima, views)
    return figure


def _title(subject: Subject, more: str = "") -> str:
    """Return a title, in which matplotlib finds no mathematics."""
    return shorten(subject.name, _TITLE).replace("$", r"\$") + more


def _draw_step_sizes(figure: Any, subject: Subject, way: Way, step: Any) -> None:
    from talweg import plots

    figure.set_size_inches(11.0, 5.6)
    steps = [step] if isinstance(step, float) else None
    try:
        left, _ = plots.step_sizes(
            subject.fun, np.array(way.start), steps, title=_title(subject), ax=figure.subplots(1, 2)
        )
    except ValueError as error:
        if subject.file is not None:
            raise
        raise CommandError(f"--step-sizes: {error}", Exit.BAD_INPUT) from error
    if subject.size == 2:
        _name_axes(left, subject)


def _draw_curves(
    figure: Any, subject: Subject, points: Sequence[Any], ways: Sequence[Way]
) -> None:  # fmt: skip
    """Draw the curve, once for each descent."""
    from talweg import plots

    columns = min(max(len(ways), 1), 3)
    rows = -(-max(len(ways), 1) // columns)
    figure.set_size_inches(6.4 if columns == 1 else 5.4 * columns, 5.0 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    shown: list[Way | None] = [*ways] if ways else [None]
    for way, ax in zip(shown, panels, strict=False):
        plots.function(
            subject.fun, subject.box[0], critical_points=points, ax=ax,
            slope_at=None if way is None else way.start[0],
            path=None if way is None else way.points,
            title=_title(subject) if way is None or len(ways) == 1 else way.name,
        )  # fmt: skip
        ax.set_xlabel(subject.variables[0])
        ax.set_ylabel(f"f({subject.variables[0]})")
    for ax in panels[max(len(ways), 1) :]:
        ax.remove()
    if len(ways) > 1:
        figure.suptitle(_title(subject))


def _draw_map(
    figure: Any, subject: Subject, points: Sequence[Any], ways: Sequence[Way], minima: Any,
    views: Views,
) -> None:  # fmt: skip
    from talweg import plots

    paths = {way.name: way.points for way in ways}
    common: dict[str, Any] = {"critical_points": points, "paths": paths or None}
    if views.surface:
        figure.set_size_inches(6.8, 6.4)
        ax = figure.add_subplot(projection="3d")
        plots.surface(subject.fun, list(subject.box), title=_title(subject), ax=ax, **common)
        ax.set_zlabel(f"f({', '.join(subject.variables)})")
    elif views.basins and not paths and not views.field:
        figure.set_size_inches(6.4, 6.8)
        ax = figure.add_subplot()
        title = _title(subject, "\nwhere a descent ends, by where it starts")
        plots.basins(subject.fun, list(subject.box), minima=minima, title=title, ax=ax)
        for axis, name in zip((ax.xaxis, ax.yaxis), subject.variables, strict=True):
            axis.set_label_text(f"{name} of the start")
        return
    else:
        figure.set_size_inches(6.4, 6.4)
        ax = figure.add_subplot()
        plots.contours(
            subject.fun, list(subject.box), gradient_field=views.field, basins=minima,
            title=_title(subject), ax=ax, **common,
        )  # fmt: skip
    _name_axes(ax, subject)


def _name_axes(ax: Any, subject: Subject) -> None:
    ax.set_xlabel(subject.variables[0])
    ax.set_ylabel(subject.variables[1])


def write_picture(figure: Any, target: str, force: bool) -> None:
    """Write the picture, whole or not at all, the same bytes every time."""
    import matplotlib as mpl

    from talweg.atomic import atomic_write

    kind = Path(target).suffix.lower().removeprefix(".")
    dates = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    with mpl.rc_context({"svg.hashsalt": "talweg"}), atomic_write(target, overwrite=force) as file:
        figure.savefig(file, format=kind, dpi=_DPI, metadata=dates[kind])


def write_movie(figure: Any, target: str, force: bool) -> int:
    """Write the movie, whole or not at all; return the number of frames."""
    from talweg import plots

    return plots.animate(target, figure, overwrite=force)
