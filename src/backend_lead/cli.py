"""The command line: arguments in, text out, exit codes. It decides nothing.

Exit codes: 0 clean, 1 an objective is missed, 2 the input cannot be used, 3 the tool could not run,
130 interrupted. Everything heavy is imported inside the commands.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, TextIO, cast

import click

from backend_lead import __version__

COMMANDS = {  # name: what --help says; functions of the same name in backend_lead.commands
    "design": "Find, prove and explain a design for a sentence or a model.",
    "generate": "Write the artefacts of a model without searching.",
    "check": "Check a model: objectives, arithmetic, consistency.",
    "capacity": "How far a model goes, what limits it first, and what moves that.",
    "compare": "What got better and worse between two models; what breaks between two contracts.",
    "gate": "May this change of a model go in: check and compare in one table, for CI.",
    "hook": "Check or gate each of the models given, for pre-commit.",
    "simulate": "Run a model on the event kernel, as it stands or with a fault.",
    "fit": "Contention and coherency of a part, from throughputs measured at several loads.",
    "verify": "Prove the stores of a model on real parts: plans, and measured demands.",
    "explain": "What stands behind a figure, decision, run, tactic, rule or fact.",
    "migrate": "The way from the tables of one model to those of another, while both run.",
    "mock": "Serve a model's contract with example data, as slow and fallible as its design.",
    "mcp": "Serve coding agents: tools, evidence and prompts over MCP.",
    "agent": "Introduce backend-lead to coding assistants: agent, skill, plugin, AGENTS.md.",
    "schema": "Print the JSON Schema of backend.yaml, or of the settings.",
    "doctor": "What is installed here, and what can be proved with it.",
}
ELSEWHERE = {  # but for these
    "agent": "assisting",
    "capacity": "simulating",
    "compare": "simulating",
    "doctor": "inspecting",
    "fit": "inspecting",
    "mcp": "assisting",
    "gate": "gating",
    "hook": "gating",
    "migrate": "changing",
    "mock": "inspecting",
    "simulate": "simulating",
}


class LazyGroup(click.Group):
    """Commands are imported when they are called, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = ELSEWHERE.get(name, "commands")
        command: click.Command = getattr(import_module(f"backend_lead.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="backend-lead")
def cli() -> None:
    """Ask for a backend; get a design that is proven, not promised.

    \b
    backend-lead design "Design a backend system that can handle 1 million concurrent users" -o out/
    """


class Listened:
    """A stream that goes on in silence once nobody reads it, so that `| head` changes no result."""

    def __init__(self, stream: TextIO, forgiven: type[OSError]) -> None:
        self._stream, self._forgiven = stream, forgiven

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except self._forgiven:
            return self._silence(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except self._forgiven:
            self._silence()

    def _silence(self, text: str = "") -> int:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _open_streams() -> None:
    """What was closed before the start goes nowhere; talk that cannot be written stops nothing."""
    for name, forgiven in (("stdout", BrokenPipeError), ("stderr", OSError)):
        stream = getattr(sys, name) or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
        setattr(sys, name, cast(TextIO, Listened(stream, forgiven)))


def _stop_on_signals() -> None:
    """A request to end is the same as Ctrl-C, unless it is ignored (nohup)."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def main() -> None:
    """Entry point: errors become messages and exit codes, never tracebacks."""
    _open_streams()
    _stop_on_signals()
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _stopped()
    except KeyboardInterrupt:
        code = _stopped()
    except click.exceptions.Exit as err:
        code = err.exit_code
    except click.ClickException as err:
        err.show()
        code = 2
    except Exception as err:  # the last door: a mistake of ours, told without a traceback
        code = _failed(err)
    with suppress(OSError):  # a full disk has been told above
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)  # simulations in threads end with the process


def _stopped() -> int:
    click.echo("\nstopped; nothing was written", err=True)
    return 130


def _failed(err: Exception) -> int:
    from backend_lead.app.progress import Interrupted
    from backend_lead.app.write import CannotWrite
    from backend_lead.changes.change import CannotJudge
    from backend_lead.model.finding import InvalidInput
    from backend_lead.trial.drivers import CannotRun

    if isinstance(err, Interrupted):
        return _stopped()
    if isinstance(err, InvalidInput):
        from backend_lead.rendering import findings_text

        click.echo(findings_text(err.findings), err=True)
        return 2
    if isinstance(err, CannotWrite | CannotJudge | CannotRun):
        click.echo(f"error: {err}", err=True)
        return 3
    if isinstance(err, MemoryError):
        click.echo("error: not enough memory; try a smaller --duration or --load", err=True)
        return 3
    if isinstance(err, OSError):
        click.echo(f"error: {err.strerror or err}: {err.filename or ''}".rstrip(": "), err=True)
        return 3
    if os.environ.get("BACKEND_LEAD_TRACEBACK"):
        raise err
    click.echo(
        f"internal error: {type(err).__name__}: {err}\n"
        f"backend-lead {__version__}; the command was: {' '.join(map(_quoted, sys.argv[1:]))}\n"
        "This is a mistake in backend-lead, not in your input. "
        "BACKEND_LEAD_TRACEBACK=1 shows where.",
        err=True,
    )
    return 3


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


if __name__ == "__main__":
    main()
