"""``talweg explore`` with what it can't use: a clear last line, the right code, nothing written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from talweg.cli import exploring, exploring_ways
from talweg.cli.exploring_options import closest

START = ("--start", "1,1")
BOWL = ("x**2 + y**2", *START)

FORMULAS = {
    "foo(x)": "foo",
    "x + __import__": "__import__",
    "x.__class__": "attributes",
    "(1).__class__": "attributes",
    "__import__('os').system('true')": "quotes",
    "x[0]": "brackets",
    "9**9**9": "too large",
    "2x": "2*x",
    "x +": "missing",
    "sqrt(-1)": "not a real number",
    "lambda x: x": "':'",
    "": "empty",
    "himelblau": "himmelblau",
    "Rosen-Brock": "rosenbrock",
    "camel": "three_hump_camel",
}

USAGE = {
    "a box without width": (("x", "--box", "1,1"), "no width"),
    "a box upside down": (("x", "--box", "2,-1"), "write -1,2"),
    "an infinite box": (("x", "--box", "0,inf"), "finite"),
    "a box of one number": (("x", "--box", "3"), "LOW,HIGH"),
    "a box of words": (("x", "--box", "a,b"), "'a' is not a number"),
    "too wide a box": (("x", "--box", "-1e308,1e308"), "wide"),
    "too many boxes": (("x", "--box", "0,1", "--box", "0,1"), "2 times"),
    "too few boxes": (("x*y*z", "--box", "0,1", "--box", "0,1"), "3 times"),
    "a start outside": (("x", "--start", 4, "--box", "0,1"), "outside the box"),
    "a start too far away": (("x", "--start", "1e308", "--start", "-1e308"), "too far"),
    "a start with a hole": (("x + y", "--start", "1,"), "'' is not a number"),
    "a start of NaN": (("x", "--start", "nan"), "finite"),
    "a start of variables": (("x + y", "--start", "x,y"), "'x' is not a number"),
    "too many coordinates": (("x", "--start", "1,2"), "1 variable"),
    "too few coordinates": (("x + y", "--start", 1), "2 variables (x, y)"),
    "an unknown method": ((*BOWL, "--method", "lbgfs"), "did you mean lbfgs?"),
    "one unknown method": ((*BOWL, "--compare", "lbfgs,downhill"), "'downhill' is unknown"),
    "a method twice": ((*BOWL, "--compare", "lbfgs,lbfgs"), "twice"),
    "a method without a name": ((*BOWL, "--compare", "lbfgs,"), "empty"),
    "a step of zero": ((*BOWL, "--step", 0), "positive"),
    "a negative step": ((*BOWL, "--step", -1), "positive"),
    "a step of NaN": ((*BOWL, "--step", "nan"), "positive"),
    "an unknown step": ((*BOWL, "--step", "back"), "backtracking"),
    "no iterations": ((*BOWL, "--max-iter", 0), "--max-iter"),
    "a step for conjugate gradients": (
        (*BOWL, "--compare", "gradient,conjugate_gradient", "--step", 0.1), "strong_wolfe",
    ),
    "a descent from nowhere": (("x + y", "--method", "lbfgs"), "--start X,Y"),
    "a movie of nothing": (("x + y", "--movie", "a.gif"), "--start X,Y"),
    "one method and several": ((*BOWL, "--method", "sign", "--compare", "lbfgs"), "together"),
    "a surface of one variable": (("x", "--surface", "-o", "a.png"), "two variables"),
    "a surface and a field": ((*BOWL, "--surface", "--field", "-o", "a.png"), "together"),
    "a surface nowhere": ((*BOWL, "--surface"), "-o FILE"),
    "three variables drawn": (("x*y*z", "-o", "a.png"), "without -o"),
    "three variables filmed": (("x*y*z", "--start", "1,1,1", "--movie", "a.gif"), "two variables"),
    "a picture without an ending": (("x", "-o", "a"), "no ending"),
    "an unknown ending": (("x", "-o", "a.bmp"), ".svg"),
    "a movie as a picture": (("x", "-o", "a.gif"), "--movie takes .gif"),
    "a picture as a movie": (("x", "--start", 1, "--movie", "a.png"), "-o takes .png"),
    "a file that exists": (("x", "-o", "there.png"), "exists already"),
    "step sizes of another method": (
        (*BOWL, "--step-sizes", "--method", "lbfgs", "-o", "a.png"), "gradient",
    ),
    "options without a function": (("--start", 1), "name what to explore"),
    "a list of a formula": (("x", "--list"), "--list"),
    "an option that there isn't": (("x", "-q"), "No such option"),
    "a formula without quotes": (("x", "+", "y"), "in quotes"),
    "a file without a function": (("model.py",), "model.py:FUNC"),
    "a file of who knows how many variables": (("model.py:f",), "--start"),
}  # fmt: skip

INPUT = {
    "no real value anywhere": (("sqrt(-1 - x**2)",), "no finite real value"),
    "no real value of two": (("log(-1 - x**2 - y**2)",), "no finite real value"),
    "a start outside the domain": (("log(x)", "--start", -1), "log(x) is nan there"),
    "a start on a pole": (("1/x", "--start", 0), "1/x is inf there"),
    "a start without a slope": (("sqrt(x) + 1", "--start", 0), "gradient is inf at --start 0"),
    "a movie of no step": (("x**2", "--start", 0, "--movie", "a.gif"), "no descent took a step"),
    "a file that is not there": (("none.py:f", "--start", 1), "no such file"),
    "a function that is not there": (("model.py:g", "--start", 1), "it has f"),
    "a function that fails": (("model.py:f", "--start", "1,2"), "line 4: KeyError"),
}

MODEL = """\
def f(x):
    print("called")
    if len(x) == 2:
        return {}["missing"]
    return ((x - 1) ** 2).sum()
