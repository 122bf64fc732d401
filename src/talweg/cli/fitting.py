"""Fitting one table: read, fit, hold against the rows held out, tell, write."""

from __future__ import annotations

import dataclasses
import importlib
import time
from typing import TYPE_CHECKING, Any

from talweg.cli.errors import CommandError, Exit
from talweg.cli.fitting_log import EpochLog, echo
from talweg.cli.fitting_progress import FitWatchers, choose_courses
from talweg.cli.fitting_report import Findings
from talweg.cli.fitting_rows import NoticingRows
from talweg.cli.fitting_warnings import diverged, warnings_of
from talweg.cli.report import Reporter, print_json
from talweg.errors import TableError

if TYPE_CHECKING:
    from talweg.cli.fitting_request import Request
    from talweg.cli.interrupt import Interruption

__all__ = ["fit_table"]


def fit_table(request: Request, reporter: Reporter, interruption: Interruption) -> Exit:
    """Fit a table, tell what came of it, and write what was asked for.

    Raises
    ------
    CommandError, TableError
        If something can't be used.
    """
    from talweg.cli.fitting_table import open_training, target_check

    _import(request)
    began = time.perf_counter()
    with open_training(request) as (table, training, held_out):
        rows = NoticingRows(training, keep=request.descends, check=target_check(request))
        _check_start(request, rows.names)
        watchers = _watch(request, reporter, interruption, table, rows)
        table.progress(watchers.read)
        try:
            result = _fit(request, rows, watchers)
            findings = _findings(request, table, result)
            if held_out is not None:
                _hold_against(findings, held_out)
        finally:
            watchers.close()
        findings.seconds = time.perf_counter() - began
        findings.interrupted = interruption.asked
        table.progress(None)
        findings.warnings = warnings_of(request, findings, rows)
        for warning in findings.warnings:
            reporter.warn(warning)
        _tell(request, findings, reporter)
        _write(request, findings, rows, reporter, interruption)
    return _code(request, findings)


def _import(request: Request) -> None:
    """Import what fits before the clock is started."""
    importlib.import_module("talweg.regression.linear.linear_fit")

    if request.descends:
        from talweg.cli.cache import keep_compiled

        keep_compiled()


def _check_start(request: Request, names: tuple[str, ...]) -> None:
    """See whether the start has as many weights as the model, once those are known."""
    wanted = len(names) + (not request.no_intercept)
    if request.start is None or len(request.start) == wanted:
        return
    told = [*([] if request.no_intercept else ["the intercept"]), *names]
    shown = ", ".join(told[:6]) + (", ..." if len(told) > 6 else "")
    raise CommandError(
        f"--start gives {len(request.start)} weights, and the model has {wanted}: {shown}",
        Exit.USAGE,
    )


def _watch(
    request: Request, reporter: Reporter, interruption: Interruption, table: Any,
    rows: NoticingRows,
) -> FitWatchers:  # fmt: skip
    log, courses = None, choose_courses(request.data, request.live is not None, reporter)
    if request.log_every is not None:
        courses = courses if request.live else []
        say = echo(request.as_json or request.to_stdout)
        log = EpochLog(
            rows.names, request.log_every, not request.no_intercept, say, request.batches
        )
    return FitWatchers(table, interruption, reporter, courses, log)


def _fit(request: Request, rows: NoticingRows, watchers: FitWatchers) -> Any:
    """Fit; a number or an option that the table doesn't suit is told in one line."""
    try:
        if request.degree is not None:
            from talweg.cli.fitting_polynomial import fit_curve

            return fit_curve(request, rows, watchers)

        from talweg.regression.linear.linear_fit import fit_linear

        return fit_linear(rows, request.loss_name, **engine_options(request, watchers))
    except TableError:
        raise
    except (ValueError, ConnectionError, ModuleNotFoundError) as error:
        code = Exit.BAD_INPUT if isinstance(error, ValueError) else Exit.FAILED
        raise CommandError(f"{request.data}: {error}", code) from error


def engine_options(request: Request, watchers: FitWatchers) -> dict[str, Any]:
    """Return the options of `fit_linear`, of those that were given."""
    by_batches = {"batch": request.batch, "epochs": request.epochs, "seed": request.seed or 0}
    options = {
        "delta": request.delta,
        "quantile": request.quantile,
        "l1": request.l1,
        "l2": request.l2,
        "method": request.method_name,
        "step": request.step if request.sized else None,
        "start": request.start,
        "tol": request.tol,
        "client": request.scheduler,
        **(by_batches if request.batches else {"max_iter": request.epochs}),
    }
    if request.sized and request.epochs is not None and request.tol is None:
        options["tol"] = 0.0  # so many epochs were asked for, not fewer
    return {
        **{name: value for name, value in options.items() if value is not None},
        "intercept": not request.no_intercept,
        "target": str(request.target),
        "callback": watchers if request.descends else None,
    }


def _findings(request: Request, table: Any, result: Any) -> Findings:
    from talweg.cli.fitting_table import model_of

    # With batches before them, the epochs begin where the count does anew.
    first = max((k for k, epoch in enumerate(result.history) if epoch.epoch == 0), default=0)
    losses = [(epoch.epoch, epoch.loss) for epoch in result.history[first:]]
    filled = {column.name: column.fill for column in table.encoding.columns}
    return Findings(
        request.data, model_of(request, table, result), result, exact=not request.descends,
        dropped=table.dropped, notes=table.notes, left_out=table.left_out,
        filled={name: value for name, value in filled.items() if value is not None},
        weighted=request.weight or "", rows_read=result.rows + table.dropped,
        bytes_total=table.bytes_total, losses=losses,
    )  # fmt: skip


def _hold_against(findings: Findings, held_out: Any) -> None:
    from talweg.cli.fitting_score import score

    model = findings.model
    findings.held_out = score(held_out, model.loss, model.predictor)
    findings.rows_read += findings.held_out.rows
    facts = {**model.facts, "held_out": findings.held_out.record()}
    findings.model = dataclasses.replace(model, facts=facts)


def _tell(request: Request, findings: Findings, reporter: Reporter) -> None:
    if request.as_json:
        return
    if request.to_stdout and request.quiet:
        return
    say = echo(request.to_stdout)
    if request.log_every is not None:
        say("")
    for line in findings.lines(reporter.verbose):
        say(line)


def _write(
    request: Request, findings: Findings, rows: NoticingRows, reporter: Reporter,
    interruption: Interruption,
) -> None:  # fmt: skip
    """Write the model, the picture and the predictions, as asked for, and the JSON."""
    if request.output is not None:
        from talweg.regression.linear.model_file import save_model

        try:
            save_model(findings.model, request.output, overwrite=request.force)
        except ValueError as error:
            raise CommandError(f"-o {request.output}: {error}") from error
        reporter.note(f"{request.output}: the model is written")
    if request.plot is not None:
        from talweg.cli.fitting_picture import draw_findings

        draw_findings(request, findings, rows)
        reporter.note(f"{request.plot}: written")
    files: dict[str, Any] = {"model": request.output, "plot": request.plot}
    if request.predict is not None:
        from talweg.cli.fitting_prediction import predict_table

        files["predictions"] = predict_table(findings.model, request, reporter, interruption)
    if request.as_json:
        print_json({**findings.record(), **files})


def _code(request: Request, findings: Findings) -> Exit:
    if findings.interrupted:
        return Exit.INTERRUPTED
    arrived = findings.result.success or (request.epochs is not None and not diverged(findings))
    return Exit.OK if arrived else Exit.NOT_CONVERGED
