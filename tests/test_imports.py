"""`import talweg` stays light, and what it offers is there."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import talweg


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def test_import_loads_nothing_heavy():
    loaded = python("import sys, talweg; print(*sys.modules)")
    assert "talweg" in loaded
    heavy = {"jax", "jaxlib", "matplotlib", "scipy", "numpy", "optax", "autograd", "skimage", "PIL"}
    assert not heavy.intersection(loaded)


def test_a_name_is_loaded_when_it_is_first_used():
    loaded = python("import sys, talweg; talweg.minimize; print(*sys.modules)")
    assert "jax" in loaded
    assert "matplotlib" not in loaded
    assert "optax" not in loaded


@pytest.mark.parametrize("name", talweg.__all__)
def test_every_public_name_is_there(name):
    assert getattr(talweg, name) is not None
    assert name in dir(talweg)


def test_dir_names_nothing_else():
    assert dir(talweg) == sorted(talweg.__all__)


def test_star_import_brings_the_public_names():
    names = python("from talweg import *; print(*globals())")
    assert set(talweg.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'talweg' has no attribute 'maximise'"):
        _ = talweg.maximise


PARTS = {"cli", "energies", "images", "landscapes", "methods", "plots", "regression", "training"}
MAY_USE = {
    "": {"methods"},
    "methods": set(),
    "energies": {"methods"},
    "images": {"energies", "methods"},
    "landscapes": set(),
    "plots": {"landscapes"},
    "regression": {"methods"},
    "training": {"energies", "images"},
}


def imported(path):
    """Modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", MAY_USE)
def test_no_arrow_runs_the_other_way(part):
    root = Path(talweg.__file__).parent
    files = (root / part).rglob("*.py") if part else root.glob("*.py")
    used = {
        (path.name, name.split(".")[1])
        for path in files
        for name in imported(path)
        if name.startswith("talweg.") and (part or not path.name.startswith("__"))
    }
    assert used
    reached = {(file, other) for file, other in used if other in PARTS - {part} - MAY_USE[part]}
    assert not reached