"""


@pytest.fixture
def refused(run, tmp_path, monkeypatch):
    """Run what must fail: the last line says why, and nothing is written."""
    monkeypatch.setattr(exploring, "find_critical_points", lambda *_, **__: [])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.png").write_bytes(b"precious")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "__pycache__").mkdir()
    before = set(os.listdir())

    def check(code, arguments, says):
        result = run("explore", *arguments)
        assert result.exit_code == code, result.output
        last = result.stderr.splitlines()[-1]
        assert last.startswith("Error: ")
        assert says in last
        assert not last.startswith("Error: unexpected")
        assert "Traceback" not in result.output
        assert set(os.listdir()) == before
        assert (tmp_path / "there.png").read_bytes() == b"precious"
        return result

    return check


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas(refused, formula):
    result = refused(3, [formula], FORMULAS[formula])
    assert result.stdout == ""


def test_the_place_in_a_formula_is_shown(refused):
    shown = refused(3, ["x**2 + foo(x)"], "foo").stderr.splitlines()
    assert shown[:2] == ["    x**2 + foo(x)", "           ^"]


@pytest.mark.parametrize("name", USAGE)
def test_usage(refused, name):
    arguments, says = USAGE[name]
    assert refused(2, arguments, says).stdout == ""


@pytest.mark.parametrize("name", INPUT)
def test_input(refused, name):
    arguments, says = INPUT[name]
    refused(3, arguments, says)


def test_folders_that_cannot_be_written_to(refused, monkeypatch):
    refused(1, ["x", "-o", "none/a.png"], "does not exist")
    refused(1, ["x", "-o", "there.png/a.png"], "is not a folder")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    refused(1, ["x", "-o", "a.png"], "permission")


def test_mp4_without_ffmpeg(refused, monkeypatch):
    from matplotlib.animation import FFMpegWriter

    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda _: False))
    refused(1, ["x", "--start", 1, "--movie", "a.mp4"], "ffmpeg")


def test_force_overwrites(run, refused, tmp_path):
    refused(2, ["x**2", "-o", "there.png"], "-f")
    assert run("explore", "x**2", "-o", "there.png", "-f").exit_code == 0
    assert (tmp_path / "there.png").read_bytes().startswith(b"\x89PNG")


def test_a_function_in_a_file(run, refused, tmp_path):
    result = run("explore", "model.py:f", "--start", "0,0,0", "--json")
    assert result.exit_code == 0, result.output
    assert "called" in result.stderr  # standard output is for what was asked for
    [descent] = json.loads(result.stdout)["descents"]
    assert descent["outcome"] == "minimum"
    assert descent["x"] == pytest.approx([1, 1, 1], abs=1e-5)


def test_a_function_of_a_number_in_a_file(run, refused, tmp_path):
    (tmp_path / "curve.py").write_text("def f(x):\n    return (x - 2) ** 2\n")
    result = run("explore", "curve.py:f", "--box", "0,4", "-o", "curve.png")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("curve.py:f\n  x from 0 to 4\n")


@pytest.fixture
def ctrl_c(monkeypatch):
    """Press Ctrl-C in the third iteration of every descent."""
    minimize = exploring_ways.minimize

    def interrupted(*arguments, callback, **options):
        iterations = 0

        def look(x):
            nonlocal iterations
            iterations += 1
            if iterations == 3:
                signal.raise_signal(signal.SIGINT)
            callback(x)

        return minimize(*arguments, callback=look, **options)

    monkeypatch.setattr(exploring_ways, "minimize", interrupted)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_tells_what_was_found_so_far(run, refused, ctrl_c):
    before = signal.getsignal(signal.SIGINT)
    given = ("x**2", "--start", 1, "--step", 0.1, "--compare", "gradient,momentum")
    result = run("explore", *given, "-o", "a.png", "--json")
    assert result.exit_code == 130, result.output
    [descent] = json.loads(result.stdout)["descents"]
    assert (descent["outcome"], descent["iterations"]) == ("interrupted", 3)
    assert descent["path"] == [pytest.approx([0.8**k]) for k in range(4)]
    assert result.stderr.startswith("Warning: interrupted")
    assert os.path.isfile("a.png")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_before_the_descents_ends_at_once(run, monkeypatch):
    def search(*_, **__):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(exploring, "find_critical_points", search)
    result = run("explore", "x**2", "--start", 1)
    assert result.exit_code == 130
    assert result.output == "Interrupted: nothing more was written.\n"


def imported(*arguments):
    """Run a command, and list the modules that it has imported."""
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = {['talweg', 'explore', *arguments]!r}\n"
        "from talweg.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    *said, modules = done.stderr.decode().splitlines()
    return done.returncode, said, set(json.loads(modules))


def test_help_and_errors_in_formulas_import_nothing_heavy():
    code, _, modules = imported("--help")
    assert code == 0
    assert not modules & {"jax", "matplotlib", "numpy", "scipy"}
    code, said, modules = imported("x**2 + foo(x)")
    assert code == 3
    assert said[-1].startswith("Error: unknown function 'foo'")
    assert not modules & {"jax", "matplotlib", "scipy"}


def test_close_names():
    assert closest("Six Hump", ["six_hump_camel", "bowl"]) == "; did you mean six_hump_camel?"
    assert closest("xyzzy", ["six_hump_camel", "bowl"]) == ""
