"""Learning an energy: going down the error of its descents, batch by batch."""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from talweg.energies import read_energy
from talweg.energies.beginning import first_parameters, lengthened
from talweg.energies.fields import fields_energy
from talweg.energies.learned import LearnedEnergy
from talweg.errors import ImageError
from talweg.training.course import Course, TrainingProgress
from talweg.training.pictures import check_pictures
from talweg.training.samples import Pool
from talweg.training.standing import Standing, load_standing
from talweg.training.validation import Validation, hold_out

__all__ = ["TrainingProgress", "train_energy"]

_SCALES, _STEPS = 3, 10
_LEAST_STEPS, _MOST_STEPS = 2, 64


def train_energy(
    pictures: Sequence[Any],
    *,
    minutes: float = 10.0,
    filters: int | None = None,
    steps: int | None = None,
    missing: tuple[float, float] = (0.5, 0.95),
    noise: tuple[float, float] | None = None,
    start: Any = "fields",
    rng: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    callback: Callable[[TrainingProgress], Any] | None = None,
) -> LearnedEnergy:
    """Learn an energy from pictures: the one whose descents end nearest to them.

    Pictures are damaged at random, descended, and compared with what they were; the gradient of
    the mean logarithm of the error by all parameters, through all steps, says how to change them
    (Adam, on batches of 8 crops of 64 x 64 pixels, the step size going down a cosine; what is kept
    is a running mean of the parameters [3]_).

    An energy is either for pixels that are lost beside known ones that are held, or, with `noise`,
    for known pixels that are noisy: `talweg.restore` takes the one without, the other with its
    `noise`.

    Parameters
    ----------
    pictures : sequence of (M, N) or (M, N, 3) array_like
        Integers, or floats in [0, 1]; at least 64 pixels wide and high, one of them at least 128
        along one side. A square of up to twelve of them is held out, to measure on.
    minutes : float, default 10
        How long to learn, those before a resume included.
    filters : int, optional
        Start from nothing, with this many filters at each of three scales: a multiple of 8, from
        8 to 192. By default the start's.
    steps : int, optional
        How many steps are learned, from 2 to 64. A start that has fewer is given more; one that has
        more is refused. By default the start's, and 10 with `filters`.
    missing : tuple of float, default (0.5, 0.95)
        The least and the largest share of pixels lost in training, where they are lost at random.
    noise : tuple of float, optional
        The least and the largest standard deviation of the known pixels' noise, in grey levels
        (1/255 of the range), above 0 and up to 255. Every picture is noisy then, and of a quarter
        pixels are lost too. By default there is none, and known pixels are held.
    start : str or LearnedEnergy, default "fields"
        The learned energy to go on from, or its file: one for noise if `noise` is given, which
        "fields" is then, and one without otherwise. Not looked at with `filters`.
    rng : int, default 0
        Seed of the damages.
    checkpoint : str or path, optional
        A file that is written at every validation, from which the training can go on.
    resume : bool, default False
        Whether to go on from that file.
    callback : callable, optional
        Called with a `TrainingProgress` about once a second. Raising ``StopIteration`` ends the
        training.

    Returns
    -------
    LearnedEnergy
        The best by validation, its card filled in.

    Raises
    ------
    ImageError
        If the pictures or the checkpoint can't be used.
    ValueError, TypeError
        If an option can't be.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> talweg.train_energy([np.zeros((40, 50))])
    Traceback (most recent call last):
    talweg.errors.ImageError: picture 1 has 40 x 50 pixels; training takes crops of 64 x 64

    Notes
    -----
    The same pictures, seed and computer don't give the same energy: how many batches there are
    depends on time.

    References
    ----------
    .. [1] Y. Chen and T. Pock, "Trainable nonlinear reaction diffusion", IEEE Transactions on
       Pattern Analysis and Machine Intelligence 39 (2017), 1256-1272.
    .. [2] S. Roth and M. J. Black, "Fields of experts", International Journal of Computer Vision
       82 (2009), 205-229.
    .. [3] B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging",
       SIAM Journal on Control and Optimization 30 (1992), 838-855.
    """
    planes = check_pictures(pictures)
    settings = _checked(minutes, filters, steps, missing, noise, rng)
    learned_from, held = hold_out(planes)
    if not held:
        raise ImageError(
            "no picture is large enough to hold a part of it out: one must be at least 128 pixels "
            "along one side"
        )
    settings["held out"] = _fingerprint(held)
    standing = _begun(settings, start, checkpoint, resume)
    ranges = settings["missing"], settings["noise"]
    course = Course(standing, Validation(held, *ranges), checkpoint, callback)
    pool = Pool(learned_from, *ranges, np.random.default_rng([rng, standing.batch]))
    course.learn(pool, 60.0 * minutes)
    card = _card(standing, len(planes), course.broken)
    return LearnedEnergy("learned", fields_energy, parameters=standing.best, card=card)


