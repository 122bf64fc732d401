"""What the README shows must work as it stands."""

import re
from pathlib import Path

import click
import numpy as np
import pytest

from talweg.cli import cli

README = Path(__file__).parents[1] / "README.md"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def test_the_python_examples_run_in_order_and_do_what_the_text_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(compile(block, str(README), "exec"), names)
    assert names["restoration"].converged
    assert names["restoration"].image.dtype == np.uint8
    assert names["result"].x["slope"] == pytest.approx(0.5, abs=1e-5)
    assert names["result"].x["intercept"] == pytest.approx(5.0, abs=1e-4)


def test_the_examples_of_fitting_run():
    page = (README.parent / "docs" / "fitting.md").read_text()
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        exec(compile(block, "fitting.md", "exec"), names)
    assert names["fit"].params["rate"] == pytest.approx(1.5, abs=0.1)
    assert names["model"].classes_.tolist() == [0, 1]


def test_the_commands_shown_exist_with_their_options():
    shown = re.findall(r"^ +talweg (\w+)(.*)$", README.read_text(), re.MULTILINE)
    assert {name for name, _ in shown} >= {"restore", "damage"}
    for name, rest in shown:
        command = cli.get_command(click.Context(cli), name)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][\w-]*", rest)) <= known
