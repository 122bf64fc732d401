"""What a model predicts of a table, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.errors import CommandError, Exit
from talweg.cli.fitting_progress import FitWatchers, choose_courses
from talweg.cli.fitting_table import opened, told_rows
from talweg.cli.output import STREAM
from talweg.cli.report import print_json

if TYPE_CHECKING:
    from talweg.cli.fitting_request import Request
    from talweg.cli.interrupt import Interruption
    from talweg.cli.report import Reporter
    from talweg.regression.linear.linear_model import Model

__all__ = ["apply_model", "predict_table"]

_GROUP_ROWS = 2**17  # in a row group of Parquet

Put = Callable[[np.ndarray], None]


def apply_model(request: Request, reporter: Reporter, interruption: Interruption) -> None:
    """Read a model, and predict a table with it.

    Raises
    ------
    CommandError, TableError
        If the model or the table can't be used.
    """
    try:
        from talweg.regression.linear.model_file import load_model

        model = load_model(request.data)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        words = f"{request.data}: it can't be read: {error.strerror}"
        raise CommandError(words, Exit.BAD_INPUT) from error
    except ImportError as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(str(error), Exit.BAD_INPUT) from error
    record = predict_table(model, request, reporter, interruption)
    if request.as_json:
        print_json({"model": request.data, "target": model.target, "predictions": record})


def predict_table(
    model: Model, request: Request, reporter: Reporter, interruption: Interruption
) -> dict[str, Any]:
    """Predict a table's rows, in their order, into one column named after the target.

    A missing value is an error, unless the model knows what stands in for it, or such rows are to
    be left out. So is a level of a categorical column that the model doesn't know.

    Returns
    -------
    dict
        For JSON.

    Raises
    ------
    CommandError, TableError
        If the table can't be used; then nothing is written.
    """
    assert request.predict is not None
    missing = _missing(model, request)
    with opened(request.predict, None, encoding=model.encoding, missing=missing) as table:
        courses = choose_courses(request.predict, False, reporter)
        watchers = FitWatchers(table, interruption, reporter, courses)
        table.progress(watchers.read)
        count = 0
        try:
            with _writer(request, model.target) as put:
                for block in table.blocks():
                    put(model.predict(block.columns))
                    count += block.count
                dropped = table.dropped
        finally:
            watchers.close()
    if dropped:
        reporter.warn(
            f"{request.predict}: {told_rows(dropped)} with a missing value left out of the "
            "predictions, so that these have fewer rows than the table"
        )
    target = request.predictions or STREAM
    shown = "standard output" if target == STREAM else target
    reporter.note(f"{shown}: {told_rows(count)} predicted")
    return {"table": request.predict, "output": target, "rows": count, "dropped_rows": dropped}


def _missing(model: Model, request: Request) -> str:
    """Say what is done where a value is missing."""
    fills = [column.fill for column in model.encoding.columns]
    if request.missing == "mean" and None in fills:
        raise CommandError(
            "--missing mean: the model doesn't know the means of its columns, as it was fitted "
            "without --missing mean; fit it with that, or take --missing drop",
            Exit.BAD_INPUT,
        )
    return request.missing or ("error" if None in fills else "mean")


@contextmanager
def _writer(request: Request, name: str) -> Iterator[Put]:
    """Give what writes predictions; a file is written whole or not at all."""
    target = request.predictions or STREAM
    if target == STREAM:
        sys.stdout.flush()
        stream = sys.stdout.buffer
        yield _csv(stream, name)
        stream.flush()
        return
    from talweg.atomic import atomic_write

    with atomic_write(target, overwrite=request.force) as file:
        if Path(target).suffix.lower() == ".parquet":
            with _parquet(file, name) as put:
                yield put
        else:
            yield _csv(file, name)


def _csv(file: Any, name: str) -> Put:
    """Write the header; numbers get as many digits as it takes to read them back."""
    import csv
    import io

    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow([name])
    file.write(header.getvalue().encode())

    def put(values: np.ndarray) -> None:
        if values.size:
            file.write(("\n".join(map(repr, values.tolist())) + "\n").encode())

    return put


@contextmanager
def _parquet(file: Any, name: str) -> Iterator[Put]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.float64())])
    held: list[np.ndarray] = []
    with pq.ParquetWriter(file, schema) as writer:

        def flush() -> None:
            values = np.concatenate(held) if held else np.zeros(0)
            writer.write_table(pa.table({name: values}, schema=schema))
            held.clear()

        def put(values: np.ndarray) -> None:
            held.append(values)
            if sum(map(len, held)) >= _GROUP_ROWS:
                flush()

        yield put
        flush()