def _checked(
    minutes: Any, filters: Any, steps: Any, missing: Any, noise: Any, rng: Any
) -> dict[str, Any]:
    """Return what a training must be resumed with."""
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float, np.integer, np.floating)):
        raise TypeError(f"minutes is {minutes!r}; give a number")
    if not 0.0 < minutes < math.inf:
        raise ValueError(f"minutes is {minutes}; give a positive number")
    if filters is not None:
        _check_whole(filters, "filters", "a whole number")
        if not (8 <= filters <= 192 and filters % 8 == 0):
            raise ValueError(f"filters is {filters}; give a multiple of 8 from 8 to 192")
    if steps is not None:
        _check_whole(steps, "steps", "a whole number")
        if not _LEAST_STEPS <= steps <= _MOST_STEPS:
            raise ValueError(f"steps is {steps}; give from {_LEAST_STEPS} to {_MOST_STEPS}")
    shares = _pair(missing, "missing", "two shares, as (0.5, 0.95)")
    if not 0.0 < shares[0] <= shares[1] < 1.0:
        raise ValueError(
            f"missing is {missing!r}; give the least and the largest share, between 0 and 1"
        )
    levels = None if noise is None else _pair(noise, "noise", "two grey levels, as (5, 50)")
    if levels is not None and not 0.0 < levels[0] <= levels[1] <= 255.0:
        raise ValueError(
            f"noise is {noise!r}; give the least and the largest standard deviation in grey "
            "levels, above 0 and up to 255"
        )
    _check_whole(rng, "rng", "a seed, a whole number")
    if rng < 0:
        raise ValueError(f"rng is {rng}; give a seed of 0 or more")
    return {
        "filters": None if filters is None else int(filters),
        "steps": None if steps is None else int(steps),
        "missing": shares, "noise": levels, "seed": int(rng),
    }  # fmt: skip


def _pair(values: Any, name: str, wanted: str) -> list[float]:
    try:
        least, most = map(float, values)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {values!r}; give {wanted}") from None
    return [least, most]


def _check_whole(value: Any, name: str, wanted: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}; give {wanted}")


def _fingerprint(held: list[Any]) -> str:
    """Return eight letters that differ where other parts of pictures are held out."""
    return f"{zlib.crc32(b''.join(plane.tobytes() for plane in held)):08x}"


def _begun(settings: dict[str, Any], start: Any, checkpoint: Any, resume: bool) -> Standing:
    """Return where to begin, or to go on from."""
    if resume:
        if checkpoint is None:
            raise ValueError("resume needs the file to go on from: give checkpoint")
        standing = load_standing(checkpoint)
        _check_same(standing.settings, settings, checkpoint)
        return standing
    if settings["filters"] is not None:
        count = settings["filters"]
        parameters = first_parameters(count, count // 2, _SCALES, settings["steps"] or _STEPS)
        return Standing({**settings, "started from": "cosines"}, parameters, parameters)
    noisy, steps = settings["noise"] is not None, settings["steps"]
    energy = read_energy(start, noisy=noisy)
    if not isinstance(energy, LearnedEnergy):
        raise TypeError(f"start={energy.name!r} is not a learned energy: there is nothing to learn")
    _check_kind(energy, noisy)
    if steps is not None and steps < energy.steps:
        raise ValueError(
            f"steps: {energy.name} has {energy.steps} already, and none can be left out; give "
            f"{energy.steps} or more than {steps}, or begin with nothing (filters)"
        )
    parameters = energy.parameters
    if steps is not None:
        parameters = lengthened(parameters, steps)
    # Both that come with talweg are asked for by one name.
    origin = "fields" if start == "fields" else energy.name
    return Standing({**settings, "started from": origin}, parameters, parameters)


def _check_kind(energy: LearnedEnergy, noisy: bool) -> None:
    """Refuse to begin with an energy for the other kind of damage."""
    if noisy and energy.noise is None:
        raise ValueError(
            f"start: {energy.name} was trained on known pixels that are held, not on noise; leave "
            "noise out, or begin with an energy for noise (fields is one) or with nothing (filters)"
        )
    if energy.noise is not None and not noisy:
        low, high = energy.noise
        raise ValueError(
            f"start: {energy.name} was trained on noise of {low:g} to {high:g} grey levels; give "
            "noise, or begin with an energy for pixels that are held (fields is one)"
        )


def _check_same(theirs: dict[str, Any], ours: dict[str, Any], checkpoint: Any) -> None:
    """Refuse to go on with other settings, or with other pictures."""
    for name, value in ours.items():
        if theirs.get(name, value) == value:
            continue
        if name == "held out":
            raise ValueError(
                f"resume: the training in {os.fspath(checkpoint)} was on other pictures; give the "
                "same, in the same order"
            )
        raise ValueError(
            f"resume: the training in {os.fspath(checkpoint)} has {name}={theirs[name]}, this one "
            f"{value}; give the same"
        )


def _card(standing: Standing, pictures: int, broken: bool) -> dict[str, Any]:
    """Say what an energy was trained on, how, and how well it did."""
    settings = {name: each for name, each in standing.settings.items() if name != "held out"}
    score = standing.best_look.score
    settings["steps"] = len(standing.best.steps)
    over = "over the noisy picture, held out" if score.noisy else "over the thin plate, held out"
    card = {
        "trained on": f"{pictures} picture{'' if pictures == 1 else 's'}",
        "minutes": round(standing.seconds / 60.0, 1),
        "batches": standing.batch,
        **settings,
        over: str(score),
    }
    if broken:
        card["ended early"] = "the loss was no longer finite"
    return card
