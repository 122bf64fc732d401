"""``talweg explore``: what it finds, what it says of it, and what it writes."""

from __future__ import annotations

import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import talweg
from talweg.cli import exploring
from talweg.landscapes import LANDSCAPES

SADDLE = "x**2 - y**2 + y**4/4"  # minima at (0, +-sqrt(2)), where it is -1; a saddle at (0, 0)


def size_of(path):
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def explore(run):
    """Explore something; return the JSON."""

    def check(*arguments, code=0):
        result = run("explore", *arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return check


@pytest.fixture
def no_search(monkeypatch):
    """Find no critical points, which takes a while; where a descent ends is still looked at."""
    monkeypatch.setattr(exploring, "find_critical_points", lambda *_, **__: [])


@pytest.fixture
def verdict(run, no_search):
    """Descend; return what is said of the one descent, in one line."""

    def check(*arguments):
        result = run("explore", *arguments)
        assert result.exit_code == 0, result.output
        return " ".join(result.stdout.split("\n\n")[-1].split())

    return check


def test_the_saddle(explore, tmp_path):
    picture = tmp_path / "saddle.png"
    found = explore(SADDLE, "--start", "1,0", "--method", "gradient", "--step", 0.1, "-o", picture)
    assert (found["variables"], found["box"]) == (["x", "y"], [[-3, 3], [-3, 3]])
    assert found["output"] == str(picture)
    assert min(size_of(picture)) > 600
    first, second, third = sorted(found["critical_points"], key=lambda point: point["x"][1])
    for point, y in ((first, -math.sqrt(2)), (third, math.sqrt(2))):
        assert point["kind"] == "minimum"
        assert point["x"] == pytest.approx([0, y], abs=1e-9)
        assert point["fun"] == pytest.approx(-1)
        assert (point["lowest_curvature"], point["highest_curvature"]) == pytest.approx((2, 4))
    assert second["kind"] == "saddle"
    assert (second["lowest_curvature"], second["highest_curvature"]) == pytest.approx((-2, 2))
    assert np.abs(second["lowest_direction"]) == pytest.approx([0, 1])
    [descent] = found["descents"]
    assert (descent["method"], descent["outcome"]) == ("gradient", "saddle")
    # On the line y = 0 a step of 0.1 multiplies x by 0.8, until the slope 2 x is 1e-6.
    steps = math.ceil(math.log(0.5e-6) / math.log(0.8))
    assert descent["iterations"] == steps
    assert descent["path"] == [pytest.approx([0.8**k, 0]) for k in range(steps + 1)]


def test_a_saddle_is_told_and_left(verdict, explore):
    given = (SADDLE, "--start", "1,0")
    told = verdict(*given)
    assert told.startswith("gradient from (1, 0): stopped at a saddle, (0, 0), where f = 0, after ")
    assert "along (0, 1) the function curves downwards" in told.replace("(0, -1)", "(0, 1)")
    assert told.endswith("--escape gets away")
    told = verdict(*given, "--escape")
    assert re.search(r"at \(0, 0\) after 1 step, left there, and reached a minimum, \(0, -?1\.414"
                     r"21\), where f = -1, after \d+ steps", told), told  # fmt: skip
    [descent] = explore(*given, "--escape")["descents"]
    assert descent["outcome"] == "minimum"
    assert np.abs(descent["x"]) == pytest.approx([0, math.sqrt(2)], abs=1e-5)


def test_a_landscape_by_several_methods(run, explore, monkeypatch):
    known = LANDSCAPES["himmelblau"].critical_points

    def search(fun, box, **_):
        assert box == LANDSCAPES["himmelblau"].pairs
        return [talweg.critical_point(fun, list(point.x)) for point in known]

    monkeypatch.setattr(exploring, "find_critical_points", search)
    found = explore("himmelblau", "--compare", "gradient,momentum,lbfgs")
    assert sorted((p["x"], p["kind"]) for p in found["critical_points"]) == sorted(
        (list(p.x), p.kind) for p in known
    )
    assert [descent["name"] for descent in found["descents"]] == ["gradient", "momentum", "lbfgs"]
    minima = [point.x for point in known if point.kind == "minimum"]
    for descent in found["descents"]:
        assert descent["outcome"] == "minimum"
        assert descent["start"] == list(LANDSCAPES["himmelblau"].start)
        assert np.abs(np.subtract(minima, descent["x"])).max(axis=1).min() < 1e-5
    text = run("explore", "himmelblau", "--compare", "gradient,momentum,lbfgs").stdout
    assert LANDSCAPES["himmelblau"].formula in text
    assert "Critical points: 4 minima, 4 saddles, 1 maximum" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["kind", "x", "y", "value", "lowest", "curvature", "highest", "curvature"] in rows
    counts = [str(found["descents"][2][name]) for name in ("iterations", "evaluations")]
    assert [row[:4] for row in rows if row[:2] == ["lbfgs", "minimum"]] == [
        ["lbfgs", "minimum", *counts]
    ]


def test_basins(explore, run, monkeypatch, no_search, tmp_path):
    monkeypatch.setattr(exploring, "BASIN_STARTS", {2: 10})
    found = explore(SADDLE, "--basins", "-o", tmp_path / "basins.png")
    basins = found["basins"]
    assert found["descents"] == []
    # The function is the same at y and -y, and no start of an even grid lies on y = 0.
    assert [minimum["starts"] for minimum in basins["minima"]] == [50, 50]
    assert sorted(m["x"][1] for m in basins["minima"]) == pytest.approx(
        [-math.sqrt(2), math.sqrt(2)], abs=1e-5
    )
    with Image.open(tmp_path / "basins.png") as image:
        colors = image.convert("RGB").getcolors(10**6)
    assert len([number for number, _ in colors if number > 50_000]) == 3  # two basins and white
    given = (SADDLE, "--basins", "--start", "1,1")
    text = run("explore", *given, "-o", tmp_path / "b.png").stdout
    assert "A  " in text
    assert "50.0 %" in text
    assert "gradient from (1, 1): " in text


VERDICTS = {
    "diverges": ("x**2", "--start", 1, "--step", 1.1),
    "does not settle": ("x**2", "--start", 1, "--step", 1, "--max-iter", 200),
    "falls without end": ("x**3", "--start", -1),
    "leaves the domain": ("x*log(x)", "--start", 0.5, "--method", "gradient", "--step", 40),
    "not there yet": ("x**2", "--start", 1, "--step", 1e-3, "--max-iter", 10),
    "maximum": ("cos(x)", "--start", 0),
    "kink": ("abs(x)", "--start", 0.3),
    "constant": ("x - x", "--start", 1),
}


@pytest.mark.parametrize("outcome", VERDICTS)
def test_where_a_descent_ended(explore, no_search, outcome):
    found = explore(*VERDICTS[outcome])
    [descent] = found["descents"]
    assert descent["outcome"] == outcome
    assert found["constant"] is (outcome == "constant")
    # What the search has missed is taken from the descents.
    at_rest = outcome in ("maximum", "kink")
    assert [point["kind"] for point in found["critical_points"]] == [outcome] * at_rest


def test_words_for_what_goes_wrong(verdict):
    told = verdict("x**2", "--start", 1, "--step", 1.1)
    assert re.search(r"diverges: the value has risen from 1 to \S+e\+3\d\d in \d+ steps", told)
    assert "smaller --step" in told
    told = verdict("x**2", "--start", 1, "--step", 1, "--max-iter", 200)
    assert "after 200 steps it still hops to and fro, the value staying at 1;" in told
    told = verdict("x**2", "--start", 3, "--step", 1e-3, "--max-iter", 1)
    assert "after 1 step: at x = 2.994, where f = 8.96404, with a slope of 5.99" in told
    assert "no way leads down" in verdict("3", "--start", "1,1")
    assert verdict("x**2 + 1", "--start", 0).endswith("starts at a minimum, x = 0, where f = 1")


def test_constants_poles_and_what_diverges_are_drawn(run, no_search, tmp_path):
    for name, given in (
        ("a.png", ["x - x"]), ("b.png", ["3", "--start", "1,1"]),
        ("c.png", ["1/x", "--box", "-1,1"]), ("e.png", ["x**2", "--start", 1, "--step", 1.1]),
        ("d.png", ["1/x + y", "--start", "0.5,0", "--max-iter", 3]),
    ):  # fmt: skip
        result = run("explore", *given, "-o", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert size_of(tmp_path / name)[0] > 600
        assert ("every point; the function is constant" in result.stdout) == (name in "a.png b.png")


@pytest.mark.parametrize(
    ("given", "box"),
    [
        ([], [[-3, 3], [-3, 3]]),
        (["--box", "-2,1"], [[-2, 1], [-2, 1]]),
        (["--box=-2,1", "--box", "0, pi/2"], [[-2, 1], [0, math.pi / 2]]),
        (["--start", "-5,3"], [[-5.8, 3], [-3, 3]]),
        (["--start", "-5,3", "--start", "0,7"], [[-5.8, 3], [-3, 8]]),
    ],
)
def test_boxes(explore, no_search, given, box):
    found = explore("x**2 + y**2", *given)
    assert found["box"] == [pytest.approx(interval) for interval in box]


def test_a_landscape_keeps_its_box_and_its_start(explore, no_search):
    known = LANDSCAPES["double_well"]
    found = explore("double_well")
    assert found["box"] == [[-2, 2]]
    assert [descent["start"] for descent in found["descents"]] == [list(known.start)]
    assert explore("double_well", "--box", "1,2")["descents"] == []
    assert explore("double_well", "--start", 4)["box"] == [[-2, pytest.approx(4.6)]]


@pytest.mark.parametrize(
    "formula",
    ["-x**2", "-cos(x)", "-(x + 1)**2", "-2*x", "-.5*x", "-v*v", "-x0", "-hypot(x, 1)", "-pi*x"],
)
def test_a_formula_may_begin_with_a_minus_sign(explore, no_search, formula):
    found = explore("--box", "-2,2", formula, "-v")
    assert found["formula"] == formula
    assert found["box"] == [[-2, 2]]


def test_pictures_are_the_same_every_time(run, no_search, tmp_path):
    heads = {".pdf": b"%PDF", ".svg": b"<?xml"}
    for ending, head in heads.items():
        files = [tmp_path / f"{name}{ending}" for name in "ab"]
        for file in files:
            assert run("explore", "x**2", "--start", 2, "--step", 0.3, "-o", file).exit_code == 0
        first, second = (file.read_bytes() for file in files)
        assert first.startswith(head)
        assert first == second


def test_a_movie(run, no_search, tmp_path):
    movie = tmp_path / "descent.gif"
    given = ("x**2", "--start", 2, "--step", 0.1, "--max-iter", 6)
    result = run("explore", *given, "--movie", movie)
    assert result.exit_code == 0, result.output
    assert result.stderr == f"{movie}: 7 frames\n"
    with Image.open(movie) as film:
        assert film.n_frames == 7


def test_other_pictures(run, no_search, monkeypatch, tmp_path):
    from talweg.plots import stepping

    monkeypatch.setattr(stepping, "TRIED", 5)
    given = ("x**2 + y**2", "--start", "1,1", "--step", 0.1, "--max-iter", 5)
    pictures = []
    for option in ("-v", "--surface", "--field", "--step-sizes"):
        pictures.append(tmp_path / f"{option}.png")
        result = run("explore", *given, option, "-o", pictures[-1])
        assert result.exit_code == 0, result.output
    assert len({picture.read_bytes() for picture in pictures}) == 4


def test_several_starts_and_one_variable(run, no_search, tmp_path):
    given = ("x**4 - x**2", "--start", 1, "--start", -1, "--compare", "gradient,lbfgs")
    result = run("explore", *given, "-o", tmp_path / "a.png")
    assert result.exit_code == 0, result.output
    assert "lbfgs from x = -1" in result.stdout
    width, height = size_of(tmp_path / "a.png")
    assert 1 < width / height < 2  # four panels, three in a row


def test_many_critical_points_are_listed_in_part(run, explore, monkeypatch, tmp_path):
    points = [
        SimpleNamespace(
            kind="degenerate", x=np.array([t, -t]), fun=0.0, gradient_norm=0.0, reason="a line",
            lowest_curvature=0.0, highest_curvature=float("nan"), tolerance=1e-6,
            lowest_direction=np.array([1.0, 0.0]), highest_direction=np.array([0.0, 1.0]),
        )
        for t in np.linspace(-1, 1, 700)
    ]  # fmt: skip
    monkeypatch.setattr(exploring, "find_critical_points", lambda *_, **__: points)
    text = run("explore", "(x + y)**2", "-o", tmp_path / "a.png").stdout
    assert "Critical points: 700 degenerate" in text
    assert len([line for line in text.splitlines() if line.startswith("  degenerate")]) == 20
    assert "and 680 more" in text
    assert "a line or an area" in text
    found = explore("(x + y)**2")["critical_points"]
    assert len(found) == 700
    assert found[0]["highest_curvature"] is None


def test_more_variables_than_can_be_drawn(run, refused, no_search):
    formula = " + ".join(f"(x{i} - {i})**2" for i in range(8))
    result = run("explore", formula, "--start", ",".join("0" * 8))
    assert result.exit_code == 0, result.output
    assert "reached a minimum, (0, 1, 2, 3, 4, 5, ...), where f = 0" in " ".join(
        result.stdout.split()
    )
    refused(2, "explore", formula, "-o", "a.png", says=("8", "without -o"))


def test_the_list(run):
    for given in ((), ("--list",), ("-v",)):
        result = run("explore", *given)
        assert result.exit_code == 0, result.output
        assert re.findall(r"^  (\w+)  ", result.stdout, re.MULTILINE) == list(LANDSCAPES)
        assert ("talweg explore --help" in result.stdout) == ("--list" not in given)
    listed = json.loads(run("explore", "--list", "--json").stdout)["landscapes"]
    assert [one["name"] for one in listed] == list(LANDSCAPES)


def test_the_help_names_every_method(run):
    from talweg.methods import METHODS

    text = run("explore", "--help").output
    for name in (*METHODS, "Examples:", "Exit codes:"):
        assert name in text


def test_no_landscape_hides_a_formula():
    from talweg.formula import FormulaError, parse

    for name in LANDSCAPES:
        with pytest.raises(FormulaError):
            parse(name)
