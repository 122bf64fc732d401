"""On a mountain in the fog: gradient descent as a walk.

You stand on a mountain and want to go down to the valley, but you can't see farther than your feet.
What you can feel is how the ground slopes where you stand. So you take a step in the direction in
which it falls most steeply, feel the slope again, take the next step, and stop where the ground is
level. That is gradient descent: the gradient is the slope under your feet, and it points uphill.

    python the_mountain.py [FOLDER]

writes the_mountain.png into the folder: the walk on the mountain, and the same walk on the map. On
the map it crosses the height lines at right angles, and the steps are long where it is steep.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot

import talweg
from talweg import plots
from talweg.landscapes import LANDSCAPES

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
mountain = LANDSCAPES["peaks"]

walk, heights = [], []
for state in talweg.descend(mountain.fun, [-0.25, 1.5], method="gradient", step=0.02, tol=0.02):
    walk.append(state.x)
    heights.append(state.fun)

print(f"The walk starts at a height of {heights[0]:.2f} and ends at {heights[-1]:.2f},")
print(f"after {len(walk) - 1} steps, at x = {walk[-1][0]:.3f}, y = {walk[-1][1]:.3f}.")
print(f"The lowest point of all has a height of {mountain.critical_points[0].fun:.2f}.")

# No step led uphill.
assert np.all(np.diff(heights) <= 0.0)

figure = pyplot.figure(figsize=(12.0, 5.6), layout="constrained")
view = figure.add_subplot(1, 2, 1, projection="3d")
plan = figure.add_subplot(1, 2, 2)
paths = {"the walk": walk}
box = mountain.bounds
plots.surface(
    mountain.fun, box, paths=paths, elevation=45, azimuth=-105, title="On the mountain", ax=view
)
plots.contours(mountain.fun, box, paths=paths, title="The same walk on the map", ax=plan)
figure.savefig(folder / "the_mountain.png")
