"""A film of the descent: an animated GIF or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from talweg.cli.errors import CommandError, Exit

if TYPE_CHECKING:
    from PIL.Image import Image

    from talweg.cli.shrink import Viewer
    from talweg.images.restore import Progress

__all__ = ["Movie", "check_movie"]

MOST_FRAMES = 60
LONGEST_SIDE = 512
FRAME_MS = 80
FIRST_MS = 700
LAST_MS = 1000


def check_movie(path: str, force: bool) -> None:
    """See before any work whether a movie could be written.

    Raises
    ------
    CommandError
        If its ending is neither ``.gif`` nor ``.png``, or it exists already: exit code 2.
    """
    from talweg.cli.output import check_target

    if Path(path).suffix.lower() not in (".gif", ".png"):
        raise CommandError(
            f"--movie {path}: end the name in .gif, or in .png for an animated PNG", Exit.USAGE
        )
    check_target(path, force)


class Movie:
    """Collects frames: the damaged image, the descent, the restored image.

    Parameters
    ----------
    viewer : Viewer
        How the image is shown.
    damaged : ndarray
        The first frame.

    Notes
    -----
    When there are as many frames as there may be, every other one is dropped, and from then on
    half as many are taken: memory is bounded, and the frames stay evenly spread.
    """

    def __init__(self, viewer: Viewer, damaged: NDArray[Any]) -> None:
        self._viewer = viewer
        self._first = self._shrunk(damaged)
        self._frames: list[Image] = []
        self._stride = 1
        self._seen = 0

    def _shrunk(self, image: NDArray[Any]) -> Image:
        return self._viewer.picture(image, LONGEST_SIDE, LONGEST_SIDE)

    def show(self, progress: Progress) -> None:
        """Take a frame, if it is time."""
        if self._seen % self._stride == 0:
            if len(self._frames) >= MOST_FRAMES - 2:
                del self._frames[1::2]
                self._stride *= 2
            self._frames.append(self._shrunk(progress.image))
        self._seen += 1

    def close(self) -> None:
        """Do nothing more."""

    def write(self, path: str, restored: NDArray[Any], force: bool) -> int:
        """Write the movie, whole or not at all; return the number of frames."""
        from talweg.atomic import atomic_write

        frames = [self._first, *self._frames, self._shrunk(restored)]
        durations = [FIRST_MS, *[FRAME_MS] * len(self._frames), LAST_MS]
        frames, durations = _without_repeats(frames, durations)
        gif = Path(path).suffix.lower() == ".gif"
        if gif:
            frames = _with_palette(frames)
        options: dict[str, Any] = {"optimize": False} if gif else {"default_image": False}
        with atomic_write(path, overwrite=force) as file:
            frames[0].save(
                file, "GIF" if gif else "PNG", save_all=True, append_images=frames[1:],
                duration=durations, loop=0, **options,
            )  # fmt: skip
        return len(frames)


def _without_repeats(frames: list[Image], durations: list[int]) -> tuple[list[Image], list[int]]:
    """Drop frames equal to the one before, which formats merge anyhow, and keep the last long."""
    kept, times = [frames[0]], [durations[0]]
    for frame, duration in zip(frames[1:], durations[1:], strict=True):
        if frame.tobytes() == kept[-1].tobytes():
            times[-1] = max(times[-1], duration)
        else:
            kept.append(frame)
            times.append(duration)
    return kept, times


def _with_palette(frames: list[Image]) -> list[Image]:
    """Give all frames of a GIF one palette, the last one's, so that colours don't flicker."""
    from PIL import Image as Images

    if all(_is_gray(frame) for frame in frames):
        return [frame.convert("L") for frame in frames]
    palette = frames[-1].quantize(254, Images.Quantize.MEDIANCUT)
    # Black and white of the damage may be in no palette of the restored image.
    colours = (palette.getpalette() or [])[: 3 * 254]
    colours += [0] * (3 * 254 - len(colours)) + [0, 0, 0, 255, 255, 255]
    palette.putpalette(colours)
    return [
        frame.quantize(palette=palette, dither=Images.Dither.FLOYDSTEINBERG) for frame in frames
    ]


def _is_gray(frame: Image) -> bool:
    red, green, blue = (band.tobytes() for band in frame.split())
    return red == green == blue
