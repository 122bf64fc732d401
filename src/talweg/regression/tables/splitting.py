"""Which rows are held out: told by a row's place alone, so that nothing need be remembered."""

from __future__ import annotations

import dataclasses

import numpy as np

__all__ = ["Share"]

_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


@dataclasses.dataclass(frozen=True)
class Share:
    """Some of the rows: those held out, or the others.

    The rows of a file are cut into stretches of 1/fraction rows, and one of each stretch, drawn
    by hashing the stretch's number, is held out. So the share is kept to within one row, and no
    pattern in the table can follow the draw. The hash is the finaliser of splitmix64 [1]_.

    Parameters
    ----------
    fraction : float
        Of the rows that are held out, in (0, 1).
    seed : int
        Another one draws others.
    held_out : bool
        Whether these are the held-out rows.

    References
    ----------
    .. [1] G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
       OOPSLA 2014.

    Examples
    --------
    >>> held_out, training = Share(0.25, 0, True), Share(0.25, 0, False)
    >>> int(held_out.mask(0, 0, 1000).sum())
    250
    >>> bool(np.all(held_out.mask(0, 0, 1000) ^ training.mask(0, 0, 1000)))
    True
    """

    fraction: float
    seed: int
    held_out: bool

    def mask(self, file: int, start: int, count: int) -> np.ndarray:
        """Tell which rows belong to the share.

        Parameters
        ----------
        file : int
            Which file.
        start, count : int
            Place of the first row in it, and number of rows.

        Returns
        -------
        (count,) bool ndarray
        """
        rare = min(self.fraction, 1 - self.fraction)  # a stretch holds at least two rows
        rows = np.arange(start, start + count, dtype=np.float64)
        stretch = np.floor(rows * rare)
        first, end = np.ceil(stretch / rare), np.ceil((stretch + 1) / rare)
        first += np.floor(first * rare) < stretch  # where the division was rounded
        end += np.floor(end * rare) < stretch + 1
        drawn = first + np.floor(_uniform(stretch, file, self.seed) * (end - first))
        chosen: np.ndarray = rows == np.minimum(drawn, end - 1)
        return chosen if (self.fraction <= 0.5) == self.held_out else ~chosen


def _uniform(stretch: np.ndarray, file: int, seed: int) -> np.ndarray:
    """Hash numbers to [0, 1)."""
    key = _scramble(np.array([(seed + 1) * _GOLDEN & _MASK], np.uint64))
    key = _scramble(key + np.uint64(file))
    z = _scramble(key + stretch.astype(np.uint64) * np.uint64(_GOLDEN))
    return (z >> np.uint64(11)) * 2.0**-53


def _scramble(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    mixed: np.ndarray = z ^ (z >> np.uint64(31))
    return mixed
