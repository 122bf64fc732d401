"""Passes over the rows of a table: here, or on the workers of a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from talweg.regression.losses import Loss
from talweg.regression.rows import Block, Rows
from talweg.regression.squares.moments import Moments, gather_moments
from talweg.regression.squares.triangular import gather_factor

__all__ = ["Passes", "Watched"]


@dataclasses.dataclass(frozen=True)
class Watched:
    """Rows whose progress is told, and whose target may be checked.

    Parameters
    ----------
    rows : Rows
    loss : Loss, optional
        What the target must suit; None to leave it unchecked.
    target : str, default "y"
        What messages call it.
    tell : callable, optional
        Told the number of rows done in this pass, after each block.
    """

    rows: Rows
    loss: Loss | None = None
    target: str = "y"
    tell: Callable[[int], object] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.rows.names

    def blocks(self) -> Iterator[Block]:
        """Make a pass."""
        done = 0
        for block in self.rows.blocks():
            if self.loss is not None:
                self.loss.check_target(block.target, self.target)
            yield block
            done += block.count
            if self.tell is not None:
                self.tell(done)

    def parts(self) -> Sequence[Watched]:
        """Split into parts, which tell nothing."""
        return [Watched(part, self.loss, self.target) for part in self.rows.parts()]


@dataclasses.dataclass
class Passes:
    """Functions of all rows, each a sum over blocks.

    Parameters
    ----------
    rows : Rows
    loss : Loss, optional
        What the target must suit.
    target : str, default "y"
        What messages call it.
    tell : callable, optional
        Told the number of rows done in each pass made here, after each block.
    client : distributed.Client, optional
        The cluster whose workers go over the parts; None for this process.

    Attributes
    ----------
    count : int
        Passes made.
    """

    rows: Rows
    loss: Loss | None = None
    target: str = "y"
    tell: Callable[[int], object] | None = None
    client: Any = None
    count: int = 0

    def moments(self) -> Moments:
        """Gather the means and products of all columns, and check the target."""
        self.count += 1
        # Of other losses, the products tell what can't be used.
        picky = self.loss is not None and self.loss.name in ("logistic", "poisson")
        rows: Rows = self.rows
        if picky or self.tell is not None:
            rows = Watched(rows, self.loss if picky else None, self.target, self.tell)
        if self.client is None:
            return gather_moments(rows)
        from talweg.regression.cluster import gather_moments_on

        return gather_moments_on(self.client, rows)

    def factor(self, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Gather the triangular factor of all columns, as `gather_factor` does."""
        self.count += 1
        if self.client is None:
            return gather_factor(Watched(self.rows, tell=self.tell), centre, scale)
        from talweg.regression.cluster import gather_factor_on

        return gather_factor_on(self.client, self.rows, centre, scale)

    def sum(self, function: Callable[..., tuple[Any, ...]], *args: Any) -> tuple[Any, ...]:
        """Add up what a function ``function(rows, *args) -> tuple of arrays`` returns of parts."""
        self.count += 1
        if self.client is None:
            return function(Watched(self.rows, tell=self.tell), *args)
        from talweg.regression.cluster import sum_over_parts

        return sum_over_parts(self.client, function, self.rows.parts(), *args)
