"""How long a step to take: too short, good, too long.

Where the ground has the same curvature L all over, a step of the size a multiplies the distance to
the bottom by 1 - a L. So a = 1/L leads right to the bottom, small sizes creep, and beyond a = 2/L
each step goes so far over to the other side that it ends higher than before. In more dimensions L
is the largest of the curvatures: it says how long a step may be, and along the flatter directions
such a step is a short one.

    python step_size.py [FOLDER]

writes step_size.png into the folder: a bowl with curvatures 1 and 4, twenty steps of three sizes
in it, and how far down twenty steps of any size lead.
"""

import sys
from pathlib import Path

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def bowl(p):
    """Return the height of a bowl that is four times as steep along y as along x."""
    return (p[0] ** 2 + 4 * p[1] ** 2) / 2


start = [5.0, 4.0]
bottom = talweg.critical_point(bowl, [0.0, 0.0])
largest = 2 / bottom.highest_curvature
print(f"L = {bottom.highest_curvature:g}: steps up to 2/L = {largest:g} are stable")

sizes = [0.05 * largest, 0.5 * largest, 1.03 * largest]
for size in sizes:
    *_, last = talweg.descend(bowl, start, method="gradient", step=size, max_iter=20)
    x, y = last.x
    print(
        f"step {size:.3f}: 20 steps lead from (5, 4) to ({x:.3f}, {y:.3f}), height {last.fun:.4g}"
    )

left, right = plots.step_sizes(bowl, start, sizes, iterations=20, minimum=bottom)
left.get_figure().savefig(folder / "step_size.png")
