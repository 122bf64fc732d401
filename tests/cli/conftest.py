"""A runner in this process, which is quicker than a new one, and small damaged images."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from talweg.cli import cli
from talweg.images.damage import damage


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """Keep what is compiled out of the user's own cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALWEG_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture
def run():
    """Run a command line; the result has exit_code, stdout, stderr and the bytes of stdout."""

    def invoke(*arguments, stdin=None):
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture
def clean():
    """A smooth picture without black or white, of 32 rows and 40 columns."""
    rows, columns = np.mgrid[0:32, 0:40]
    return (120 + 60 * np.sin(rows / 6) + 50 * np.cos(columns / 7)).astype(np.uint8)


@pytest.fixture
def damaged(clean):
    return damage(clean, missing=0.6, rng=1)


@pytest.fixture
def photo(tmp_path, damaged):
    """The path of a damaged PNG."""
    path = tmp_path / "photo.png"
    Image.fromarray(damaged[0]).save(path)
    return path


@pytest.fixture
def refused(run):
    """Run a command line that must fail with one line on standard error."""

    def check(code, *arguments, says=(), stdin=None):
        result = run(*arguments, stdin=stdin)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        [line] = [one for one in result.stderr.splitlines() if not one.startswith("Warning: ")]
        assert line.startswith("Error: ")
        for words in (says,) if isinstance(says, str) else says:
            assert words in line
        return line

    return check
