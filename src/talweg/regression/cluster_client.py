"""The client of a dask cluster, and what can go wrong with it in words."""

from __future__ import annotations

import contextlib
import socket
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from talweg.errors import TableError

__all__ = ["connected", "explained", "has_workers", "left", "load_distributed"]

PATIENCE = 10.0  # seconds: for a scheduler or a worker to show up

_known: weakref.WeakSet[Any] = weakref.WeakSet()  # clients that have been looked at


@contextlib.contextmanager
def connected(client: Any) -> Iterator[Any]:
    """Give a ``distributed.Client``, and close it afterwards if it was made here.

    Parameters
    ----------
    client : distributed.Client or str
        A client, which is left open, or the address of a scheduler, such as
        ``"tcp://host:8786"``.

    Yields
    ------
    distributed.Client
        One that has a worker at least.

    Raises
    ------
    ModuleNotFoundError
        If distributed isn't installed.
    ConnectionError
        If nothing answers at the address, or the scheduler has no workers, or talweg
        isn't installed where they run.
    TypeError, ValueError
        If `client` is neither, or the address can't be read.
    """
    distributed = load_distributed()
    if isinstance(client, distributed.Client):
        _refuse_idle(client)
        _refuse_strangers(client)
        yield client
        return
    if not isinstance(client, str):
        raise TypeError(
            "client must be a distributed.Client or the address of a scheduler, such as "
            f"'tcp://host:8786', not {type(client).__name__}"
        )
    _refuse_silence(client)
    try:
        made = distributed.Client(client, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # of any kind: it reads what a stranger answers
        raise ConnectionError(
            f"what answers at {client} is no dask scheduler of this version "
            f"({type(error).__name__}: {error})"
        ) from error
    with made:
        _refuse_idle(made)
        _refuse_strangers(made)
        yield made


def left(client: Any, count: int, what: str) -> str:
    """Say what became of the scheduler while so many parts were still to be done."""
    return f"the scheduler at {_address(client)} {what}, {count} parts before the end"


def explained(error: BaseException, parts: Sequence[Any], index: int) -> BaseException:
    """Say what a part raised, in which part, and what to do about it.

    Parameters
    ----------
    error : BaseException
        As it came from the worker.
    parts : sequence
        All of them.
    index : int
        Of the one that raised; the number of parts where it was a merge.

    Returns
    -------
    BaseException
        A `TableError` of one line.
    """
    distributed = load_distributed()
    merging = index == len(parts)
    where = "merging the parts" if merging else f"part {index + 1} of {len(parts)}"
    path = "" if merging else _name(parts[index])
    if path:
        where += f" ({path})"
    if isinstance(error, TableError):
        return error
    if isinstance(error, FileNotFoundError):
        return TableError(
            f"{error.filename or path or where}: a worker doesn't see this file; every worker "
            "must see it under the same path, on a disk that they share"
        )
    if isinstance(error, ImportError):
        return TableError(
            f"{where}: a worker can't import what it needs ({error}); install talweg, in this "
            'version and with "talweg[tables]", where the scheduler and the workers run'
        )
    if isinstance(error, distributed.KilledWorker):
        return TableError(
            f"{where}: {error.allowed_failures + 1} workers "
            "died over it, one after the other; the usual reason is too little memory"
        )
    return TableError(f"{where}: {type(error).__name__}: {error}")


def _name(part: Any) -> str:
    """Return what messages call the table that a part is of, as far as it is known."""
    while hasattr(part, "rows"):  # rows that are looked at on their way
        part = part.rows
    return str(getattr(getattr(part, "source", None), "name", ""))


def _address(client: Any) -> str:
    return str(getattr(client.scheduler, "address", "?"))


def _refuse_strangers(client: Any) -> None:
    """See that talweg is installed where the cluster runs, once for each client.

    A worker that can't read its task would end, and so would the next.
    """
    if client in _known:
        return
    # Of what runs there nothing may be ours, so it is Python's own `eval`.
    question = "bool(__import__('importlib.util').util.find_spec('talweg'))"
    without = [place for place, found in client.run(eval, question).items() if not found]
    if not client.run_on_scheduler(eval, question):
        without.append(f"the scheduler ({_address(client)})")
    if without:
        raise ConnectionError(
            f"talweg isn't installed at {', '.join(without)}; install it, in this version and with "
            '"talweg[tables]", where the scheduler and the workers run'
        )
    _known.add(client)


def has_workers(client: Any) -> bool:
    """Return whether a cluster has any worker now."""
    return bool(client.scheduler_info()["workers"])


def _refuse_silence(address: str) -> None:
    """Knock at the address: a client that finds nobody there takes half a minute to give up."""
    scheme, _, place = address.rpartition("://")
    if scheme not in ("", "tcp", "tls"):
        return
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(
            f"{address!r} is not the address of a scheduler: give one such as 'tcp://host:8786'"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(
            f"no scheduler answers at {address} ({error}): start one with `dask scheduler`, and "
            "give the address that it prints"
        ) from error


def _refuse_idle(client: Any) -> None:
    """Wait for the first worker, not for ever."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise ConnectionError(
            f"the scheduler at {_address(client)} has no workers: start some with "
            f"`dask worker {_address(client)}`"
        ) from error


def load_distributed() -> Any:
    """Import distributed, which is an extra."""
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'a cluster needs distributed, which isn\'t installed: pip install "talweg[cluster]"'
        ) from error
    return distributed
