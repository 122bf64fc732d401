"""What every benchmark prints in the same way: figures, ratios, tables, the machine."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["cell", "machine", "ratio", "seconds", "table"]


def cell(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def seconds(value: float) -> str:
    """Write seconds with three digits that count."""
    return cell(value, ".0f" if value >= 99.95 else "#.3g")


def ratio(value: float) -> str:
    """Write a ratio with two digits that count, and never with an exponent above ten."""
    return "-" if math.isnan(value) else format(value, ".0f" if value >= 9.95 else ".2g") + "x"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a Markdown table out: the first column to the left, the figures to the right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine(packages: Iterable[str]) -> str:
    """Say on what all of this ran, with the versions of those `packages` that are installed."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = "1 core" if usable == 1 else f"{usable} cores"
    versions = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{processor()}, {cores}, {platform.system()}. {', '.join(versions)}.\n"
