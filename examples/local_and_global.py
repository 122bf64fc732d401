"""Local and global minima: where a descent ends depends on where it starts.

A descent goes down until the ground is level. It can't know of a deeper hollow behind the next
ridge. The hollow in which it ends is a local minimum; the deepest of all is the global one. The
starts from which descents end in the same minimum are its basin of attraction. Who wants the global
minimum starts in many places, and takes the lowest end: that makes it likely to be the global one,
not certain.

    python local_and_global.py [FOLDER]

writes local_and_global.png into the folder: a landscape with six minima at three heights, two of
them global, and the basin of each. The start in the middle lies on a saddle, and stays there.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib import pyplot

import talweg
from talweg import plots
from talweg.landscapes import LANDSCAPES

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
camel = LANDSCAPES["six_hump_camel"]
box = [(-2.1, 2.1), (-1.2, 1.2)]

points = talweg.find_critical_points(camel.fun, box)
print("critical points:", dict(Counter(point.kind for point in points)))

# Short steps: long ones leap over ridges.
starts = plots.grid_starts(box, 61)
minima = talweg.minimize_many(camel.fun, starts, method="gradient", step=0.01)
for (x, y), height, count in zip(minima.x, minima.fun, minima.counts, strict=True):
    share = f"{count} of {len(starts)} starts"
    print(f"minimum at ({x:7.4f}, {y:7.4f}), height {height:7.4f}, from {share}")
deepest = np.isclose(minima.fun, minima.fun[0])
print(f"a global minimum was found from {minima.counts[deepest].sum() / len(starts):.0%} of them")

figure, (plan, where) = pyplot.subplots(1, 2, figsize=(13.0, 5.0), layout="constrained")
plots.contours(camel.fun, box, critical_points=points, title="Six minima at three heights", ax=plan)
plots.basins(camel.fun, box, minima=minima, title="Where a descent from here ends", ax=where)
figure.savefig(folder / "local_and_global.png")
