"""Parameters to begin learning from, and the same with more steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from talweg.energies.fields import SIDE
from talweg.energies.learned import FEATURES, LOUDNESS, Parameters

__all__ = ["first_parameters", "lengthened"]

_COSINES = 7 * 7 - 1  # of 7 x 7 pixels, but the constant one
_MORE_MOMENTUM = 0.85  # of the steps that a schedule is lengthened by


def first_parameters(filters: int, fields: int, scales: int, steps: int) -> Parameters:
    """Return parameters to start learning from.

    Cosines of 7 x 7 pixels laid on at all four places of a 2 x 2 block, each field adding up the
    four of one, weighted as the spectrum of photographs asks; steps small enough for all that.

    Parameters
    ----------
    filters : int
        A multiple of 4, up to 192: there are 48 cosines.
    fields, scales, steps : int
        At least 1.

    Returns
    -------
    made : Parameters
        float32.

    Raises
    ------
    ValueError
        If a number can't be had.

    Examples
    --------
    >>> first_parameters(8, 4, 2, 3).filters.shape
    (2, 8, 64)
    """
    if filters % 4 or not 4 <= filters <= 4 * _COSINES:
        raise ValueError(
            f"filters is {filters}: it must be a multiple of 4, from 4 to {4 * _COSINES}"
        )
    for name, count in (("fields", fields), ("scales", scales), ("steps", steps)):
        if count < 1:
            raise ValueError(f"{name} is {count}: it must be at least 1")
    cosines = _cosines(7, filters // 4)
    norms = np.tile(np.linalg.norm(cosines, axis=(1, 2)), 4)
    placed = np.zeros((4, filters // 4, SIDE, SIDE))
    for place in range(4):
        row, column = divmod(place, 2)
        placed[place, :, row : row + 7, column : column + 7] = cosines
    flat = placed.reshape(filters, -1)
    # Noise twice as loud is met by pictures scaled down to a half.
    loud = 4.0 * (np.arange(FEATURES) == LOUDNESS)
    own = np.arange(fields)[:, None] % (filters // 4) == np.arange(filters) % (filters // 4)
    rng = np.random.default_rng(0)
    mixing = np.where(own, -1.4, -7.0 + 0.3 * rng.normal(size=own.shape))
    weights = np.log(norms[np.arange(fields) % (filters // 4)]) - np.arange(scales)[:, None]
    made = Parameters(
        filters=np.stack([12.0 * flat] * scales),
        mixing=np.stack([mixing] * scales),
        weights=weights,
        filter_gains=np.zeros((scales, FEATURES, filters)) - loud[:, None],
        weight_gains=np.zeros((scales, FEATURES, fields)),
        steps=np.full(steps, math.log(5e-7)),
        step_gains=np.zeros((steps, FEATURES)) + loud,
        coarse_steps=np.full((steps, 2), -4.0),
        momenta=np.full(steps, 1.0),
        data_weight=np.array(-2.0),
        data_gains=np.zeros(FEATURES),
    )
    return Parameters(*(array.astype(np.float32) for array in made))


def lengthened(parameters: Parameters, steps: int) -> Parameters:
    """Return parameters with more steps, to go on learning from.

    The last step but two is repeated, with a momentum of 0.85; the last two end the descent.

    Parameters
    ----------
    parameters : Parameters
    steps : int
        How many there shall be; at least as many as there are.

    Returns
    -------
    longer : Parameters

    Raises
    ------
    ValueError
        If there are more already.

    Examples
    --------
    >>> short = first_parameters(8, 4, 1, 3)._replace(steps=np.array([-3.0, -2.0, -1.0]))
    >>> lengthened(short, 5).steps.tolist()
    [-3.0, -3.0, -3.0, -2.0, -1.0]
    """
    count = len(parameters.steps)
    if steps < count:
        raise ValueError(f"steps is {steps}: there are {count} already, and none can be left out")
    kept, more = max(count - 2, 0), steps - count
    order = [*range(kept), *[max(kept - 1, 0)] * more, *range(kept, count)]
    momenta = parameters.momenta[order]
    momenta[kept : kept + more] = math.log(_MORE_MOMENTUM / (1.0 - _MORE_MOMENTUM))
    return parameters._replace(
        steps=parameters.steps[order],
        step_gains=parameters.step_gains[order],
        coarse_steps=parameters.coarse_steps[order],
        momenta=momenta,
    )


def _cosines(side: int, count: int) -> NDArray[np.floating]:
    """Return the first cosines of a square but the constant one, their norms their frequencies."""
    places = np.arange(side) + 0.5
    waves = np.cos(np.pi * np.outer(np.arange(side), places) / side)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    pairs = sorted(
        ((i, j) for i in range(side) for j in range(side)),
        key=lambda pair: (math.hypot(*pair), pair),
    )[1 : count + 1]
    return np.stack([math.hypot(i, j) * np.outer(waves[i], waves[j]) for i, j in pairs])
