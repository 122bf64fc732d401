"""Descending a learned energy: by its own steps first, and then, if asked to, further downhill."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.descent import descend
from talweg.ending import Ending
from talweg.energies.learned import LearnedEnergy
from talweg.images.channels import Channels
from talweg.images.opponent import NOISE_SHARE
from talweg.images.scale import GREY_LEVEL
from talweg.images.thin_plate_start import settled_thin_plate
from talweg.state import State, Status, Trace

__all__ = ["descend_learned", "follow", "plate_first"]

Tell = Callable[[State], bool]


def descend_learned(
    channels: Channels, channel: int, energy: LearnedEnergy, settings: dict[str, Any], tell: Tell
) -> Ending:
    """Descend one channel from where it is, and put the best point into its place.

    Parameters
    ----------
    channels : Channels
    channel : int
    energy : LearnedEnergy
    settings : dict
        What `descend` takes: ``method``, None for the learned steps, ``max_iter``, ``step_tol``,
        ``every``; and with a method that the caller gave, ``bounds`` and its own options.
    tell : callable
        Told every state; True ends the descent.
    """
    missing, values = channels.missing(channel), channels.values[channel]
    noise = 0.0 if channels.noise is None else channels.noise * GREY_LEVEL
    if channels.opponent:
        noise *= NOISE_SHARE
    arguments, method = energy.at(missing, values, noise)
    problem = {"fixed": None if channels.noisy else ~missing, "args": arguments, "tol": 0.0}
    settings = settings | problem
    if settings["method"] is not None:
        return follow(descend(energy.function, values, **settings), channels, channel, tell)
    further = settings["max_iter"] - energy.steps
    learned = settings | {"method": method, "step_tol": None}
    if further >= 0:
        learned["max_iter"] = energy.steps + 1  # the method itself says when it is done
    ending = follow(descend(energy.function, values, **learned), channels, channel, tell)
    if further <= 0 or ending.status is not Status.COMPLETED:
        return ending
    settings |= {"method": "lbfgs", "max_iter": further}

    def tell_further(state: State) -> bool:
        return tell(dataclasses.replace(state, iteration=state.iteration + ending.nit))

    stream = descend(energy.function, channels.values[channel], **settings)
    return _joined(ending, follow(stream, channels, channel, tell_further))


def plate_first(channels: Channels) -> None:
    """Let every channel's missing pixels settle into a thin plate, from where they are."""
    for channel, values in enumerate(channels.values):
        missing = channels.missing(channel)
        if missing.any():
            channels.values[channel] = settled_thin_plate(values, missing)


def follow(stream: Any, channels: Channels, channel: int, tell: Tell) -> Ending:
    """Follow a descent to its end, and put the best point into the channel's place."""
    stop = None
    while True:
        try:
            state = stream.send(stop)
        except StopIteration as end:
            ending: Ending = end.value
            channels.values[channel] = ending.x
            # Its arrays are as large as the channel, and several channels' would add up.
            return dataclasses.replace(ending, x=None, jac=None, checkpoint=None)  # type: ignore[arg-type]
        stop = tell(state)


def _joined(first: Ending, second: Ending) -> Ending:
    """Return two endings, the second of which began where the first ended, as one."""
    before, after = first.trace, second.trace
    columns = {
        "iteration": after.iteration + first.nit,
        "evaluations": after.evaluations + first.nfev,
        "seconds": after.seconds + before.seconds[-1],
    }
    joined = {
        field.name: np.concatenate(
            [getattr(before, field.name), columns.get(field.name, getattr(after, field.name))[1:]]
        )
        for field in dataclasses.fields(Trace)
        if field.name != "escapes"
    }
    return dataclasses.replace(
        second, nit=first.nit + second.nit, nfev=first.nfev + second.nfev, trace=Trace(**joined)
    )
