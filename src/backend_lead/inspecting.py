"""The commands that only look: they read models or the machine, print, and write nothing."""

from __future__ import annotations

from pathlib import Path

import click


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


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "markdown"]),
              default="text", show_default=True)  # fmt: skip
@prices_option
def compare(before: str, after: str, form: str) -> None:
    """What got better and worse between two models; what breaks between two contracts.

    BEFORE and AFTER are model files, or folders that hold a backend.yaml. Exit code 1: an objective
    that BEFORE keeps is missed by AFTER.

    Or they are two contracts of one protocol, told by their content: OpenAPI 3.0 or 3.1, GraphQL
    SDL (subgraphs too), AsyncAPI 3, protobuf. Every change is told with its place, whether it
    breaks callers, and what to do instead. Exit code 1: something breaks.
    """
    from backend_lead.app.contract_changes import compare_contracts

    contracts = compare_contracts(before, after)
    if contracts is not None:
        from backend_lead.app.render_contracts import RENDERERS as FORMS

        click.echo(FORMS[form](contracts))
        raise click.exceptions.Exit(contracts.exit_code)
    from backend_lead.app.compare import compare as use
    from backend_lead.app.render_compare import RENDERERS

    found = use(before, after)
    click.echo(RENDERERS[form](found))
    raise click.exceptions.Exit(found.exit_code)


@click.command()
@click.argument("model", type=click.Path(path_type=Path), default="backend.yaml")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
@assume_option
@prices_option
def capacity(model: Path, form: str, assumed: tuple[str, ...]) -> None:
    """How far a model goes, what limits it first, and what moves that.

    Exit code 1: the stated load is not carried within the objectives.
    """
    from backend_lead.app.assume import assume
    from backend_lead.app.capacity import capacity as use
    from backend_lead.app.model_file import read_checked
    from backend_lead.app.render_capacity import render_json, render_text

    found = use(assume(read_checked(model).system, assumed), model.absolute().parent)
    click.echo(render_json(found) if form == "json" else render_text(found))
    raise click.exceptions.Exit(found.exit_code)


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
