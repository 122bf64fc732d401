"""The thin plate as a start for other energies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.descent import descend
from talweg.energies import ENERGIES
from talweg.images.pyramid import pull_push
from talweg.images.scale import GREY_LEVEL
from talweg.methods import LinearConjugateGradient

__all__ = ["settled_thin_plate", "thin_plate_start"]

_ITERATIONS = 60
_STEP = 0.1 * GREY_LEVEL


def thin_plate_start(
    channel: NDArray[np.floating], missing: NDArray[np.bool_]
) -> NDArray[np.floating]:
    """Fill in a channel's missing pixels by the thin plate, from a pyramid.

    At most 60 iterations of conjugate gradients: where much is missing, the plate isn't settled yet
    in the middle of wide gaps. As a start it needn't be.

    Parameters
    ----------
    channel : (M, N) ndarray of float
        Scaled to [0, 1]. Its missing pixels are not looked at.
    missing : (M, N) ndarray of bool
        Not all True.

    Returns
    -------
    (M, N) ndarray of float
        The known pixels as they are.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.add.outer(np.arange(8.0), np.arange(8.0)) / 16
    >>> missing = np.add.outer(np.arange(8), np.arange(8)) % 2 == 1
    >>> bool(np.abs(thin_plate_start(ramp, missing) - ramp).max() < 0.01)
    True
    """
    settled: NDArray[np.floating] = settled_thin_plate(pull_push(channel, ~missing), missing)
    return settled


def settled_thin_plate(start: NDArray[np.floating], missing: NDArray[np.bool_]) -> Any:
    """Let the missing pixels settle into a thin plate, for at most 60 iterations.

    Parameters
    ----------
    start : (M, N) ndarray of float
        Scaled to [0, 1], finite everywhere.
    missing : (M, N) ndarray of bool
        The others are held.

    Returns
    -------
    (M, N) ndarray of float
        Settled once the root mean square change was below a tenth of a grey level (1/255) in three
        iterations running.

    Examples
    --------
    >>> import numpy as np
    >>> missing = np.zeros((5, 5), bool)
    >>> missing[2, 2] = True
    >>> float(settled_thin_plate(np.ones((5, 5)) - missing, missing)[2, 2].round(6))
    1.0
    """
    stream = descend(
        ENERGIES["thin_plate"].function, start, method=LinearConjugateGradient(),
        fixed=~missing, max_iter=_ITERATIONS, tol=0.0, step_tol=_STEP, every=_ITERATIONS,
    )  # fmt: skip
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value.x
