"""The words in which it is said what kind of critical point a point is, and why."""

from __future__ import annotations

import numpy as np

from talweg.box_face import BoxFace
from talweg.flat_directions import Sides
from talweg.kinks import Kink
from talweg.spectrum import Spectrum
from talweg.structure import Structure

__all__ = ["Words"]


class Words:
    """Sentences about a point, in which its coordinates have the user's names.

    Parameters
    ----------
    structure : Structure
        Of the point.
    face : BoxFace
        Of the box, that the point lies in.

    Attributes
    ----------
    away : float
        How far from the point the gradient vanishes; 0 where that is as good as there.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.constraints import Constraints
    >>> from talweg.structure import read_start
    >>> structure, x = read_start([0.0, 1.0])
    >>> words = Words(structure, BoxFace(Constraints(0.0, 2.0), x, np.array([1.0, 0.0])))
    >>> words.level()
    'the bound of x[0] holds it there, and along the other coordinates the gradient vanishes'
    """

    def __init__(self, structure: Structure, face: BoxFace) -> None:
        self.structure, self.face = structure, face
        self.away = 0.0

    def name(self, index: int) -> str:
        """Name a coordinate by its index in the flat point."""
        return self.structure.locate(index).replace("x0", "x", 1)

    def bounds(self, which: np.ndarray) -> str:
        """Name the bounds of some coordinates."""
        first = self.name(int(which[0]))
        if which.size == 1:
            return f"the bound of {first}"
        return f"{which.size} bounds (as that of {first})"

    def level(self) -> str:
        """Say where the gradient vanishes."""
        level, held = "the gradient vanishes", np.flatnonzero(self.face.held)
        if self.away:
            level += f" {self.away:.1g} away, by Newton's step"
        if held.size:
            hold = "holds" if held.size == 1 else "hold"
            level = f"{self.bounds(held)} {hold} it there, and along the other coordinates {level}"
        touching = self.face.touching
        return f"{level} (also at {self.bounds(touching)})" if touching.size else level

    def direction(self, vector: np.ndarray) -> str:
        """Name a direction of the free coordinates."""
        full = np.zeros(self.structure.size)
        full[self.face.free] = vector
        if full.size <= 3 and self.structure.is_array:
            return f"({', '.join(f'{number + 0.0:.3g}' for number in full)})"
        return f"a direction in which {self.name(int(np.argmax(np.abs(full))))} changes most"

    def everywhere(self, spectrum: Spectrum, products: int) -> str:
        """Say that all curvatures that are known have one sign."""
        if spectrum.exact:
            count = spectrum.values.size
            return {1: "the one axis there is", 2: "both axes"}.get(count, f"all {count} axes")
        words = f"all directions that {products} products with the Hessian led to"
        up = spectrum.values[0] > 0.0
        end, beyond = ("lowest", "lower") if up else ("highest", "higher")
        if spectrum.settled:
            return f"{words}; the {end} curvature has settled"
        return (
            f"{words}; the {end} of these curvatures, {spectrum.values[0 if up else -1]:.3g}, has "
            f"not settled (some curvature lies within {spectrum.error:.2g} of it), so that a "
            f"{beyond} one is possible"
        )

    def down_and_up(self, spectrum: Spectrum, down: np.ndarray, way: int) -> str:
        """Say along which direction a saddle goes down, of those that do, and up."""
        axes = "axis" if down.size == 1 else "axes"
        count = (
            f"{down.size} such {axes}" if spectrum.exact else f"at least {down.size} such {axes}"
        )
        return (
            f"the function curves down along {self.direction(spectrum.vectors[:, way])} ({count}) "
            f"and up along {self.direction(spectrum.vectors[:, -1])}"
        )

    def flat(self, spectrum: Spectrum, tolerance: float, size: int) -> str:
        """Say along how many axes there is no curvature."""
        curved = spectrum.values[np.abs(spectrum.values) > tolerance]
        least = "" if spectrum.exact else "at least "
        flat = spectrum.values.size - curved.size
        words = f"along {least}{flat} of {size} axes the function does not curve"
        if curved.size:
            words += f" ({'down' if curved[0] < 0 else 'up'} along others)"
        return words

    def slope(self, slopes: np.ndarray, distance: float, spectrum: Spectrum | None) -> str:
        """Say that the gradient doesn't vanish, and how far away it would."""
        which = int(np.argmax(np.abs(slopes)))
        words = (
            f"the gradient does not vanish: its largest component is {slopes[which]:.3g} "
            f"({self.name(int(self.face.free[which]))}), and against the gradient the value falls "
            f"with a slope of {-float(np.linalg.norm(slopes.astype(float))):.3g}"
        )
        if not np.isfinite(distance) and spectrum is not None and not spectrum.exact:
            return f"{words}; how far away it would vanish was not found out"
        if not np.isfinite(distance):
            return f"{words}; no curvature there would bring it to zero"
        return f"{words}; by Newton's step it would vanish about {distance:.2g} away"

    def along_flat(self, looks: list[tuple[np.ndarray, Sides]]) -> str:
        """Say what the function does along directions without curvature that were looked along."""
        for vector, sides in looks:
            if -1 in sides[:2]:
                way = self.direction(vector if sides.ahead == -1 else -vector)
                return f"it falls along {way}{self.power(sides)}, and is no minimum"
        if all(sides[:2] == (1, 1) for _, sides in looks):
            return "it rises slowly along those that were looked along"
        return "it is level along some of those"

    def by_sides(
        self, level: str, sides: Sides, *, behind: bool, ahead: bool
    ) -> tuple[str, str]:  # fmt: skip
        """Return the kind of a point in one variable by the sides that the box has, and say why."""
        seen = {side for side, is_open in zip(sides[:2], (behind, ahead), strict=True) if is_open}
        held, how = bool(self.face.held.any()), self.power(sides)
        where = "to both sides" if behind and ahead else "into the box"
        if seen == {1}:
            kind = "boundary minimum" if held or not (behind and ahead) else "minimum"
            return kind, f"{level}; the value rises {where}{how}"
        if seen == {-1}:
            return "saddle" if held else "maximum", f"{level}; the value falls {where}{how}"
        if seen == {1, -1}:
            return "degenerate", f"{level}; the value falls to one side only{how}: an inflection"
        return "degenerate", f"{level}; the value stays the same to one side at least"

    @staticmethod
    def jump(kink: Kink) -> str:
        """Say what the gradient and the values do at a kink."""
        return f"the gradient jumps by {kink.jump:.3g} within {kink.reach:.1g}, and {kink.words}"

    @staticmethod
    def power(sides: Sides) -> str:
        """Say how a change grows with the distance, where that is clear."""
        return f", as the power {sides.power} of the distance" if sides.power else ""
