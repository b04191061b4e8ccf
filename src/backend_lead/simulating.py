"""The commands that simulate, once or often, and the one that computes how far a model goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend_lead.app.progress import INTERRUPTED
from backend_lead.commands import (
    EXIT,
    Talk,
    given,
    quiet_option,
    read_option,
    seed_option,
    tell,
)
from backend_lead.inspecting import assume_option, model_option, prices_option
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.rendering import (
    replications_text,
    sampled_text,
    simulation_text,
    sweep_text,
)

if TYPE_CHECKING:
    from backend_lead.app.replicate import Replicated, Runner
    from backend_lead.model.system import System

SAMPLE = "1/100"
MANY = "--replications or --sweep"
SIMULATED = ("duration", "workers", "seed")  # options of compare that need --replications


@dataclass(frozen=True)
class Many:
    """How many replications, at which loads, and where they run."""

    number: int | None
    sweep: str | None
    workers: int | None
    ray: str | None

    def run(
        self, system: System, *, users: float | None, load: float | None,
        duration_s: float | None, seed: int, progress: Talk, assumed: tuple[str, ...], model: str,
        window_s: float | None,
    ) -> list[Replicated]:  # fmt: skip
        """Run them. Raises InvalidInput."""
        from backend_lead.app import replicate as use

        runner = self._runner()
        if self.sweep is None:
            return [use.replications(
                system, self.number or use.USUAL, seed=seed, users=users, load=load,
                duration_s=duration_s, runner=runner, progress=progress, assumed=assumed, keep=True,
                model=model, window_s=window_s,
            )]  # fmt: skip
        if users is not None or load is not None:
            raise click.UsageError("--sweep says the loads; leave --users and --load out")
        return use.sweep(
            system, _loads(self.sweep), self.number or use.USUAL, seed=seed, duration_s=duration_s,
            runner=runner, progress=progress, assumed=assumed, keep=True, model=model,
            window_s=window_s,
        )  # fmt: skip

    def _runner(self) -> Runner:
        if self.ray is not None:
            from backend_lead.app.cluster import on_ray

            if self.workers is not None:
                raise click.UsageError("--workers is of this machine; a cluster has its own")
            return on_ray(self.ray)
        from backend_lead.app.progress import cores
        from backend_lead.app.replicate import local

        return local(self.workers or cores())


def _loads(text: str) -> list[float]:
    """The loads of `load=0.5,1`, each once, ascending. Raises InvalidInput."""
    from backend_lead.app.run_bounds import LOAD_MAX, LOAD_MIN

    name, _, listed = text.partition("=")
    try:
        loads = sorted({float(word) for word in listed.split(",")})
        if name.strip() != "load" or not all(0 < load < float("inf") for load in loads):
            raise ValueError
        return loads
    except ValueError:
        raise InvalidInput([Finding("sweep-grid", "error", "this is no grid of loads",
                                    Place("--sweep"), text,
                                    f"load= and multiples of the stated load, {LOAD_MIN:g} to "
                                    f"{LOAD_MAX:g}",
                                    "--sweep load=0.5,1,1.5")]) from None  # fmt: skip


def _alone(**others: object) -> None:
    """Raise a usage error for options that replications do not know."""
    for name, value in others.items():
        if value is not None:
            raise click.UsageError(f"--{name} is of a single run; --replications and --sweep "
                                   "run the model as it stands")  # fmt: skip


def _without_effect(options: dict[str, str], there: bool) -> None:
    """Raise a usage error for the first of `options` that was said though what it is of, by its
    name, is not `there`."""
    for option, of in options.items():
        if not there and given(option):
            raise click.UsageError(f"--{option} has no effect without {of}: add that, or leave "
                                   f"--{option} out")  # fmt: skip


def _finish(
    found: list[Replicated], many: Many, model: Path, form: str, save: bool, talk: Talk,
    windows: bool, html: Path | None,
) -> None:  # fmt: skip
    """Show and keep what was found, and end with the worst verdict."""
    from backend_lead.app import replicate as use
    from backend_lead.app.simulate import save as keep

    talk.wipe()
    if not found:
        raise KeyboardInterrupt
    if form == "json":
        click.echo(use.as_json(found))
    else:
        click.echo(
            sweep_text(found) if many.sweep else replications_text(found[0], windows=windows)
        )
    if save:
        for one in found:
            path, gone = keep(one, model.absolute().parent)
            tell(gone)
            click.echo(f"kept as {path}", err=True)
    if html is not None:
        from backend_lead.app.run_html import write_replications

        write_replications(found[0], html)
        click.echo(f"drawn in {html}", err=True)
    asked = len(_loads(many.sweep)) if many.sweep else 1
    if len(found) < asked:
        click.echo(f"Interrupted: {len(found)} of {asked} loads were simulated", err=True)
    partial = len(found) < asked or any(one.partial for one in found)
    raise click.exceptions.Exit(INTERRUPTED if partial else max(EXIT[one.verdict] for one in found))


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
@click.option("--day", metavar="DURATION",
              help="A whole day in so long, its peak the stated load: 10min.")  # fmt: skip
@click.option("--replay", multiple=True, metavar="CLIENT=FILE",
              help="Requests of a client as recorded, a time in s a line. Repeatable.")  # fmt: skip
@click.option("--window", metavar="DURATION",
              help="How long windows are; in a single run those below ten rows have no "
                   "intervals.  [default: 10s; of a long run 1/60]")  # fmt: skip
@click.option("--replications", metavar="N", type=click.IntRange(1),
              help="Run with so many seeds; intervals come from how far they differ.")  # fmt: skip
@click.option("--sweep", metavar="load=L,L,..",
              help="Replications at each of these multiples of the stated load.")  # fmt: skip
@click.option("--workers", metavar="K", type=click.IntRange(1),
              help="Replications at once.  [default: the cores here]")  # fmt: skip
@click.option("--ray", metavar="ADDRESS",
              help="Run replications on the Ray cluster at HOST:PORT.")  # fmt: skip
@click.option("--traces", type=click.Path(path_type=Path), metavar="FILE",
              help="Write sampled requests as OTLP JSON; tell where their time went.")  # fmt: skip
@click.option("--sample", metavar="1/N", default=SAMPLE, show_default=True,
              help="Which requests --traces samples.")  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE",
              help="Draw the run over time as a page: load, p99, failures.")  # fmt: skip
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
@assume_option
@click.option("--save/--no-save", default=True, help="Keep the run in evidence/ beside the model.")
@seed_option
@quiet_option
def simulate(
    model: Path, users: str | None, load: float | None, fault: str | None, duration: str | None,
    precision: str | None, most: str | None, day: str | None, replay: tuple[str, ...],
    window: str | None, replications: int | None, sweep: str | None, workers: int | None,
    ray: str | None, traces: Path | None, sample: str, html: Path | None, form: str,
    assumed: tuple[str, ...], save: bool, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Run a model on the event kernel, as it stands or with a fault.

    Ctrl-C ends a run; what it found until then is shown and kept (exit code 130).
    """
    from backend_lead.app import run_bounds as bounds
    from backend_lead.app import sampled
    from backend_lead.app import simulate as use
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.design import read_model
    from backend_lead.app.quantities import between
    from backend_lead.app.recordings import read_recording
    from backend_lead.model.units import COUNT, DURATION, RATIO

    many = replications is not None or sweep is not None
    if html is not None and sweep is not None:
        raise click.UsageError("--html is of one run, or of replications at one load")
    _without_effect({"workers": MANY, "ray": MANY}, many)
    if many:
        _alone(fault=fault, precision=precision, most=most, traces=traces, day=day,
               replay=replay or None)  # fmt: skip
    _without_effect({"most": "--precision"}, precision is not None)
    _without_effect({"sample": "--traces"}, traces is not None)
    if traces is not None and (fault is not None or precision is not None):
        raise click.UsageError("--traces is of a run without --fault and --precision")
    if html is not None and traces is not None and html.resolve() == traces.resolve():
        raise click.UsageError("--html and --traces write a file each: name two")
    asked = with_assumptions(read_model(str(model)), assumed)
    if html is not None:
        sampled.can_write(html, "--html")
    talk = Talk(quiet)
    count = read_option(COUNT, "--users", users, lambda: bounds.users_allowed(asked.system),
                        "600", 1)  # fmt: skip
    duration_s = read_option(
        DURATION, "--duration", duration, bounds.REPLICATED if many else
        lambda: bounds.durations_allowed(asked.system, fault, precision is not None), "60s",
    )  # fmt: skip
    window_s = read_option(DURATION, "--window", window, bounds.WINDOWS, "10s")
    if many:
        runs = Many(replications, sweep, workers, ray)
        found = runs.run(asked.system, users=count, load=load, duration_s=duration_s, seed=seed,
                         progress=talk, assumed=assumed, model=model.name,
                         window_s=window_s)  # fmt: skip
        _finish(found, runs, model, form, save, talk, window is not None, html)
    if traces is not None:
        sampled.can_write(traces, "--traces")
    done = use.simulate(
        asked.system, seed=seed, users=count, load=load, fault=fault,
        duration_s=duration_s, progress=talk, assumed=assumed,
        precision=read_option(RATIO, "--precision", precision, bounds.PRECISIONS, "5%"),
        most=read_option(COUNT, "--most", most, between(COUNT, 1, COUNT.high), "20M", 1,
                         COUNT.high), keep=True,
        sample_every=0 if traces is None else sampled.every(sample),
        day_s=read_option(DURATION, "--day", day, bounds.DAYS, "10min"),
        replay=[read_recording(one, asked.system) for one in replay], model=model.name,
        window_s=window_s,
    )  # fmt: skip
    talk.wipe()
    click.echo(
        use.as_json(done) if form == "json" else simulation_text(done, windows=window is not None)
    )
    if traces is not None and form == "text":
        click.echo("\n" + sampled_text(sampled.where(done.ran)))
    tell(use.unseen(asked.system, fault, done.run))
    if save:
        path, gone = use.save(done, model.absolute().parent)
        tell(gone)
        click.echo(f"kept as {path}", err=True)
    if traces is not None:
        count = sampled.write_traces(done.ran, traces)
        click.echo(f"{count:,} spans are in {traces}", err=True)
    if html is not None:
        from backend_lead.app.run_html import write_run

        write_run(done, html)
        click.echo(f"drawn in {html}", err=True)
    raise click.exceptions.Exit(INTERRUPTED if done.partial else EXIT[done.verdict])


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "markdown"]),
              default="text", show_default=True)  # fmt: skip
