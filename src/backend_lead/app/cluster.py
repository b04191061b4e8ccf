"""Replications on a Ray cluster that is there: tables go out, what each found comes back."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from backend_lead import __version__
from backend_lead.analysis.replications import Part, Task, replicate
from backend_lead.app.progress import Progress
from backend_lead.app.replicate import Runner
from backend_lead.model.finding import Finding, InvalidInput, Place

REACH_S = 5.0  # for a connection to the cluster's address
TICK_S = 0.2
TRIES = 2  # of a task whose machine was lost
INSTALL = ".venv/bin/pip install 'backend-lead[ray]'"


def on_ray(address: str) -> Runner:
    """Runs tasks on the cluster at an address, as HOST:PORT or ray://HOST:PORT.

    Raises InvalidInput, told as findings, where Ray is not installed, nobody answers, or the
    machines there hold another version of this program.
    """
    _reachable(address)
    ray = _ray()

    def run(tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
        progress.stage(f"on the cluster at {address}")
        _join(ray, address)
        try:
            _same_version(ray, address)
            yield from _results(ray, tasks, progress)
        finally:
            ray.shutdown()

    return run


def _results(ray: Any, tasks: Sequence[Task], progress: Progress) -> Iterator[tuple[int, Part]]:
    """Each program is sent once, however many tasks it has."""
    sent: dict[int, Any] = {}
    work = ray.remote(num_cpus=1, max_retries=TRIES)(_replicate)
    pending = {}
    for i, task in enumerate(tasks):
        program = sent.setdefault(id(task.program), ray.put(task.program))
        told = (task.seed, task.until_s, task.warmup_s, task.window_s)
        pending[work.remote(program, *told)] = i
    try:
        while pending:
            progress.check()
            done, _ = ray.wait(list(pending), timeout=TICK_S)
            for one in done:
                yield pending.pop(one), ray.get(one)
    finally:
        for one in pending:
            ray.cancel(one, force=True)


def _replicate(program: Any, seed: int, until_s: float, warmup_s: float, window_s: float) -> Part:
    """What a machine of the cluster does."""
    return replicate(Task(program, seed, until_s, warmup_s, window_s))


def _version() -> str:
    return __version__


def _ray() -> Any:
    try:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of a run
        import ray
    except ImportError:
        absent = Finding("ray-absent", "error", "Ray is not installed here", Place("--ray"), "",
                         "the extra `ray`", INSTALL)  # fmt: skip
        raise InvalidInput([absent]) from None
    return ray


def _reachable(address: str) -> None:
    """Raise InvalidInput where nobody listens; Ray itself would look for long."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None or parts.scheme not in ("", "ray"):
        raise InvalidInput([Finding("ray-address", "error", "this is no address of a cluster",
                                    Place("--ray"), address, "HOST:PORT, or ray://HOST:PORT",
                                    "--ray 10.0.0.5:6379")])  # fmt: skip
    try:
        socket.create_connection((host, port), REACH_S).close()
    except OSError as err:
        raise _unreachable(address, err.strerror or str(err)) from None


def _unreachable(address: str, why: str) -> InvalidInput:
    return InvalidInput([Finding("ray-unreachable", "error", f"no cluster answers there: {why}",
                                 Place("--ray"), address, "the address `ray start --head` told",
                                 "leave --ray out to use this machine's cores")])  # fmt: skip


def _join(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR",
                 configure_logging=False)  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as err:
        raise _unreachable(address, str(err).split("\n")[0]) from err


def _same_version(ray: Any, address: str) -> None:
    """Raise InvalidInput where the machines there do not run this version."""
    try:
        there = ray.get(ray.remote(num_cpus=1)(_version).remote())
    except ray.exceptions.RayError as err:
        there = f"none ({type(err).__name__})"
    if there != __version__:
        raise InvalidInput([Finding("ray-version", "error",
                                    "the machines of the cluster need this version of backend-lead",
                                    Place("--ray"), f"{address}: {there}", __version__,
                                    "install it on each, with the same numpy")])  # fmt: skip
