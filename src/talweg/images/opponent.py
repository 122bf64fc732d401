r"""Colours as brightness and two differences, which in photographs have little to do with another.

.. math::

    \tfrac13 (r + g + b), \quad \tfrac{1}{\sqrt 6} (r - b), \quad \tfrac{1}{3 \sqrt 2} (2 g - r - b)

This is an orthogonal transform over :math:`\sqrt 3`: noise that is alike and independent in red,
green and blue is so again, with its standard deviation divided by :math:`\sqrt 3`.

References
----------
.. [1] Y.-I. Ohta, T. Kanade and T. Sakai, "Color information for region segmentation", Computer
   Graphics and Image Processing 13 (1980), 222-241.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOISE_SHARE", "from_opponent", "to_opponent"]

_FORWARD = np.array(
    [
        [1 / 3, 1 / 3, 1 / 3],
        [1 / np.sqrt(6), 0.0, -1 / np.sqrt(6)],
        [-1 / np.sqrt(18), 2 / np.sqrt(18), -1 / np.sqrt(18)],
    ]
)
NOISE_SHARE = 1.0 / np.sqrt(3.0)
"""The noise in every opponent channel, over that in red, green and blue."""


def to_opponent(colors: list[NDArray[Any]]) -> list[NDArray[Any]]:
    r"""Return brightness, red against blue, and green against both.

    Parameters
    ----------
    colors : list of three (...) ndarray of float
        Red, green and blue.

    Returns
    -------
    list of three (...) ndarray of float
        New arrays, in the precision of the first. Grey from 0 to 1 stays so, in the first; the
        others are zero for grey, and lie between :math:`-\tfrac{1}{\sqrt 6}` and
        :math:`\tfrac{1}{\sqrt 6}`, and between :math:`-\tfrac{\sqrt 2}{3}` and
        :math:`\tfrac{\sqrt 2}{3}`.

    Examples
    --------
    >>> import numpy as np
    >>> gray = np.array([0.25])
    >>> [float(each[0].round(12)) for each in to_opponent([gray, gray, gray])]
    [0.25, 0.0, 0.0]
    """
    return _mixed(_FORWARD, colors)


def from_opponent(channels: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return red, green and blue: the inverse of `to_opponent`.

    Parameters
    ----------
    channels : list of three (...) ndarray of float
        As `to_opponent` returns them.

    Returns
    -------
    list of three (...) ndarray of float
        New arrays. Channels that no colours from 0 to 1 have come out beyond that range.

    Examples
    --------
    >>> import numpy as np
    >>> back = from_opponent(to_opponent([np.array([0.75]), np.array([0.5]), np.array([0.25])]))
    >>> [float(each[0].round(12)) for each in back]
    [0.75, 0.5, 0.25]
    """
    return _mixed(3.0 * _FORWARD.T, channels)


def _mixed(matrix: NDArray[np.floating], channels: list[NDArray[Any]]) -> list[NDArray[Any]]:
    dtype = channels[0].dtype
    mixed = []
    for row in matrix.astype(dtype):
        total = row[0] * channels[0]
        total += row[1] * channels[1]
        total += row[2] * channels[2]
        mixed.append(total)
    return mixed