@click.option("--replications", metavar="N", type=click.IntRange(1),
              help="Simulate both with the same N seeds, and tell how they differ.")  # fmt: skip
@click.option("--duration", help="Simulated time of each, for example 60s.")
@click.option("--workers", metavar="K", type=click.IntRange(1),
              help="Replications at once.  [default: the cores here]")  # fmt: skip
@seed_option
@quiet_option
@prices_option
def compare(
    before: str, after: str, form: str, replications: int | None, duration: str | None,
    workers: int | None, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """What got better and worse between two models; what breaks between two contracts.

    BEFORE and AFTER are model files, or folders that hold a backend.yaml. Exit code 1: an objective
    that BEFORE keeps is missed by AFTER, or AFTER promises less. With --replications both are
    simulated under the same random numbers.

    Or they are two contracts of one protocol, told by their content: OpenAPI 3.0 or 3.1, GraphQL
    SDL (subgraphs too), AsyncAPI 3, protobuf. Every change is told with its place, whether it
    breaks callers, and what to do instead. Exit code 1: something breaks.
    """
    from backend_lead.app.contract_changes import compare_contracts

    contracts = compare_contracts(before, after)
    if contracts is not None:
        from backend_lead.app.render_contracts import RENDERERS as FORMS

        _without_effect(dict.fromkeys(("replications", *SIMULATED, "prices"), "two models"), False)
        click.echo(FORMS[form](contracts))
        raise click.exceptions.Exit(contracts.exit_code)
    _without_effect(dict.fromkeys(SIMULATED, "--replications"), replications is not None)
    from backend_lead.app.compare import compare as use
    from backend_lead.app.compare import model_path
    from backend_lead.app.render_compare import RENDERERS

    found, untold = use(before, after), []
    if replications is not None:
        from backend_lead.app.model_file import read_checked
        from backend_lead.app.paired import not_played, paired
        from backend_lead.app.progress import cores
        from backend_lead.app.replicate import local
        from backend_lead.app.run_bounds import REPLICATED
        from backend_lead.model.units import DURATION

        talk = Talk(quiet)
        old, new = (read_checked(model_path(path)).system for path in (before, after))
        seconds = read_option(DURATION, "--duration", duration, REPLICATED, "60s")
        pair = paired(old, new, replications, seed=seed, duration_s=seconds, progress=talk,
                      runner=local(workers or cores()), keep=True)  # fmt: skip
        talk.wipe()
        found = replace(found, simulated=pair)
        untold = not_played(old, new)
    click.echo(RENDERERS[form](found))
    tell(untold)
    partial = found.simulated is not None and found.simulated.partial
    raise click.exceptions.Exit(INTERRUPTED if partial else found.exit_code)


@click.command()
@model_option
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
@assume_option
@prices_option
@quiet_option
def capacity(model: Path, form: str, assumed: tuple[str, ...], quiet: bool) -> None:
    """How far a model goes, what limits it first, and what moves that.

    Of more than 8 components, steps are tried at what is full first and near it. Ctrl-C tells what
    is known by then (exit code 130).

    Exit code 1: the stated load is not carried within the objectives.
    """
    from backend_lead.app.assume import assume
    from backend_lead.app.capacity import Stopped
    from backend_lead.app.capacity import capacity as use
    from backend_lead.app.model_file import read_checked
    from backend_lead.app.render_capacity import render_json, render_text, stopped_text

    system = assume(read_checked(model).system, assumed)
    talk = Talk(quiet)
    try:
        found = use(system, model.absolute().parent, talk)
    except Stopped as end:
        talk.wipe()
        click.echo(stopped_text(end), err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    talk.wipe()
    click.echo(render_json(found) if form == "json" else render_text(found))
    raise click.exceptions.Exit(found.exit_code)
