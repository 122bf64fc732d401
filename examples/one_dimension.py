"""The idea in one dimension: the slope says which way is down.

At x = 8 the parabola f(x) = x**2 / 2 rises to the right: its slope there is 8. So the way down is
to the left, against the slope. Take a step of half the slope, look at the slope again, take the
next step, and so on. Because the slope of this parabola at x is x itself, each step of that size
halves the distance to the minimum; and as the curve becomes flatter, the steps become shorter by
themselves.

    python one_dimension.py [FOLDER]

writes one_dimension.png into the folder: the curve, its tangent at the start, and the steps.
"""

import sys
from pathlib import Path

import numpy as np

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def f(x):
    """Return the height at x."""
    return x**2 / 2


# Gradient descent is these four lines. The derivative of f need not be written: talweg finds it.
x, walk = 8.0, [8.0]
for _ in range(6):
    x = x - 0.5 * talweg.gradient(f, x)
    walk.append(float(x))
print("step by step: ", ", ".join(f"{x:g}" for x in walk))

# The same steps by talweg itself, which also knows when to stop: where the slope is nearly zero.
result = talweg.minimize(f, 8.0, method="gradient", step=0.5)
print(f"talweg.minimize: x = {result.x:.6f} after {result.nit} steps ({result.message})")

# Each step halves x.
assert np.allclose(walk, 8.0 * 0.5 ** np.arange(7))

picture = plots.function(f, (-5.0, 11.0), slope_at=8.0, path=walk)
picture.get_figure().savefig(folder / "one_dimension.png")
