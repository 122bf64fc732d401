"""Time one call in a fresh process, and many calls side by side in this one.

``python -m benchmarks.measure NAME FOLDER`` is the fresh process: it reads ``FOLDER/case.npz``,
writes ``FOLDER/restored.npy`` and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers import METHODS, Gray, Mask, Method

__all__ = ["FirstCall", "MeasureError", "first_call", "warm_seconds"]

MIB = 2**20


class MeasureError(RuntimeError):
    """A method that failed on an image; the message is the last line of what it said."""


@dataclass(frozen=True)
class FirstCall:
    """What a fresh process saw: its imports, then its first call.

    Attributes
    ----------
    image : (M, N) ndarray of uint8
        The restored image.
    import_seconds, seconds : float
        Importing the library, and then the first call, compilation included.
    baseline_mib, peak_mib : float
        The process's peak resident memory before the call and after it.
    """

    image: Gray
    import_seconds: float
    seconds: float
    baseline_mib: float
    peak_mib: float


def peak_mib() -> float:
    """Return the peak resident memory of this process in MiB.

    Linux's ``ru_maxrss`` survives ``exec``, so that a child starts with its parent's peak: the
    address space's own high-water mark is read there instead.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / MIB
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def first_call(method: Method, damaged: Gray, mask: Mask) -> FirstCall:
    """Run `method` once in a fresh process, compilation cache off.

    Parameters
    ----------
    method : Method
        What to run.
    damaged : (M, N) ndarray of uint8
        The damaged image.
    mask : (M, N) ndarray of bool
        True where a pixel is missing.

    Returns
    -------
    FirstCall
        The restored image, the seconds and the memory.

    Raises
    ------
    MeasureError
        If the process fails.
    """
    # A compilation kept on disk by an earlier run would make the first call look like a later one.
    environment = dict(os.environ, JAX_ENABLE_COMPILATION_CACHE="false")
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "case.npz"), damaged=damaged, mask=mask)
        command = [sys.executable, "-m", "benchmarks.measure", method.name, folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise MeasureError(said[-1])
        figures = json.loads(done.stdout.splitlines()[-1])
        return FirstCall(image=np.load(Path(folder, "restored.npy")), **figures)


def warm_seconds(
    methods: Sequence[Method], damaged: Gray, mask: Mask, repeats: int = 3
) -> dict[str, float]:
    """Time each method's best call in this process, the methods taking turns.

    Taking turns spreads whatever else the machine does over all of them. One call of each, not
    counted, comes first.
    """
    for method in methods:
        method.run(damaged, mask)
    best = {method.name: float("inf") for method in methods}
    for _ in range(repeats):
        for method in methods:
            begun = time.perf_counter()
            method.run(damaged, mask)
            best[method.name] = min(best[method.name], time.perf_counter() - begun)
    return best


def main(name: str, folder: str) -> None:
    """Be the fresh process."""
    method = next(method for method in METHODS if method.name == name)
    with np.load(Path(folder, "case.npz")) as case:
        damaged, mask = case["damaged"], case["mask"]
    begun = time.perf_counter()
    method.load()
    imported = time.perf_counter()
    baseline = peak_mib()
    called = time.perf_counter()
    image = method.run(damaged, mask)
    returned = time.perf_counter()
    peak = peak_mib()
    np.save(Path(folder, "restored.npy"), image)
    figures = {
        "import_seconds": imported - begun,
        "seconds": returned - called,
        "baseline_mib": baseline,
        "peak_mib": peak,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
