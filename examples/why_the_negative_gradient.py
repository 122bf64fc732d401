"""Why downhill is along the negative gradient, and not along some other direction.

From a point one can go in any direction u, and in each the ground has another slope: the
directional derivative. It is the inner product of the gradient and u, which is the gradient's
length times the cosine of the angle between the two. So it is largest along the gradient, zero at
right angles to it (along the height line), and lowest along the negative gradient, where it is
minus the gradient's length. No direction leads down more steeply.

    python why_the_negative_gradient.py [FOLDER]

writes why_the_negative_gradient.png into the folder: the point with the three directions, and the
slope in every direction.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
point = np.array([2.0, 1.0])


def f(p):
    """Return the height: a bowl that is three times as steep along y as along x."""
    return p[0] ** 2 + 3 * p[1] ** 2


degrees = np.arange(0, 361, 2)
directions = np.column_stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
slopes = np.array([talweg.directional_derivative(f, point, u) for u in directions])
gradient = talweg.gradient(f, point)
length = np.linalg.norm(gradient)
down = np.degrees(np.arctan2(*-gradient[::-1])) % 360

print(f"gradient {gradient}, of length {length:.4f}")
print(f"the slope is lowest, {slopes.min():.4f}, at {degrees[slopes.argmin()]} degrees")
print(f"the negative gradient points to {down:.1f} degrees")

figure, (plan, wave) = pyplot.subplots(1, 2, figsize=(12.0, 5.6), layout="constrained")
plots.contours(f, (-4.0, 4.0), title="Three directions from a point", ax=plan)
for name, turn, color in [("up", 180, "#bb5566"), ("level", 90, "#555555"), ("down", 0, "black")]:
    u = np.array([np.cos(np.radians(down + turn)), np.sin(np.radians(down + turn))])
    plan.annotate("", point + 1.6 * u, point, arrowprops={"width": 2, "color": color})
    plan.text(*(point + 1.9 * u), name, ha="center", va="center", color=color)
    angle = (down + turn) % 360
    wave.axvline(angle, color=color, linestyle="--")
    wave.text(angle + 4, 0.9 * length, name, color=color)
wave.plot(degrees, slopes, color="#004488", linewidth=2)
wave.axhline(0.0, color="#aaaaaa")
wave.set(title="The slope in every direction", xlabel="direction, degrees", ylabel="slope")
wave.set_xticks(range(0, 361, 45))
figure.savefig(folder / "why_the_negative_gradient.png")
