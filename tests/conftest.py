"""How every test process computes: on one thread, and no program is compiled twice in a run."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile

# The tests run side by side, a process for each core: with threads of their own besides, for
# matrices this small, the processes would mostly wait for each other. NumPy reads it once.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

_made: list[str] = []


def _share_compiled() -> None:
    """Have JAX keep what it compiles in a folder of this run, for all its processes."""
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # a worker inherits it
        _made.append(tempfile.mkdtemp(prefix="talweg-tests-"))
        os.environ["JAX_COMPILATION_CACHE_DIR"] = _made[0]
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


_share_compiled()


def pytest_collection_finish() -> None:
    """Keep what has been imported by now out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Remove that folder, in the process that made it."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
