r"""Noise that was cut off at the ends of a picture's range, and what that did to its mean.

What is black cannot become darker by noise, only brighter: values below the range were clipped to
its end. So around a true value :math:`\mu` the mean of the noisy pixels, which is what a denoiser
finds, is

.. math::

    m(\mu) = \mu + \sigma\, g\bigl(\tfrac{\mu - a}{\sigma}\bigr)
        - \sigma\, g\bigl(\tfrac{b - \mu}{\sigma}\bigr),
    \qquad g(u) = \varphi(u) - u\, \Phi(-u)

in a range from :math:`a` to :math:`b`, with the density :math:`\varphi` and the distribution
:math:`\Phi` of the normal distribution. As :math:`m` grows, it can be undone. Foi [1]_ does so
after any denoiser; before it he makes the noise alike everywhere, which is left out here.

References
----------
.. [1] A. Foi, "Clipped noisy images: heteroskedastic modeling and practical denoising", Signal
   Processing 89 (2009), 2609-2629.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clipping"]

_WINDOW = 9  # rows and columns: where none of 81 pixels was clipped, the mean has hardly moved
_LOW, _HIGH = 1, 2
_DISTANCES = np.linspace(0.0, 8.0, 513)  # from an end, over the noise; beyond, nothing is cut off


class Clipping:
    """Where the noise of one channel was clipped, and its undoing.

    Parameters
    ----------
    seen : (M, N) ndarray of float
        The noisy channel.
    known : (M, N) ndarray of bool
        Where it was seen.
    bounds : tuple of float
        The ends of the range. A known pixel that stands at one was clipped.
    noise : float
        Standard deviation, in the units of the channel; positive.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=(99, 99))
    >>> seen = np.clip(0.05 + 0.1 * noise, 0.0, 1.0)
    >>> clipping = Clipping(seen, np.ones((99, 99), bool), (0.0, 1.0), 0.1)
    >>> mean = np.full((99, 99), seen.mean())
    >>> round(float(mean[0, 0]), 2), round(float(clipping.undo(mean)[0, 0]), 2)
    (0.07, 0.05)
    """

    def __init__(
        self, seen: NDArray[Any], known: NDArray[np.bool_], bounds: tuple[float, float],
        noise: float,
    ) -> None:  # fmt: skip
        low, high = bounds
        self._near = _LOW * _around(known & (seen <= low)) + _HIGH * _around(known & (seen >= high))
        near_ends = [low + noise * _DISTANCES, high - noise * _DISTANCES]
        self._true = np.unique(np.clip(near_ends, low, high))
        raised = noise * _excess((self._true - low) / noise)
        lowered = noise * _excess((high - self._true) / noise)
        self._means = {
            _LOW: self._true + raised,
            _HIGH: self._true - lowered,
            _LOW + _HIGH: self._true + raised - lowered,
        }

    def undo(self, denoised: NDArray[Any], rows: slice = slice(None)) -> NDArray[Any]:
        """Return the true values of means.

        Only where a pixel within four rows and columns was clipped: elsewhere the noise may have
        been less than it is said to be.

        Parameters
        ----------
        denoised : (m, N) ndarray of float
        rows : slice, optional
            Which rows of the channel they are; by default all.

        Returns
        -------
        (m, N) ndarray
            Within the bounds, where anything is undone.
        """
        true = denoised.copy()
        near = self._near[rows]
        for ends, means in self._means.items():
            chosen = near == ends
            true[chosen] = np.interp(denoised[chosen], means, self._true)
        return true


def _around(clipped: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return 1 where a pixel nearby is clipped, and 0 elsewhere."""
    from scipy.ndimage import maximum_filter

    near: NDArray[np.uint8] = maximum_filter(clipped.astype(np.uint8), _WINDOW)
    return near


def _excess(distance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how far, in the mean, a standard normal number lies beyond a distance: `g`."""
    from scipy.special import ndtr  # scipy.stats has it too, and takes far longer to import

    density = np.exp(-(distance**2) / 2.0) / np.sqrt(2.0 * np.pi)
    beyond: NDArray[np.floating] = density - distance * ndtr(-distance)
    return beyond
