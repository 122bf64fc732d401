"""Training on the files that the user named: read, learn, write, tell."""

from __future__ import annotations

import dataclasses
import math
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import talweg
from talweg.cli.errors import Exit
from talweg.cli.fitting_progress import tell_size
from talweg.cli.report import Reporter, print_json
from talweg.cli.training_pictures import Collection, read_pictures
from talweg.cli.training_progress import TrainingWatchers, tell_time

if TYPE_CHECKING:
    from talweg.cli.interrupt import Interruption
    from talweg.cli.training_request import Request
    from talweg.energies.learned import LearnedEnergy
    from talweg.training.standing import Look, Standing

__all__ = ["train_on_files"]

_OPTIONS = {"resume": "--resume", "start": "--from", "steps": "--steps"}


def train_on_files(request: Request, reporter: Reporter, interruption: Interruption) -> Exit:
    """Learn an energy, write it, and tell how good it is.

    Raises
    ------
    CommandError, ImageError
        If something can't be used.
    """
    standing = request.going_on()
    options = request.options()
    collection = read_pictures(request.images, reporter)
    _tell_start(request, collection, options, standing, reporter)
    watchers = TrainingWatchers(interruption, reporter, [] if standing is None else standing.looks)
    energy = _train(collection, options, watchers)
    interrupted = interruption.asked  # from here on Ctrl-C changes nothing
    energy = dataclasses.replace(energy, card=_card(energy.card, collection))

    from talweg.energies.energy_file import save_energy

    save_energy(request.output, energy, overwrite=request.force or request.resume)
    ended = not (interrupted or "ended early" in energy.card)
    if ended:
        with suppress(FileNotFoundError):
            os.remove(request.checkpoint_file)
    if request.plot is not None:
        _draw(request, energy, watchers)
        reporter.note(f"{request.plot}: the picture of the training is written")
    _tell_end(request, energy, watchers, reporter, interrupted)
    if request.as_json:
        print_json(_record(request, energy, collection, watchers, ended))
    return Exit.INTERRUPTED if interrupted else Exit.OK


def _train(
    collection: Collection, options: dict[str, Any], watchers: TrainingWatchers
) -> LearnedEnergy:
    from talweg.cli.cache import keep_compiled
    from talweg.training.energy_training import train_energy

    keep_compiled()
    try:
        return train_energy(collection.pixels, callback=watchers, **options)
    except ValueError as error:
        # The options were checked; what is left are a start that they don't fit, and pictures that
        # a checkpoint isn't of.
        name, _, rest = str(error).partition(":")
        if name not in _OPTIONS:
            raise
        from talweg.cli.errors import CommandError

        raise CommandError(f"{_OPTIONS[name]}:{rest}", Exit.USAGE) from error
    finally:
        watchers.close()


def _tell_start(
    request: Request, collection: Collection, options: dict[str, Any], standing: Standing | None,
    reporter: Reporter,
) -> None:  # fmt: skip
    reporter.note(collection.describe())
    reporter.note(collection.describe_held(all_names=reporter.verbose))
    total = f"{request.total_minutes:g} minutes"
    if request.noise is not None:
        total = (
            f"noise of {' to '.join(f'{each:g}' for each in request.noise)} grey levels; {total}"
        )
    if standing is not None:
        origin = (
            f"goes on from batch {standing.batch:,}, {tell_time(standing.seconds)} of "
            f"{tell_time(60.0 * request.total_minutes)} minutes ({request.checkpoint_file}); the "
            f"best so far, held out: {standing.best_look.score}"
        )
    elif request.filters is not None:
        origin = f"begins with nothing, {request.filters} filters at each of three scales; {total}"
    else:
        start = options["start"]
        origin = f"begins with {start if isinstance(start, str) else request.start}; {total}"
    reporter.note(origin)
    reporter.note("compiling takes about ten seconds of them")


def _card(card: dict[str, Any], collection: Collection) -> dict[str, Any]:
    """Add what only the command knows."""
    names = [os.path.basename(name) for name in collection.names]
    return {**card, "files": names, "talweg": talweg.__version__}


def _draw(request: Request, energy: LearnedEnergy, watchers: TrainingWatchers) -> None:
    from talweg.cli.exploring_pictures import write_picture
    from talweg.plots.training_picture import draw_training

    assert request.plot is not None
    assert watchers.last is not None
    pictures = energy.card["trained on"]
    figure = draw_training(
        watchers.history, watchers.last.looks, best=watchers.last.best,
        title=f"{os.path.basename(request.output)}, trained on {pictures}",
    )  # fmt: skip
    write_picture(figure, request.plot, request.force or request.resume)


def _tell_end(
    request: Request, energy: LearnedEnergy, watchers: TrainingWatchers, reporter: Reporter,
    interrupted: bool,
) -> None:  # fmt: skip
    assert watchers.last is not None
    before, after = watchers.last.looks[0], watchers.last.best
    if after is before:
        reporter.warn(
            f"no validation was better than the start, which is what {request.output} holds; give "
            "more --minutes, or more pictures"
        )
    if "ended early" in energy.card:
        reporter.warn(
            f"{energy.card['ended early']}, so that the training ended after "
            f"{tell_time(watchers.last.seconds)} minutes; the best so far is written"
        )
    reporter.note(f"before, held out: {before.score}")
    reporter.note(f"after, held out:  {after.score}")
    size = tell_size(os.path.getsize(request.output))
    reporter.note(
        f"{request.output}: {size}, {energy.card['batches']:,} batches in "
        f"{tell_time(watchers.last.seconds)} minutes"
    )
    if interrupted:
        reporter.warn(
            f"interrupted; the best so far is in {request.output}; go on by: {request.resuming()}"
        )
    reporter.note(f"use it by: talweg restore IMAGE --energy {request.output}")


def _record(
    request: Request, energy: LearnedEnergy, collection: Collection, watchers: TrainingWatchers,
    ended: bool,
) -> dict[str, Any]:  # fmt: skip
    """Gather what is to be said as JSON."""
    assert watchers.last is not None
    looks = watchers.last.looks
    return {
        "pictures": len(collection.names),
        "batches": energy.card["batches"],
        "minutes": watchers.last.seconds / 60.0,
        "looks": [_look(look) for look in looks],
        "before": _look(looks[0]),
        "after": _look(watchers.last.best),
        "output": request.output,
        "bytes": os.path.getsize(request.output),
        "ended": ended,
        "checkpoint": None if ended else request.checkpoint_file,
    }


def _look(look: Look) -> dict[str, Any]:
    score = look.score
    return {
        "batch": look.batch,
        "seconds": look.seconds,
        "loss": _told(look.loss),
        "levels": list(score.levels),
        "noisy": score.noisy,
        "gains": [_told(gain) for gain in score.gains],
    }


def _told(number: float) -> float | None:
    """Return a number as JSON has it: there is no NaN."""
    return number if math.isfinite(number) else None
