"""Stuck on a saddle, and away.

The ground f(x, y) = x**2 - y**2 + y**4 / 4 has the shape of a mountain pass: it rises to both sides
along x, and falls to both sides along y, down to two valleys at y = sqrt(2) and y = -sqrt(2). From
(1, 0) the slope leads straight to the pass and is zero there. So gradient descent stops, although
no minimum is near: a vanishing gradient says that the ground is level, not that it is low.

What tells a pass from a minimum is how the ground curves: upward in every direction at a minimum,
downward in some direction at a saddle. Along that direction the way leads on.

    python saddle.py [FOLDER]

writes saddle.png into the folder: both ways from (1, 0), on the surface and on the map.
"""

import sys
from pathlib import Path

from matplotlib import pyplot

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
start, box = [1.0, 0.0], [(-1.3, 1.3), (-2.0, 2.0)]


def f(p):
    """Return the height."""
    return p[0] ** 2 - p[1] ** 2 + p[1] ** 4 / 4


stuck = talweg.minimize(f, start)
print(f"from (1, 0): {stuck.message}")
end = talweg.critical_point(f, stuck.x)
print(f"{end.kind}: curvatures from {end.lowest_curvature:g} to {end.highest_curvature:g}")
away = talweg.minimize(f, start, escape=True)
print(f"with escape=True: x = {away.x[0]:.6f}, y = {away.x[1]:.6f}, f = {away.fun:.6f}")

paths = {}
for name, escape in [("stops at the saddle", False), ("escape=True", True)]:
    descent = talweg.descend(f, start, method="gradient", step=0.1, escape=escape)
    paths[name] = [state.x for state in descent]
points = talweg.find_critical_points(f, box)
print("in the box:", ", ".join(point.kind for point in points))

figure = pyplot.figure(figsize=(12.0, 6.0), layout="constrained")
relief = figure.add_subplot(1, 2, 1, projection="3d")
plan = figure.add_subplot(1, 2, 2)
both = {"critical_points": points, "paths": paths}
plots.surface(f, box, **both, elevation=50, title="A saddle between two valleys", ax=relief)
plots.contours(f, box, **both, title="The same on the map", ax=plan)
figure.savefig(folder / "saddle.png")
