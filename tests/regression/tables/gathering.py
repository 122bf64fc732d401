"""What the tests of tables share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.errors import TableError
from talweg.regression.tables import open_table


def gather(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """All columns (d, n) and the target of a pass."""
    blocks = list(rows.blocks())  # kept side by side: a block stays as it was
    if not blocks:
        return np.empty((len(rows.names), 0)), np.empty(0)
    columns = np.concatenate([block.columns for block in blocks], axis=1)
    return columns, np.concatenate([block.target for block in blocks])


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(source: Any, target: Any = "y", **options: Any) -> str:
    """The message with which a table is refused, by opening it or by a pass."""
    with pytest.raises(TableError) as caught:
        gather(open_table(source, target, **options))
    message = str(caught.value)
    assert "\n" not in message
    return message
