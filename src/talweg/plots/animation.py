"""Pictures that move: a path that grows step by step, as a GIF or an MP4."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import matplotlib as mpl
import numpy as np

from talweg.atomic import atomic_write, refuse_existing
from talweg.plots.marks import root_figure
from talweg.plots.paths import growing

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["animate", "movie"]


def animate(
    path: str | os.PathLike[str],
    picture: Any,
    *,
    frames: int = 60,
    fps: float = 10.0,
    dpi: float = 100.0,
    hold: float = 1.5,
    overwrite: bool = False,
) -> int:
    """Write a movie in which the paths of a picture grow, one step after the other.

    Parameters
    ----------
    path : str or path
        The file, ending in ``.gif`` or ``.mp4``.
    picture : matplotlib.axes.Axes, several of them, or matplotlib.figure.Figure
        What `function`, `contours`, `surface`, `step_sizes` or `landscape_slice` made, with a
        path. All paths in its figure grow at once.
    frames : int, default 60
        The most frames; where there are more steps, some are passed over, evenly.
    fps, dpi, hold, overwrite
        As in `movie`.

    Returns
    -------
    int
        The number of frames. The picture is left with its paths whole.

    Raises
    ------
    ValueError
        If there is no path with a step in the picture, or as in `movie`.
    TypeError, FileExistsError, RuntimeError, OSError
        As in `movie`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> ax = plots.function(lambda x: x**2 / 2, (-8.0, 8.0), path=[8.0, 4.0, 2.0, 1.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plots.animate(Path(folder, "descent.gif"), ax)
    4
    >>> pyplot.close(ax.get_figure())
    """
    figure = _figure_of(picture)
    moving = growing(figure)
    steps = max((artist.steps for artist in moving), default=0)
    if steps < 1:
        raise ValueError("no path in this picture has a step to show: give path= or paths= to it")
    if isinstance(frames, bool) or not isinstance(frames, (int, np.integer)):
        raise TypeError(f"frames must be a whole number, not {frames!r}")
    if frames < 2:
        raise ValueError(f"frames={frames}: a movie needs 2 frames or more")
    shown = np.unique(np.linspace(0, steps, min(int(frames), steps + 1)).round().astype(int))

    def show(step: int) -> None:
        for artist in moving:
            artist.set_upto(int(step))

    try:
        return movie(path, figure, show, shown, fps=fps, dpi=dpi, hold=hold, overwrite=overwrite)
    finally:
        show(steps)


def movie(
    path: str | os.PathLike[str],
    figure: Any,
    update: Callable[[Any], Any],
    frames: int | Iterable[Any],
    *,
    fps: float = 10.0,
    dpi: float = 100.0,
    hold: float = 1.5,
    overwrite: bool = False,
) -> int:
    """Write a movie of a figure that changes, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file, ending in ``.gif``, or ``.mp4``, for which ffmpeg must be installed.
    figure : matplotlib.figure.Figure
        Its layout is found once, for the first frame, and stays.
    update : callable
        ``update(frame)`` changes the figure.
    frames : int or iterable
        What `update` is called with, one after the other; a number n stands for 0 to n - 1.
    fps : float, default 10
        Frames a second. A GIF counts in hundredths of a second.
    dpi : float, default 100
        Pixels an inch.
    hold : float, default 1.5
        Seconds for which the last frame stays.
    overwrite : bool, default False
        Whether a file that is already there is replaced.

    Returns
    -------
    int
        The number of frames. A GIF merges those that are equal to the one before.

    Raises
    ------
    ValueError
        If the name ends in neither, there is no frame, or a number is out of range.
    TypeError
        If `figure` is not a figure.
    FileExistsError
        If there is a file and `overwrite` is False; looked at before anything is drawn.
    RuntimeError
        If an MP4 is asked for and there is no ffmpeg.
    OSError
        If the file can't be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> figure, ax = pyplot.subplots()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plots.movie(Path(folder, "rise.gif"), figure, lambda k: ax.plot([0, 1], [0, k]), 3)
    3
    >>> pyplot.close(figure)
    """
    name = os.fspath(path)
    ending = Path(name).suffix.lower()
    if ending not in (".gif", ".mp4"):
        raise ValueError(f"{name}: end the name in .gif or .mp4")
    if not hasattr(figure, "savefig"):
        raise TypeError(f"figure must be a matplotlib figure, not {type(figure).__name__}")
    for what, value in (("fps", fps), ("dpi", dpi)):
        if not (np.isfinite(value) and value > 0.0):
            raise ValueError(f"{what}={value!r}: it must be positive and finite")
    if not (np.isfinite(hold) and hold >= 0.0):
        raise ValueError(f"hold={hold!r}: it must be 0 seconds or more")
    if ending == ".mp4":
        _check_ffmpeg(name)
    refuse_existing(path, overwrite)
    steps = range(frames) if isinstance(frames, (int, np.integer)) else frames
    write = _write_gif if ending == ".gif" else _write_mp4
    # Frames that are cut to fit what is on them would be of different sizes.
    whole = mpl.rc_context({"savefig.bbox": None})
    with atomic_write(path, overwrite) as file, _fixed_layout(figure, dpi), whole:
        count = write(file, figure, (update(step) for step in steps), fps, dpi, hold)
        if not count:
            raise ValueError(f"{name}: there is no frame to show")
    return count


def _figure_of(picture: Any) -> Any:
    """Return the figure of axes, of the first of several, or of itself."""
    if isinstance(picture, (np.ndarray, list, tuple)) and len(picture):
        picture = picture[0]
    if hasattr(picture, "savefig"):
        return picture
    if hasattr(picture, "get_figure"):
        return root_figure(picture)
    raise TypeError(f"picture must be axes or a figure, not {type(picture).__name__}")


@contextmanager
def _fixed_layout(figure: Any, dpi: float) -> Iterator[None]:
    """Arrange a figure once, not for every frame: faster, and nothing moves but what should."""
    engine = figure.get_layout_engine()
    _picture(figure, dpi)
    figure.set_layout_engine("none")
    try:
        yield
    finally:
        figure.set_layout_engine(engine if engine is not None else "none")


def _write_gif(
    file: BinaryIO, figure: Any, updates: Iterator[Any], fps: float, dpi: float, hold: float
) -> int:
    pictures = []
    for _ in updates:
        pictures.append(_picture(figure, dpi))
    if not pictures:
        return 0
    pictures = _with_one_palette(pictures)
    each = max(round(1000.0 / fps), 20)
    times = [each] * (len(pictures) - 1) + [each + round(1000.0 * hold)]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=times, loop=0,
        optimize=False,
    )  # fmt: skip
    return len(pictures)


def _with_one_palette(pictures: list[Image]) -> list[Image]:
    """Give all frames the last one's palette, which has all colours: nothing flickers."""
    from PIL import Image as Images

    palette = pictures[-1].quantize(256, Images.Quantize.MEDIANCUT)
    colors = np.reshape(palette.getpalette() or [], (-1, 3))
    colors[(colors >= 250).all(axis=1)] = 255  # mixed of white and nearly white
    palette.putpalette(colors.ravel().tolist())
    none = Images.Dither.NONE
    return [picture.quantize(palette=palette, dither=none) for picture in pictures]


def _picture(figure: Any, dpi: float) -> Image:
    from PIL import Image as Images

    with io.BytesIO() as buffer:
        figure.savefig(
            buffer, format="png", dpi=dpi, transparent=False, pil_kwargs={"compress_level": 0}
        )
        buffer.seek(0)
        return Images.open(buffer).convert("RGB")


def _check_ffmpeg(name: str) -> None:
    from matplotlib.animation import FFMpegWriter

    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            f"{name}: an MP4 needs ffmpeg, which was not found; install it, or end the name in .gif"
        )


def _write_mp4(
    file: BinaryIO, figure: Any, updates: Iterator[Any], fps: float, dpi: float, hold: float
) -> int:
    from matplotlib.animation import FFMpegWriter

    size, count = figure.get_size_inches(), 0
    writer = FFMpegWriter(fps=fps)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "movie.mp4")
        try:
            with writer.saving(figure, str(made), dpi):
                for _ in updates:
                    writer.grab_frame()
                    count += 1
                for _ in range(round(hold * fps) if count else 0):
                    writer.grab_frame()
        finally:
            figure.set_size_inches(size)  # ffmpeg has it made even
        if count:
            with made.open("rb") as whole:
                shutil.copyfileobj(whole, file)
    return count
