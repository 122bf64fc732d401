"""One process against two workers of a cluster, each with one thread, on the Parquet file.

``python -m benchmarks.fit_cluster PATH`` is the fresh process that measures; it prints one
line of JSON.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fit_problems import Case
from benchmarks.markdown import ratio, seconds, table

__all__ = ["measure", "report"]

REPEATS = 3


def measure(case: Case) -> dict[str, Any]:
    """Measure in a fresh process."""
    from benchmarks.fit_measure import ENVIRONMENT

    command = [sys.executable, "-m", "benchmarks.fit_cluster", str(case.place)]
    done = subprocess.run(
        command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        return dict(json.loads(lines[-1]))
    said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return {"error": said[-1]}


def report(case: Case, record: dict[str, Any]) -> str:
    """Say what came of it."""
    text = f"### Two workers on the Parquet file of {case.rows:,} rows\n\n"
    if "error" in record:
        return f"{text}Failed: {record['error']}\n"
    speed = record["alone"] / record["together"]
    missed = "" if speed >= 1.7 else " (missed)"
    rows = [
        ["one process, one thread", seconds(record["alone"]), seconds(record["alone_cpu"]), "1x"],
        [
            "two workers, one thread each", seconds(record["together"]),
            seconds(record["together_cpu"]), ratio(speed),
        ],
        [
            "one of them killed half-way", seconds(record["killed"]), "-",
            ratio(record["alone"] / record["killed"]),
        ],
    ]  # fmt: skip
    text += table(("", "wall s", "CPU s", "speed"), rows)
    text += f"\n- times as fast as one process, at least 1.7: {speed:.2f}{missed}\n"
    off, missed = record["off"], "" if record["off"] <= 1e-12 else " (missed)"
    text += f"- off one process's products, at most 1e-12: {off:.1e}{missed}\n"
    same = "the same to the last bit" if record["same"] else "not the same (missed)"
    return text + f"- after a worker's death: {same}\n"


def best(call: Callable[[], Any], cpu: Callable[[], float]) -> tuple[float, float, Any]:
    """Return the seconds and the CPU seconds of the best call of a few, and what it returned."""
    wall, used = float("inf"), float("inf")
    for _ in range(REPEATS):
        begun, before = time.perf_counter(), cpu()
        found = call()
        wall = min(wall, time.perf_counter() - begun)
        used = min(used, cpu() - before)
    return wall, used, found


def main(place: str) -> None:
    """Be the fresh process."""
    import numpy as np
    from distributed import Client, LocalCluster

    from talweg.regression.cluster import gather_moments_on
    from talweg.regression.squares.moments import gather_moments
    from talweg.regression.tables import open_table

    rows = open_table(Path(place), "y")
    alone, alone_cpu, here = best(lambda: gather_moments(rows), time.process_time)
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1}
    with (
        LocalCluster(
            **options, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())

        def cpu() -> float:
            return time.process_time() + sum(client.run(time.process_time).values())

        together, together_cpu, there = best(lambda: gather_moments_on(client, rows), cpu)

        def kill(done: int, of: int) -> None:
            if done == max(of // 2, 1) and pids:
                os.kill(pids.pop(), 9)

        begun = time.perf_counter()
        survived = gather_moments_on(client, rows, tell=kill)
        killed = time.perf_counter() - begun
    scale = np.sqrt(np.diag(here.products))
    off = np.abs((there.products - here.products) / np.outer(scale, scale)).max()
    same = np.array_equal(there.products, survived.products)
    record = {
        "alone": alone, "alone_cpu": alone_cpu, "together": together,
        "together_cpu": together_cpu, "killed": killed,
    }  # fmt: skip
    print(json.dumps(record | {"same": bool(same), "off": float(off)}))


if __name__ == "__main__":
    main(sys.argv[1])
