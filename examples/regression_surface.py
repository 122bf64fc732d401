"""The straight line through seven points, and the landscape in which it is found.

The line is h(x) = w0 + w1 * x, and how badly it fits is the loss: half the mean of the squared
distances between the line and the points. To each choice of w0 and w1 belongs a loss: that is a
landscape over the plane of w0 and w1, and the best line is its lowest point. The points lie on the
line x / 2 + 5, so the lowest point is w0 = 5, w1 = 0.5, and the loss there is zero.

    python regression_surface.py [FOLDER]

writes regression_surface.png into the folder: the landscape is a long valley. Gradient descent is
down in it after a few steps, and then needs thousands along it; L-BFGS, which learns how the valley
bends, needs a handful.
"""

import sys
from pathlib import Path

import numpy as np

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
y = x / 2 + 5


def loss(w):
    """Return half the mean squared residual of the line w[0] + w[1] * x."""
    return np.mean((w[0] + w[1] * x - y) ** 2) / 2


start = [0.0, 0.0]
paths = {}
for method, options in {"gradient": {"step": 0.008, "every": 10}, "lbfgs": {}}.items():
    states = list(talweg.descend(loss, start, method=method, **options))
    steps, (w0, w1) = states[-1].iteration, states[-1].x
    paths[f"{method}, {steps} steps"] = [state.x for state in states]
    print(f"{method}: w0 = {w0:.4f}, w1 = {w1:.4f} after {steps} steps")

picture = plots.contours(loss, [(-1.0, 9.0), (-0.5, 2.5)], paths=paths, title="The loss of a line")
picture.set_xlabel("w0, where the line starts")
picture.set_ylabel("w1, how steep it is")
picture.child_axes[0].set_ylabel("loss")  # the scale of heights
picture.get_figure().savefig(folder / "regression_surface.png")
