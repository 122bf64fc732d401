"""The examples run as they stand, leave their pictures, and print what is so."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from PIL import Image
from skimage import data

import talweg

EXAMPLES = Path(__file__).parents[1] / "examples"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


# Run scripts, each in a folder of its own; of each tell what it printed, how much room there is
# around what its figures show, in inches, and what it raised.
RUNNER = """
import contextlib, io, json, os, runpy, sys, traceback
import matplotlib
from matplotlib import pyplot
told = {}
for name, folder, arguments in json.loads(sys.argv[1]):
    os.chdir(folder)
    sys.argv = arguments
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out), matplotlib.rc_context():
        try:
            runpy.run_path(arguments[0], run_name="__main__")
            for figure in map(pyplot.figure, pyplot.get_fignums()):
                drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
                print("room:", min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1))
        except BaseException:
            error = traceback.format_exc()
        pyplot.close("all")
    told[name] = out.getvalue().splitlines(), error
print(json.dumps(told))
"""


def run(orders):
    """Run examples in one process, which imports once, and return the lines that each printed."""
    command = [sys.executable, "-W", "error", "-c", RUNNER, json.dumps(orders)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(lines, beginning):
    """Return the numbers of the one line that begins so, after its beginning."""
    (line,) = [line for line in lines if line.startswith(beginning)]
    return [float(number) for number in NUMBER.findall(line[len(beginning) :])]


def one_dimension(lines, folder):
    assert numbers(lines, "step by step:") == [8 / 2**k for k in range(7)]
    assert numbers(lines, "talweg.minimize: x =")[0] == pytest.approx(0.0, abs=2e-6)


def the_mountain(lines, folder):
    # The minimum and the heights as published for MATLAB's peaks.
    assert numbers(lines, "The walk starts at a height of")[1] == -3.05
    assert numbers(lines, "after")[1:] == pytest.approx([-1.347, 0.205], abs=0.01)
    assert numbers(lines, "The lowest point of all has a height of") == [-6.55]


def why_the_negative_gradient(lines, folder):
    length = np.hypot(4.0, 6.0)
    assert numbers(lines, "gradient") == pytest.approx([4.0, 6.0, length], abs=1e-4)
    lowest, at = numbers(lines, "the slope is lowest,")
    assert -length <= lowest + 1e-4
    assert lowest == pytest.approx(
        4 * np.cos(np.radians(at)) + 6 * np.sin(np.radians(at)), abs=1e-4
    )
    (down,) = numbers(lines, "the negative gradient points to")
    assert np.tan(np.radians(down)) == pytest.approx(1.5, rel=0.01)
    assert at == pytest.approx(down, abs=1.0)  # every second degree was tried


def step_size(lines, folder):
    assert numbers(lines, "L =")[:1] == [4.0]
    assert numbers(lines, "L = 4: steps up to 2/L =") == [0.5]
    for size in (0.025, 0.25, 0.515):  # each step multiplies by 1 - size * curvature
        x, y = 5 * (1 - size) ** 20, 4 * (1 - 4 * size) ** 20
        told = numbers(lines, f"step {size:.3f}: 20 steps lead from (5, 4) to")
        assert told == pytest.approx([x, y, (x**2 + 4 * y**2) / 2], rel=1e-3, abs=5e-4)


def saddle(lines, folder):
    (message,) = [line for line in lines if line.startswith("from (1, 0):")]
    assert "saddle" in message
    assert "saddle: curvatures from -2 to 2" in lines
    x, y, height = numbers(lines, "with escape=True: x =")
    assert x == pytest.approx(0.0, abs=1e-5)
    assert abs(y) == pytest.approx(np.sqrt(2.0), abs=1e-5)
    assert height == -1.0
    assert "in the box: minimum, minimum, saddle" in lines


def local_and_global(lines, folder):
    assert lines[0] == "critical points: {'minimum': 6, 'saddle': 7, 'maximum': 2}"
    minima = np.array([numbers([line], "minimum at") for line in lines if "minimum at" in line])
    x, y, height, count, of = minima.T
    # The global minimum and the others as published by Dixon and Szegő.
    assert sorted(height) == pytest.approx([-1.0316] * 2 + [-0.2155] * 2 + [2.1043] * 2, abs=1e-4)
    assert np.abs([x[0], y[0]]) == pytest.approx([0.0898, 0.7127], abs=1e-4)
    assert np.all(of == 61**2)
    # f(-x, -y) = f(x, y), and so do the starts: the basins come in pairs.
    assert np.allclose(count[0::2], count[1::2], atol=5)
    assert 0.97 * 61**2 < count.sum() <= 61**2
    (share,) = numbers(lines, "a global minimum was found from")
    assert share == pytest.approx(100 * count[:2].sum() / 61**2, abs=0.51)


def compare_methods(lines, folder):
    ways = {name: numbers(lines, name) for name in ("gradient", "momentum", "lbfgs")}
    assert ways["lbfgs"][0] * 10 < ways["momentum"][0]
    assert ways["momentum"][0] * 5 < ways["gradient"][0]
    for _, x, y in ways.values():
        assert [x, y] == pytest.approx([1.0, 1.0], abs=0.005)


def regression_surface(lines, folder):
    # The same recursion written out: the gradient is a matrix times w - (5, 1/2).
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
    matrix = np.array([[1.0, x.mean()], [x.mean(), np.mean(x**2)]])
    away, steps = np.array([-5.0, -0.5]), 0
    while np.abs(matrix @ away).max() > 1e-6:
        away, steps = away - 0.008 * matrix @ away, steps + 1
    w0, w1, taken = numbers(lines, "gradient: w0 =")[:1] + numbers(lines, "gradient: w0 =")[-2:]
    assert [w0, w1] == pytest.approx([5.0, 0.5], abs=1e-4)
    assert taken == pytest.approx(steps, abs=2)
    *line, taken = numbers(lines, "lbfgs: w0 =")
    assert [line[0], line[-1]] == pytest.approx([5.0, 0.5], abs=1e-4)
    assert taken < 30


def image_energy_slice(lines, folder):
    # The same picture by a sparse solve: the energy is u' L u with the graph's Laplacian L.
    damaged, missing = talweg.damage(data.camera()[::8, ::8] / 255.0, missing=0.8, rng=0)
    step = scipy.sparse.diags([-1.0, 1.0], [0, 1], (63, 64))
    whole = scipy.sparse.identity(64)
    slope = scipy.sparse.vstack([scipy.sparse.kron(step, whole), scipy.sparse.kron(whole, step)])
    laplacian, u, lost = (slope.T @ slope).tocsr(), damaged.ravel().copy(), missing.ravel()
    roughness = [np.sum((slope @ u) ** 2)]
    known = laplacian[lost][:, ~lost] @ u[~lost]
    u[lost] = scipy.sparse.linalg.spsolve(laplacian[lost][:, lost].tocsc(), -known)
    roughness.append(np.sum((slope @ u) ** 2))
    assert numbers(lines, "roughness")[:2] == pytest.approx(roughness, abs=0.06)
    assert f"{missing.sum()} unknown pixels: converged" in lines[0]
    assert numbers(lines, "farthest from its neighbours' mean:")[0] < 1e-6


def movie(lines, folder):
    points = [np.array([8.0, 3.0])]
    shrink = 1.0 - 0.02 * np.array([1.0, 5.0])
    (distance, _) = numbers(lines, "gradient:")
    assert distance == pytest.approx(np.linalg.norm(points[0] * shrink**60), abs=6e-4)
    for _ in range(60):  # Polyak's recursion
        back = points[-2] if len(points) > 1 else points[-1]
        points.append(points[-1] * shrink + 0.9 * (points[-1] - back))
    (distance, _) = numbers(lines, "momentum:")
    assert distance == pytest.approx(np.linalg.norm(points[-1]), abs=6e-4)
    assert "movie.gif has 21 frames" in lines
    with Image.open(folder / "movie.gif") as film:
        assert film.n_frames == 21
        first = np.asarray(film.convert("L"), float)
        film.seek(20)
        assert np.abs(np.asarray(film.convert("L"), float) - first).max() > 100.0


CHECKS = {
    check.__name__: check
    for check in (
        one_dimension, the_mountain, why_the_negative_gradient, step_size, saddle,
        local_and_global, compare_methods, regression_surface, image_energy_slice, movie,
    )
}  # fmt: skip


def check_files_and_lines(name, folder, lines):
    files = {path.name for path in folder.parent.glob("*/*")}
    assert files == {f"{name}.png"} | ({"movie.gif"} if name == "movie" else set())
    with Image.open(folder / f"{name}.png") as picture:
        assert min(picture.size) >= 480
        assert np.asarray(picture.convert("L")).std() > 10.0
    (room,) = numbers(lines, "room:")
    assert room > -0.01  # nothing is cut off
    CHECKS[name](lines, folder)


def test_the_examples_leave_their_pictures_and_print_what_is_so(tmp_path):
    orders, folders = [], {}
    for name in CHECKS:
        folder, here = tmp_path / name / "pictures", tmp_path / name / "here"
        folder.mkdir(parents=True)
        here.mkdir()
        script = [str(EXAMPLES / f"{name}.py")]
        if name == "one_dimension":  # without a folder, the picture lands in the current one
            folders[name] = here
        else:
            folders[name] = folder
            script.append(str(folder))
        orders.append((name, str(here), script))
    printed = run(orders)
    assert {name: error for name, (_, error) in printed.items() if error} == {}
    for name, folder in folders.items():
        check_files_and_lines(name, folder, printed[name][0])


def test_every_example_is_checked_and_in_the_table():
    scripts = {path.stem for path in EXAMPLES.glob("*.py")}
    assert scripts == set(CHECKS)
    listed = re.findall(
        r"^\| \[(\w+)\.py\]\((\w+)\.py\)", (EXAMPLES / "README.md").read_text(), re.M
    )
    assert sorted(listed) == sorted((name, name) for name in scripts)
