"""How a result reads, as text and as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from talweg.result_svg import escape, svg
from talweg.state import Status, Trace

__all__ = ["html", "text"]

_ORDER = ("message", "success", "status", "fun", "x", "gradient_norm", "nit", "nfev", "trace")
_ARRAYS = 12  # of a nest, shown one a line
_WIDTH = 70  # of a line that shows a thing that isn't numbers


def text(result: Mapping[str, Any]) -> str:
    """Return a result's keys, one a line: those that say how it went, and plain ones of others."""
    keys = [key for key in _ORDER if key in result]
    plain = (bool, int, float, str, np.number, np.bool_)
    keys += [
        k for k in result if k not in {*_ORDER, "jac", "njev"} and isinstance(result[k], plain)
    ]
    if not keys:
        return f"{type(result).__name__}()"
    width = max(map(len, keys))
    lines = []
    for key in keys:
        first, *rest = _show(key, result[key]).splitlines() or [""]
        lines.append(f"{key:>{width}}: {first}")
        lines += [" " * (width + 2) + line for line in rest]
    return "\n".join(lines)


def _show(key: str, value: Any) -> str:
    if key == "status":
        return f"{value} ({_name(value)})" if _name(value) else f"{value}"
    if key == "x":
        return show_point(value)
    return f"{value:.8g}" if isinstance(value, (float, np.floating)) else f"{value}"


def _name(status: Any) -> str:
    try:
        return Status(status).name.lower().replace("_", " ")
    except ValueError:
        return ""


def show_point(x: Any) -> str:
    """Return an array or a nest of them, large ones cut short."""
    leaves = jax.tree_util.tree_flatten_with_path(x)[0]
    if len(leaves) == 1 and not leaves[0][0]:
        return _array(x)
    names = [jax.tree_util.keystr(path) for path, _ in leaves[:_ARRAYS]]
    width = max(map(len, names), default=0)
    lines = []
    for name, (_, leaf) in zip(names, leaves, strict=False):
        first, *rest = _array(leaf).splitlines()
        lines.append(f"{name:<{width}}  {first}")
        lines += [" " * (width + 2) + line for line in rest]
    if len(leaves) > _ARRAYS:
        lines.append(f"... and {len(leaves) - _ARRAYS} more")
    return "\n".join(lines) or f"{x!r}"


def _array(leaf: Any) -> str:
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiucb":
        line = " ".join(repr(leaf).split())
        return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."
    if array.ndim == 0:
        return f"{array[()]:.8g}" if array.dtype.kind == "f" else f"{array[()]}"
    if array.ndim == 1:
        shown = np.array2string(array, threshold=10, edgeitems=3)
        return shown if array.size <= 10 else f"{shown}, {array.size} numbers"
    shape = " x ".join(map(str, array.shape))
    if 0 < array.size <= 36 and array.ndim == 2:
        return np.array2string(array)
    low, high = (array.min(), array.max()) if array.size else (np.nan, np.nan)
    return f"{shape} array of {array.dtype}, from {low:.6g} to {high:.6g}"


def html(result: Mapping[str, Any]) -> str:
    """Return a result as HTML that is XML too: a table, and the curves where there is a trace."""
    mark = ""
    if "success" in result:
        mark = "\N{CHECK MARK} " if result["success"] else "\N{BALLOT X} "
    parts = [f"<p><b>{mark}{escape(result.get('message', type(result).__name__))}</b></p>"]
    cells = {
        title: _show(key, result[key])
        for key, title in (
            ("fun", "value"), ("gradient_norm", "largest gradient component"),
            ("nit", "iterations"), ("nfev", "evaluations"),
        )
        if key in result
    }  # fmt: skip
    trace = result.get("trace")
    trace = trace if isinstance(trace, Trace) and len(trace) else None
    if trace is not None:
        cells["seconds"] = f"{trace.seconds[-1]:.3g}"
    if cells:
        head = "".join(f"<th>{escape(name)}</th>" for name in cells)
        body = "".join(f"<td>{escape(cell)}</td>" for cell in cells.values())
        parts.append(f"<table><tr>{head}</tr><tr>{body}</tr></table>")
    if "x" in result:
        parts.append(f"<pre>x: {escape(_indented(show_point(result['x'])))}</pre>")
    if trace is not None:
        parts.append(svg(trace))
    return f"<div>{''.join(parts)}</div>"


def _indented(lines: str) -> str:
    return lines.replace("\n", "\n   ")
