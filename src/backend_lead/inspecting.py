"""The commands that only look: they read models or the machine, print, and write nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

MODEL = "backend.yaml"
_NAMED = "backend_lead.model"  # where the option is kept until the argument is read


class ModelPath(click.Path):
    """A model file; of a folder, the backend.yaml in it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = super().convert(value, param, ctx)
        assert isinstance(path, Path)  # as path_type says
        return path / MODEL if path.is_dir() else path


def _keep(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    ctx.meta[_NAMED] = path


def _chosen(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path:
    named: Path | None = ctx.meta.get(_NAMED)
    if path is not None and named is not None:
        raise click.UsageError("the model is given twice: as MODEL and with -m", ctx)
    return path or named or Path(MODEL)


def model_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The model of a command: MODEL or -m, a file or a folder with a backend.yaml; else the one
    here."""
    named = click.option(
        "-m", "--model", "named", type=ModelPath(), expose_value=False, callback=_keep,
        is_eager=True, help="The model, or its folder; the same as MODEL.  [default: backend.yaml]",
    )  # fmt: skip
    placed = click.argument("model", type=ModelPath(), required=False, callback=_chosen)
    return placed(named(command))


def _use_prices(_: click.Context, __: click.Parameter, path: Path | None) -> None:
    if path is not None:
        from backend_lead.analysis.cost import use_prices

        use_prices(str(path))


prices_option = click.option(
    "--prices", type=click.Path(path_type=Path), expose_value=False, callback=_use_prices,
    help="Your own price rows (CSV); they override the catalogue's.",
)  # fmt: skip
assume_option = click.option(
    "--assume", "assumed", multiple=True, metavar="NAME=VALUE",
    help="Set a number that would be assumed, for example think_time=8s. Repeatable.",
)  # fmt: skip
baseline_option = click.option(
    "--baseline", type=click.Path(path_type=Path), metavar="FILE",
    help="Findings that are known; only others fail. `check --write-baseline` writes it.",
)  # fmt: skip


@click.command()
@click.argument("measured", type=click.Path(path_type=Path))
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
def fit(measured: Path, form: str) -> None:
    """The universal scalability law of measured throughputs, in the words of a model.

    MEASURED is a CSV file of two columns: the load (threads, users or processors) and the
    throughput.
    """
    from backend_lead.app import fit as use

    found = use.fit_file(measured)
    click.echo(use.as_json(found) if form == "json" else use.as_text(found))


@click.command()
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
def doctor(form: str) -> None:
    """What is installed here, and what can be proved with it.

    Exit code 3: designs cannot be made and proved here.
    """
    from backend_lead.app import doctor as use

    found = use.doctor()
    click.echo(use.render_json(found) if form == "json" else use.render_text(found))
    raise click.exceptions.Exit(found.exit_code)


@click.command()
@click.argument("model", type=ModelPath(), default=MODEL)
@click.option("--audience", metavar="NAME", help="Whose contract: mobile, web, partner, internal.")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Where to listen; any but this machine's own lets others in.")  # fmt: skip
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65_535))
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 1e6),
              help="How much faster than the clock its time goes.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**62),
              help="Of the example data, the latencies and the failures.")  # fmt: skip
@click.option("--no-faults", is_flag=True, help="Only latency; no request fails.")
@click.option("--token", "tokens", multiple=True, metavar="TOKEN",
              help="A bearer token that counts; any does where none is named. What it says after "
              "tildes counts: ada~id.ID is the user ID, ~role.NAME, ~tier.NAME, ~orders.read a "
              "scope.")  # fmt: skip
def mock(
    model: Path, audience: str | None, host: str, port: int, speed: float, seed: int,
    no_faults: bool, tokens: tuple[str, ...],
) -> None:  # fmt: skip
    """Serve a model's REST contract with example data, as slow and fallible as its design.

    What is made is kept until it ends; the contract is at /openapi.json. Stop it with Ctrl-C.
    """
    from backend_lead.app import mock as use

    told = use.mock_of(model, audience, seed=seed, faults=not no_faults, tokens=tokens)

    def ready(url: str) -> None:
        click.echo(f"{url}{use.DOCUMENT}")
        for line in told.lines:
            click.echo(f"  {line}")
        if not use.is_loopback(host):
            click.echo(f"  warning: {host} lets other machines in; nothing here is protected")
        sys.stdout.flush()

    try:
        use.serve(told, host, port, speed, ready)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
