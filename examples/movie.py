"""A descent as a film.

A heavy ball rolls into a bowl, runs past the bottom, and comes back: that is gradient descent with
momentum, where each step keeps nine tenths of the one before. Plain gradient descent with the same
step size never runs past, but creeps along the flat direction of the bowl.

    python movie.py [FOLDER]

writes movie.gif into the folder, in which both paths grow, and movie.png, its last frame.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def bowl(p):
    """Return the height of a bowl that is five times as steep along y as along x."""
    return (p[0] ** 2 + 5 * p[1] ** 2) / 2


paths = {}
for method in ("gradient", "momentum"):
    descent = talweg.descend(bowl, [8.0, 3.0], method=method, step=0.02, max_iter=60)
    paths[method] = [state.x for state in descent]
    distance = np.linalg.norm(paths[method][-1])
    print(f"{method}: {distance:.3f} from the minimum after 60 steps")

figure, ax = pyplot.subplots(figsize=(7.0, 5.2), layout="constrained")
plots.contours(
    bowl, [(-6.0, 10.0), (-5.0, 5.0)], paths=paths, title="60 steps of the same step size", ax=ax
)
frames = plots.animate(folder / "movie.gif", figure, frames=21, overwrite=True)
print(f"movie.gif has {frames} frames")
figure.savefig(folder / "movie.png")
