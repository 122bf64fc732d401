"""Tables from files, streams and frames, handed out in blocks of numbers."""

from __future__ import annotations

try:
    import pyarrow as _pyarrow
except ImportError as error:  # pragma: no cover
    raise ImportError('tables are read by pyarrow: pip install "talweg[tables]"') from error
from talweg.regression.tables.encoding import ColumnEncoding, Encoding
from talweg.regression.tables.table import Table, open_table

__all__ = ["ColumnEncoding", "Encoding", "Table", "open_table"]

del _pyarrow
