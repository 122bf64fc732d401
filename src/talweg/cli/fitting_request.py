"""What was asked of `talweg fit`, and which of its options go together."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_options import closest
from talweg.cli.output import STREAM, check_target, is_device

__all__ = ["Request", "option_name"]

PICTURES = (".png", ".pdf", ".svg")
PREDICTIONS = (".csv", ".tsv", ".parquet")
DESCENTS = ("gradient", "sign", "momentum", "nesterov", "adam")
"""The methods that take a step of a size that is told."""

_OF_A_LOSS = {"delta": "huber", "quantile": "quantile"}
_OF_A_DESCENT = ("tol", "start", "log_every", "live")
_ALWAYS = ("verbose", "quiet", "force", "as_json", "predict", "predictions", "missing")


@dataclasses.dataclass(frozen=True)
class Request:
    """What the user asked for, by the names of the options."""

    data: str
    target: str | None = None
    columns: tuple[str, ...] | None = None
    loss: str | None = None
    delta: float | None = None
    quantile: float | None = None
    l2: float | None = None
    l1: float | None = None
    degree: int | None = None
    no_intercept: bool = False
    weight: str | None = None
    method: str | None = None
    epochs: int | None = None
    batch: int | str | None = None
    step: float | str | None = None
    start: tuple[float, ...] | None = None
    tol: float | None = None
    seed: int | None = None
    test: float | None = None
    missing: str | None = None
    categorical: tuple[str, ...] | None = None
    output: str | None = None
    predict: str | None = None
    predictions: str | None = None
    plot: str | None = None
    live: str | None = None
    log_every: int | None = None
    scheduler: str | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    force: bool = False

    @property
    def applies(self) -> bool:
        """Whether a model that there is already is to be applied."""
        return self.data != STREAM and Path(self.data).suffix.lower() == ".json"

    @property
    def loss_name(self) -> str:
        """The loss."""
        return self.loss or "squared"

    @property
    def batches(self) -> bool:
        """Whether the rows are to be taken in batches."""
        return isinstance(self.batch, int)

    @property
    def sized(self) -> bool:
        """Whether a step size was given, and not left to the method."""
        return self.step not in (None, "auto")

    @property
    def straight(self) -> bool:
        """Whether the loss is made of straight lines, and so is fitted exactly."""
        return self.loss_name in ("absolute", "quantile")

    @property
    def method_name(self) -> str | None:
        """The method of the descent; None leaves it to what is fitted."""
        plain = (self.sized or self.epochs) and not (self.batches or self.l1 or self.straight)
        return "gradient" if self.method is None and plain else self.method

    @property
    def descends(self) -> bool:
        """Whether there is a descent with epochs, and not one exact solution."""
        if self.straight or self.degree is not None:
            return False
        return self.loss_name != "squared" or self.method_name is not None or bool(self.l1)

    @property
    def to_stdout(self) -> bool:
        """Whether predictions are what goes to standard output."""
        return self.predict is not None and self.predictions in (None, STREAM)

    def check(self) -> None:
        """Refuse what can't go together, before any work.

        Raises
        ------
        CommandError
            With exit code 2.
        """
        if self.applies:
            self._check_applying()
        elif self.target is None:
            raise _usage("-y is missing: name the column that is to be predicted, -y COLUMN")
        else:
            self._check_columns()
            self._check_loss()
            self._check_descent()
        self._check_prediction()
        self._check_files()

    def _check_applying(self) -> None:
        if self.predict is None:
            raise _usage(
                f"{self.data} is a model; say what to predict with it, --predict FILE (a table to "
                "fit is CSV, TSV, Parquet or Arrow)"
            )
        for field in dataclasses.fields(self):
            given = getattr(self, field.name)
            if field.name not in ("data", *_ALWAYS) and given != field.default:
                raise _usage(
                    f"{option_name(field.name)} is of a fit, and {self.data} is fitted already; "
                    "give a table in its place, or drop the option"
                )

    def _check_columns(self) -> None:
        columns = self.columns or ()
        for option, name in (("-y", self.target), ("--weight", self.weight)):
            if name in columns:
                raise _usage(f"{option}: {name} is one of the -x columns too; drop it from one")
        if self.weight is not None and self.weight == self.target:
            raise _usage(f"--weight: {self.weight} is the target (-y) too")
        for name in self.categorical or ():
            if name in (self.target, self.weight) or (self.columns and name not in columns):
                raise _usage(f"--categorical: {name} is not one of the columns to fit (-x)")
        if self.degree is not None and (len(columns) > 1 or self.categorical):
            raise _usage("--degree is of one numeric column; name it with -x COLUMN")

    def _check_loss(self) -> None:
        for name, loss in _OF_A_LOSS.items():
            if getattr(self, name) is not None and self.loss_name != loss:
                raise _usage(f"--{name} is of --loss {loss}; the loss here is {self.loss_name}")
        if self.degree is not None:
            others = {"l1": self.l1, "l2": self.l2, "no_intercept": self.no_intercept,
                      "method": self.method, "epochs": self.epochs, "batch": self.batch,
                      "step": self.step, "scheduler": self.scheduler}  # fmt: skip
            if self.loss_name != "squared":
                raise _usage(f"--degree is of --loss squared, not of {self.loss_name}")
            for name, given in others.items():
                if given:
                    raise _usage(
                        f"{option_name(name)} is not of --degree, which is solved exactly in "
                        "orthogonal polynomials; drop one"
                    )

    def _check_descent(self) -> None:
        if self.method is not None or self.sized:
            self._check_method()
        if self.straight and self.l2:
            raise _usage(f"--l2 can't be had with --loss {self.loss_name}; use --l1")
        given = [name for name in _OF_A_DESCENT if getattr(self, name) is not None]
        if self.straight:
            given += [name for name in ("method", "epochs") if getattr(self, name)]
            given += ["step"] if self.sized else []
            if self.scheduler is not None:
                raise _usage(f"--scheduler: --loss {self.loss_name} is fitted in memory, here")
        if given and not self.descends:
            hint = "" if self.straight else "; ask for a descent with --epochs, --step or --method"
            raise _usage(
                f"{option_name(given[0])} is of a descent, and --loss {self.loss_name} is fitted "
                f"exactly{hint}"
            )
        for name in ("method", "step") if self.l1 else ():
            if getattr(self, name) not in (None, "auto"):
                raise _usage(f"--l1 has its own descent; leave {option_name(name)} out")
        if self.batches:
            self._check_batches()
        if self.seed is not None and not (self.batches or self.test is not None):
            raise _usage("--seed is of --test, or of a --batch of rows; nothing else is random")

    def _check_batches(self) -> None:
        if self.straight or self.loss_name == "squared":
            raise _usage(
                f"--batch is of --loss huber, logistic or poisson; {self.loss_name} needs no "
                "batches, as it is fitted exactly"
            )
        others = {"method": self.method, "step": self.sized, "l1": self.l1,
                  "scheduler": self.scheduler}  # fmt: skip
        for name, value in others.items():
            if value:
                raise _usage(f"--batch and {option_name(name)} can't go together; drop one")

    def _check_method(self) -> None:
        from talweg.methods import METHODS, read_method

        if self.method is not None and self.method not in METHODS:
            raise _usage(
                f"--method: {self.method!r} is unknown{closest(self.method, METHODS)} (there are "
                f"{', '.join(METHODS)})"
            )
        if not self.sized:
            return
        name = self.method or "gradient"
        try:
            read_method(name, self.step, {})
        except (TypeError, ValueError) as error:
            raise _usage(f"--step: {error}") from error
        if isinstance(self.step, float) and name not in DESCENTS:
            raise _usage(
                f"--step {self.step:g} is of --method {', '.join(DESCENTS)}; {name} finds its own"
            )

    def _check_prediction(self) -> None:
        if self.predictions is not None and self.predict is None:
            raise _usage("--predictions is where --predict writes; give --predict FILE too")
        if self.to_stdout and self.as_json:
            raise _usage(
                "--json and the predictions can't both go to standard output; give --predictions "
                "FILE"
            )
        if self.predict == STREAM == self.data:
            raise _usage("standard input (-) can be read only once")
        named = self.predict is not None and not set("*?[") & set(self.predict)
        if named and self.predict != STREAM and not os.path.exists(str(self.predict)):
            raise CommandError(
                f"--predict {self.predict}: there is no such file or folder", Exit.BAD_INPUT
            )

    def _check_files(self) -> None:
        """See whether all that is to be written can be."""
        endings = {"output": (".json",), "predictions": PREDICTIONS, "plot": PICTURES}
        taken: dict[str, str] = {}
        for name, known in endings.items():
            target = getattr(self, name)
            if target is None or (target == STREAM and name == "predictions"):
                continue
            _check_ending(option_name(name), target, known)
            check_target(target, self.force)
            key = os.path.abspath(target)
            if key in taken:
                raise _usage(f"{taken[key]} and {option_name(name)} are the same file, {target}")
            for source in (self.data, self.predict):
                if source is not None and os.path.abspath(source) == key:
                    raise _usage(f"{option_name(name)} {target}: this is the table that is read")
            taken[key] = option_name(name)


def _check_ending(option: str, target: str, known: Sequence[str]) -> None:
    ending = Path(target).suffix.lower()
    if ending in known or is_device(target):
        return
    problem = f"the ending {ending!r} is not known" if ending else "the name has no ending"
    raise _usage(f"{option} {target}: {problem}; end it in {', '.join(known)}")


def _usage(problem: str) -> CommandError:
    return CommandError(problem, Exit.USAGE)


_SHORT: Mapping[str, str] = {"target": "-y", "columns": "-x", "output": "-o", "as_json": "--json"}


def option_name(name: str) -> str:
    """Return how an option is written."""
    return _SHORT.get(name) or f"--{name.replace('_', '-')}"
