"""One descent of an image's energy, with all that look at it, and Ctrl-C."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from talweg.cli.energy_file import ChosenEnergy
from talweg.cli.errors import CommandError, Exit
from talweg.cli.progress import Bar, Lines, Watcher
from talweg.cli.report import Reporter, is_terminal

if TYPE_CHECKING:
    from talweg.cli.interrupt import Interruption
    from talweg.cli.movie import Movie
    from talweg.images.mask import Missing
    from talweg.images.picture import Picture
    from talweg.images.restore import Progress, Restoration

__all__ = ["Settings", "Watchers", "descend", "watch"]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the user asked for, the same for every image.

    Parameters
    ----------
    energy : ChosenEnergy
    reporter : Reporter
    engine : dict
        The options of `talweg.restore`: method, step, tol, max_iter, start, noise.
    mask, reference, live, movie : str or None
    channel_axis : int, None or "auto"
    force : bool
    """

    energy: ChosenEnergy
    reporter: Reporter
    engine: dict[str, Any]
    mask: str | None = None
    channel_axis: Any = "auto"
    reference: str | None = None
    live: str | None = None
    movie: str | None = None
    force: bool = False


@dataclasses.dataclass
class Watchers:
    """All that look at the restoration, and Ctrl-C."""

    interruption: Interruption
    reporter: Reporter
    watching: list[Watcher]
    movie: Movie | None = None

    def __call__(self, progress: Progress) -> None:
        """Pass on where the restoration is; end it if that was asked for."""
        self.interruption.begin()
        for watcher in self.watching:
            watcher.show(progress)
        if self.interruption.asked:
            self.close()
            self.reporter.note("Interrupted: writing the best so far (Ctrl-C again gives it up)")
            raise StopIteration

    def close(self) -> None:
        """Tell all that it is over."""
        for watcher in self.watching:
            watcher.close()


def watch(
    picture: Picture, missing: Missing, settings: Settings, interruption: Interruption
) -> Watchers:
    """Choose who looks at the restoration."""
    reporter, tol = settings.reporter, settings.engine["tol"]
    watchers = Watchers(interruption, reporter, [])
    drawn = settings.live is not None and is_terminal()
    if drawn or settings.movie is not None:
        from talweg.cli.shrink import Viewer

        viewer = Viewer.of(picture.pixels, missing.mask, picture.channel_axis)
    if settings.movie is not None:
        from talweg.cli.movie import Movie

        watchers.movie = Movie(viewer, picture.pixels)
        watchers.watching.append(watchers.movie)
    if drawn:
        from talweg.cli.live import LiveView

        watchers.watching.append(LiveView(picture.name, viewer, tol))
    elif not reporter.quiet:
        plain = Lines(picture.name, reporter)
        watchers.watching.append(Bar(picture.name, tol) if is_terminal() else plain)
    return watchers


def descend(
    picture: Picture, missing: Missing, settings: Settings, watchers: Watchers
) -> Restoration:
    """Restore, with everybody watching."""
    from talweg.cli.cache import keep_compiled
    from talweg.images.energy_choice import EnergyError
    from talweg.images.restore import restore

    keep_compiled()
    try:
        with settings.energy.blamed():
            restoration = restore(
                picture.pixels,
                missing.mask,
                energy=settings.energy.energy,
                channel_axis=picture.channel_axis,
                callback=watchers,
                **settings.engine,
                every=1 if settings.movie is not None or settings.live is not None else None,
            )
        for watcher in watchers.watching:
            if hasattr(watcher, "finish"):
                watcher.finish(restoration.image)
    except EnergyError as error:
        raise CommandError(f"--energy, --noise: {error}", Exit.USAGE) from error
    finally:
        watchers.close()
    return restoration
