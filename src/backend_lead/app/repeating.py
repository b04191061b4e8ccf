"""The command that repeats a run, and the model file that it names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import pairwise

MODEL = "backend.yaml"  # what a command names where nobody said which file


def run_command(
    model: str, seed: int, *, duration_s: float | None = None, fault: str | None = None,
    load: float = 1.0, precision: float | None = None, most: float | None = None,
    replications: int | None = None, day_s: float | None = None,
    window_s: float | None = None, replay: Sequence[str] = (), assumed: Sequence[str] = (),
) -> str:  # fmt: skip
    """The command that gives a run of a model file again, asked for in its folder."""
    words = ["backend-lead", "simulate", model]
    words += ["--replications", str(replications)] if replications else []
    words += ["--seed", str(seed)]
    words += ["--precision", _exact(precision)] if precision is not None else []
    words += ["--duration", f"{_exact(duration_s)}s"] if duration_s is not None else []
    words += ["--fault", fault] if fault else []
    words += ["--load", _exact(load)] if load != 1 else []
    words += ["--most", _exact(most)] if most is not None else []
    words += ["--day", f"{_exact(day_s)}s"] if day_s is not None else []
    words += ["--window", f"{_exact(window_s)}s"] if window_s is not None else []
    for option, values in (("--replay", replay), ("--assume", assumed)):
        for value in values:
            words += [option, value]
    return shlex.join(words)


def _exact(value: float) -> str:
    """The shortest text that is read as this number again."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def model_of(command: str) -> str:
    """The model file that a command of a run names; empty where it is no such command."""
    words = _words(command)
    return words[2] if len(words) > 2 and words[1] == "simulate" else ""


def naming(command: str, model: str, was: str = MODEL) -> str:
    """A command that names the model `was` as one that names it `model`."""
    words = _words(command)
    return shlex.join(model if word == was else word for word in words) if words else command


def option_of(command: str, option: str) -> list[str]:
    """What a command says for an option, each time it is there."""
    words = _words(command)
    return [after for word, after in pairwise(words) if word == option]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # quotes without an end
        return []
