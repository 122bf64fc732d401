"""The command line as a process: pipes, signals, exit codes, and what it imports."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import talweg
from talweg.cli.interrupt import Interruption

# Goes on until it is stopped: its steps are too small to matter, and the tolerance is smaller.
ENDLESS = ("--method", "gradient", "--step", "1e-6", "--tol", "1e-30", "--max-iter", "2000000000")


def start(*arguments, **options):
    command = [sys.executable, "-m", "talweg", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)


def finish(*arguments, **options):
    command = [sys.executable, "-m", "talweg", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, timeout=120, **options)


def imported(*arguments, cwd):
    """Run a command, and list the modules that it has imported."""
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = {['talweg', *map(str, arguments)]!r}\n"
        "from talweg.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=cwd, timeout=120
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_nothing_heavy(tmp_path):
    modules = imported("--help", cwd=tmp_path)
    assert not modules & {"jax", "numpy", "PIL", "rich", "scipy", "skimage"}
    modules = imported("restore", "--help", cwd=tmp_path)
    assert not modules & {"jax", "numpy", "PIL", "rich", "scipy", "skimage"}


def test_a_plain_restoration_imports_no_more_than_it_needs(photo):
    modules = imported("restore", photo, "-q", cwd=photo.parent)
    heavy = {
        "rich",
        "skimage",
        "matplotlib",
        "optax",
        "tifffile",
        "imagecodecs",
        "scipy",
        "autograd",
    }
    assert not modules & heavy


def test_version_and_unknown_commands(run):
    assert run("--version").output == f"talweg, version {talweg.__version__}\n"
    assert run("restroe").exit_code == 2
    assert run("--help").exit_code == 0
    for command in ("restore", "damage", "demo"):
        text = run(command, "--help").output
        assert "Examples:" in text
        assert "Exit codes:" in text


def test_pipes(photo, damaged):
    with open(photo, "rb") as file:
        done = finish("restore", "-", stdin=file)
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(done.stdout)) as image:
        restored = np.asarray(image)
    broken, mask = damaged
    np.testing.assert_array_equal(restored[~mask], broken[~mask])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_standard_output_on_a_full_disk(photo):
    for given in (("-o", "-"), ("--json", "-f")):
        with open("/dev/full", "wb") as full:
            process = start("restore", photo, "-q", *given, stdout=full)
            said = process.communicate(timeout=120)[1].decode()
        assert process.returncode == 1
        assert said.startswith("Error: ")
        assert "No space left on device" in said
        assert len(said.splitlines()) == 1


def test_nobody_reads_standard_output(photo):
    reader, writer = os.pipe()
    process = start("restore", photo, "-q", "-o", "-", stdout=writer)
    os.close(writer)
    os.close(reader)
    assert process.communicate(timeout=120)[1] == b""
    assert process.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_writes_the_best_so_far(photo, damaged):
    process = start("restore", photo, *ENDLESS, "--start", "image", "--json",
                    stdout=subprocess.PIPE, text=True)  # fmt: skip
    said = []
    for line in process.stderr:  # a line a second, once it descends
        said.append(line)
        if "iteration" in line:
            break
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 130, [*said, rest]
    assert "interrupted" in rest
    assert "Traceback" not in rest
    assert json.loads(out)["interrupted"] is True
    restored = np.asarray(Image.open(photo.with_name("photo.restored.png")))
    broken, mask = damaged
    np.testing.assert_array_equal(restored[~mask], broken[~mask])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_before_the_descent_ends_at_once(photo, tmp_path):
    file = tmp_path / "slow.py"
    file.write_text("import sys, time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    # Ignored, as it is where a shell runs the tests in the background, it would be there too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start("restore", photo, "-q", "--energy", f"{file}:f", text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr.readline() == "ready\n"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "Traceback" not in said
    assert not (tmp_path / "photo.restored.png").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_second_ctrl_c_is_an_interrupt():
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interruption.begin()
        assert not interruption.asked
        signal.raise_signal(signal.SIGINT)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_cache_that_cannot_be_written_costs_only_time(photo, tmp_path):
    (tmp_path / "file").touch()
    environment = {**os.environ, "TALWEG_CACHE_DIR": str(tmp_path / "file")}
    done = finish("restore", photo, "-q", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_cache_is_used(photo, tmp_path):
    environment = {**os.environ, "TALWEG_CACHE_DIR": str(tmp_path / "cache")}
    assert finish("restore", photo, "-q", env=environment).returncode == 0
    assert any((tmp_path / "cache").rglob("*-cache"))
