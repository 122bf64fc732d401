"""Three ways down Rosenbrock's valley.

The valley is narrow and bent. Its floor is found at once; along it the slope is small, and across
it large, so that a plain gradient step must be short, and the way is long. Momentum keeps some of
the speed of the steps before, and so gathers speed along the valley. L-BFGS learns from the slopes
that it has seen how the ground bends, and takes the bend into account.

    python compare_methods.py [FOLDER]

writes compare_methods.png into the folder: the three ways on the map, and how the height falls.
"""

import sys
from pathlib import Path

from matplotlib import pyplot

import talweg
from talweg import plots
from talweg.landscapes import LANDSCAPES

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
valley = LANDSCAPES["rosenbrock"]
methods = {
    "gradient": {"step": 0.001},
    "momentum": {"step": 0.001, "momentum": 0.9},
    "lbfgs": {},
}

figure, (plan, course) = pyplot.subplots(1, 2, figsize=(12.5, 5.6), layout="constrained")
paths = {}
for (method, options), style in zip(methods.items(), ["-", "--", ":"], strict=True):
    task = {"method": method, "tol": 1e-3, **options}
    result = talweg.minimize(valley.fun, valley.start, **task)
    x, y = result.x
    print(f"{method:8} {result.nfev:5} evaluations, to x = {x:.3f}, y = {y:.3f}")
    course.loglog(result.trace.evaluations, result.trace.fun, style, color="black", label=method)
    every = 20 if method == "gradient" else 1  # its iterates lie close together
    walk = talweg.descend(valley.fun, valley.start, every=every, **task)
    paths[method] = [state.x for state in walk]

plots.contours(valley.fun, valley.bounds, paths=paths, title="Three ways down", ax=plan)
course.set(title="How the height falls", xlabel="evaluations of f", ylabel="f(x, y)")
course.grid(visible=True, color="#dddddd")
course.legend()
figure.savefig(folder / "compare_methods.png")
