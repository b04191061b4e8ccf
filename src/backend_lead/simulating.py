"""The command that simulates: one run, until it is precise enough, or stopped and kept."""

from __future__ import annotations

from pathlib import Path

import click

from backend_lead.commands import EXIT, Talk, quiet_option, read_option, seed_option, tell
from backend_lead.inspecting import assume_option, model_option
from backend_lead.rendering import simulation_text

DURATION_MAX_S = 3 * 86_400.0
INTERRUPTED = 130


@click.command()
@model_option
@click.option("--users", help="Concurrent users instead of the stated ones, for example 2M.")
@click.option("--load", type=float, help="Multiply the stated load.")
@click.option("--fault", help="What to break, for example zone-loss; `explain --list` names all.")
@click.option("--duration", help="Simulated time, for example 60s.")
@click.option("--precision", metavar="SHARE",
              help="Go on until p99 and mean are known so well, for example 5%.")  # fmt: skip
@click.option("--most", metavar="REQUESTS",
              help="Requests after which a precision is given up.  [default: 20M]")  # fmt: skip
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
@assume_option
@click.option("--save/--no-save", default=True, help="Keep the run in evidence/ beside the model.")
@seed_option
@quiet_option
def simulate(
    model: Path, users: str | None, load: float | None, fault: str | None, duration: str | None,
    precision: str | None, most: str | None, form: str, assumed: tuple[str, ...], save: bool,
    seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Run a model on the event kernel, as it stands or with a fault.

    Ctrl-C ends a run; what it found until then is shown and kept (exit code 130).
    """
    from backend_lead.app import simulate as use
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.design import read_model
    from backend_lead.model.units import COUNT, DURATION, RATIO

    asked = with_assumptions(read_model(str(model)), assumed)
    talk = Talk(quiet)
    done = use.simulate(
        asked.system, seed=seed, users=read_option(COUNT, "--users", users), load=load, fault=fault,
        duration_s=read_option(DURATION, "--duration", duration, DURATION_MAX_S), progress=talk,
        assumed=assumed, precision=read_option(RATIO, "--precision", precision),
        most=read_option(COUNT, "--most", most), keep=True,
    )  # fmt: skip
    talk.wipe()
    click.echo(use.as_json(done) if form == "json" else simulation_text(done))
    tell(use.unseen(asked.system))
    if save:
        path = use.save(done, model.absolute().parent)
        click.echo(f"kept as {path}", err=True)
    raise click.exceptions.Exit(INTERRUPTED if done.partial else EXIT[done.verdict])
