"""The commands behind the command line: each reads its arguments, calls one use case, prints."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend_lead.app.design import SEED
from backend_lead.app.progress import Progress
from backend_lead.inspecting import (
    MODEL,
    ModelPath,
    assume_option,
    baseline_option,
    model_option,
    prices_option,
)
from backend_lead.model.design import Design, Verdict
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.rendering import (
    design_text,
    findings_text,
    model_text,
    paths_text,
    trials_text,
)

if TYPE_CHECKING:
    from backend_lead.model.units import Dimension

STRATEGY = "api/strategy.md"
DATA_LAYER = "data/README.md"
CHECK_FORMS = ("text", "json", "sarif", "junit", "github", "markdown")
EXIT = {"pass": 0, "fail": 1, "unknown": 1}
seed_option = click.option(
    "--seed", default=SEED, show_default=True, type=click.IntRange(0, 2**62), help="Random seed."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")


class Talk(Progress):
    """Progress on stderr: a line per stage, and one moving line on a terminal."""

    def __init__(self, quiet: bool) -> None:
        super().__init__()
        self.quiet, self.moving = quiet, sys.stderr.isatty()
        self.start, self.shares = time.monotonic(), dict[str, float]()

    def stage(self, text: str) -> None:
        if self.quiet:
            return
        self.shares.clear()
        wipe = "\r\x1b[K" if self.moving else ""
        click.echo(f"{wipe}{time.monotonic() - self.start:5.1f} s  {text}", err=True)

    def share(self, name: str, done: float) -> None:
        self.shares[name] = done
        if self.moving and not self.quiet:
            parts = "  ".join(f"{n} {d:4.0%}" for n, d in list(self.shares.items()))
            click.echo(f"\r\x1b[K         {parts}", err=True, nl=False)

    def wipe(self) -> None:
        """Take the moving line away, before an answer."""
        if self.moving and not self.quiet:
            click.echo("\r\x1b[K", err=True, nl=False)


@click.command()
@click.argument("request")
@click.option("-o", "--output", default="out", show_default=True, type=click.Path(path_type=Path),
              help="Folder to write to.")  # fmt: skip
@assume_option
@click.option("--quick", is_flag=True,
              help="Leave out alternatives, stages and what would change the choice.")  # fmt: skip
@click.option("--ask", is_flag=True,
              help="Only list the open questions, those that move most first.")  # fmt: skip
@prices_option
@seed_option
@quiet_option
def design(
    request: str, output: Path, assumed: tuple[str, ...], quick: bool, ask: bool, seed: int,
    quiet: bool,
) -> None:  # fmt: skip
    """Find, prove and explain a design.

    REQUEST is a sentence in quotes, or a backend.yaml to start from, or its folder.
    """
    from backend_lead.app import design as use
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.write import check_target, write_files

    model = Path(request) if request and is_model_path(request) else None
    if model and model.is_dir():
        model = model / MODEL
    asked = use.read_model(str(model)) if model else use.read_request(request)
    asked = with_assumptions(asked, assumed)
    talk = Talk(quiet)
    if ask:
        from backend_lead.app.ask import ask as find
        from backend_lead.app.ask import render_text

        tell(asked.findings)
        click.echo(render_text(find(asked, talk)))
        return
    check_target(output, model)
    tell(asked.findings)
    told, verdict = 0, ""

    def answer(first: Design) -> None:
        nonlocal told, verdict
        told, verdict = len(first.trials), first.verdict
        click.echo(("\r\x1b[K" if talk.moving else "") + design_text(first))

    found = use.design(asked, seed=seed, quick=quick, progress=talk, on_answer=answer)
    if found.verdict != verdict:
        click.echo(f"\nWith all trials: {found.headline}")
    click.echo(trials_text(found, told) + paths_text(found))
    from backend_lead.app.verify import worst
    from backend_lead.emit import render

    files, verdict = render(found), found.verdict
    if asked.parts:
        proved, more = _on_parts(files[MODEL], seed, talk)
        files, verdict = files | more, worst(found.verdict, proved)
    talk.stage("writing")
    _past_stopping()
    paths = write_files(output, files, model=model)
    click.echo(f"Wrote {len(paths)} files to {output}/: start with "
               f"{output / 'report.html'} or {output / 'README.md'}"
               + _also(output, files))  # fmt: skip
    raise click.exceptions.Exit(EXIT[verdict])


def _also(output: Path, files: Mapping[str, str]) -> str:
    """Where the data layer and the API begin, where they were written."""
    there = [f"; {what}: {output / path}" for what, path in
             (("the data layer", DATA_LAYER), ("the API", STRATEGY)) if path in files]  # fmt: skip
    return "".join(there) + "."


def _on_parts(model: str, seed: int, talk: Talk) -> tuple[Verdict, dict[str, str]]:
    """The data layer proved on real parts, bounded: the verdict, and what is to be written."""
    from backend_lead.app.render_verify import files, render_text, told
    from backend_lead.app.verify import verify_text

    found = verify_text(model, seed=seed, progress=talk)
    click.echo("\n" + render_text(found))
    if told(found):
        click.echo("\n" + findings_text(told(found)))
    return found.verdict, files(found)


def is_model_path(text: str) -> bool:
    """Whether an argument of `design` names a model file rather than being a sentence."""
    try:
        return (text.endswith((".yaml", ".yml")) and " " not in text) or Path(text).exists()
    except (OSError, ValueError):  # longer than a name may be, or no name at all
        return False


@click.command()
@model_option
@click.option("-o", "--output", default="out", show_default=True, type=click.Path(path_type=Path),
              help="Folder to write to.")  # fmt: skip
@click.option(
    "--only", metavar="GROUP", help="One group or artefact: model, report, decisions, ..."
)
@assume_option
@prices_option
@seed_option
@quiet_option
def generate(
    model: Path, output: Path, only: str | None, assumed: tuple[str, ...], seed: int, quiet: bool
) -> None:
    """Write the artefacts of a model without searching."""
    from backend_lead.app import generate as use
    from backend_lead.app.assume import with_assumptions
    from backend_lead.app.design import read_model
    from backend_lead.app.write import check_target, write_files

    asked = with_assumptions(read_model(str(model)), assumed)
    if only is not None and only not in use.groups():
        raise InvalidInput(
            [
                Finding(
                    "only-unknown",
                    "error",
                    f"no group or artefact is called {only!r}",
                    Place("--only"),
                    only,
                    ", ".join(use.groups()),
                )
            ]
        )
    check_target(output, model, whole=only is None)
    tell(asked.findings)
    beside = model.absolute().parent
    found = use.generate(asked, only=only, beside=beside, seed=seed, progress=Talk(quiet))
    from backend_lead.emit import render

    files = render(found, only)
    _past_stopping()
    paths = write_files(output, files, model=model, whole=only is None)
    proved = use.needs_runs(only)
    click.echo(design_text(found) if proved else model_text(found))
    click.echo(f"Wrote {len(paths)} files to {output}/.")
    raise click.exceptions.Exit(EXIT[found.verdict] if proved or found.verdict == "fail" else 0)


@click.command()
@model_option
@click.option("-f", "--format", "form", type=click.Choice(CHECK_FORMS), default="text",
              show_default=True)  # fmt: skip
@click.option("--prices", type=click.Path(path_type=Path),
              help="Your own price rows (CSV); they override the catalogue's.")  # fmt: skip
@assume_option
@click.option("--strict", is_flag=True, help="Warnings and unknowns fail too.")
@baseline_option
@click.option(
    "--write-baseline", "write", type=click.Path(path_type=Path), metavar="FILE",
    help="Write what is found as known, so that only new findings fail from then on.",
)  # fmt: skip
def check(
    model: Path, form: str, prices: Path | None, assumed: tuple[str, ...], strict: bool,
    baseline: Path | None, write: Path | None,
) -> None:  # fmt: skip
    """Check a model: objectives, arithmetic, consistency.

    Findings that .backend-lead.yaml accepts for a time, or that a baseline knows, do not fail.
    """
    from backend_lead.app.check import INVALID, RENDERERS
    from backend_lead.app.check import check as use

    result = use(str(model), strict=strict, prices=prices, assumed=assumed, baseline=baseline)
    if write is not None and result.exit_code != INVALID:
        from backend_lead.app.baseline import write_baseline

        count = write_baseline(write, result)
        click.echo(f"{count} findings are known in {write} now", err=True)
        result = use(str(model), strict=strict, prices=prices, assumed=assumed, baseline=write)
    click.echo(RENDERERS[form](result))
    raise click.exceptions.Exit(result.exit_code)


@click.command()
@model_option
@click.option(
    "--only",
    metavar="GROUP",
    help="What to prove: stores, pipeline, restore, or data, which is all.  [default: all]",
)
@click.option("--rows", help="Rows of the largest table, for example 1M.  [default: 100k]")
@click.option("--without", multiple=True, metavar="INDEX",
              help="Leave an index out, to see what it is worth. Repeatable.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="Where evidence/data-*.json go.  [default: beside the model]")  # fmt: skip
@click.option("--write-measured", "measured", type=click.Path(path_type=Path), metavar="FILE",
              help="Write a copy of the model with the demands measured.")  # fmt: skip
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True)  # fmt: skip
@seed_option
@quiet_option
def verify(
    model: Path, only: str | None, rows: str | None, without: tuple[str, ...],
    output: Path | None, measured: Path | None, form: str, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Prove stores and pipeline of a model on real parts: started here, filled, asked, measured,
    backed up, harmed, and brought back.

    Exit code 1: a plan is wrong, or something is not known, as where parts are not installed.
    """
    from backend_lead.app import verify as use
    from backend_lead.app.quantities import between
    from backend_lead.app.render_verify import render_text, told
    from backend_lead.app.write import check_copy, write_copy, write_evidence
    from backend_lead.model.units import COUNT

    wanted = read_option(COUNT, "--rows", rows, between(COUNT, 1, use.ROWS_MOST), "1M",
                         1, use.ROWS_MOST)  # fmt: skip
    if measured is not None:
        check_copy(measured, model)
    talk = Talk(quiet)
    found = use.verify(model, only=only, rows=int(wanted or use.ROWS), seed=seed, progress=talk,
                       without=without)  # fmt: skip
    if talk.moving and not quiet:
        click.echo("\r\x1b[K", err=True, nl=False)
    kept = use.kept(found)
    click.echo(kept[use.FILE].rstrip() if form == "json" else render_text(found))
    if form == "text" and told(found):
        click.echo("\n" + findings_text(told(found)))
    for name, text in kept.items():
        path = write_evidence(output or model.absolute().parent, name, text)
        click.echo(f"kept as {path}", err=True)
    if measured is not None:
        write_copy(measured, use.measured_text(found))
        click.echo(f"measured demands are in {measured}", err=True)
    raise click.exceptions.Exit(found.exit_code)


@click.command()
@click.argument("word", required=False)
@click.option("-m", "--model", type=ModelPath(), default=MODEL,
              show_default=True,
              help="The model, or its folder, whose evidence is asked.")  # fmt: skip
@click.option("--list", "list_all", is_flag=True, help="List every word that can be explained.")
def explain(word: str | None, model: Path, list_all: bool) -> None:
    """What stands behind a figure, decision, run, tactic, rule, kind, fault or fact.

    WORD names it; without one, every word that can be explained is listed. Figures, decisions and
    runs are those kept in evidence/ beside the model, and are told of this model alone.
    """
    from backend_lead.app import explain as use

    if list_all and word is not None:
        raise click.UsageError(f"--list lists every word; leave it out to have {word!r} explained")
    if list_all or word is None:
        click.echo("\n".join(use.known(model)))
        return
    found = use.explain(word, model)
    tell(found.findings)
    click.echo(found.text.rstrip())


@click.command()
@click.argument("of", type=click.Choice(["model", "settings"]), default="model")
def schema(of: str) -> None:
    """Print the JSON Schema of backend.yaml, or of the settings in .backend-lead.yaml."""
    import json

    from backend_lead.app.settings import settings_schema
    from backend_lead.model.system import json_schema

    click.echo(json.dumps(json_schema(), indent=2) if of == "model" else settings_schema().rstrip())


def read_option(
    dimension: Dimension, option: str, text: str | None, allowed: str | Callable[[], str],
    example: str, low: float = 0.0, top: float = math.inf,
) -> float | None:  # fmt: skip
    """The value of an option, if it is given, as `app.quantities` reads it. Raises InvalidInput."""
    from backend_lead.app.quantities import read_quantity

    if text is None:
        return None
    return read_quantity(dimension, text, option, allowed, f"{option} {example}",
                         rule="option-value", low=low, top=top)  # fmt: skip


def given(option: str) -> bool:
    """Whether an option of the command that runs was said, be it with its default."""
    said = click.get_current_context().get_parameter_source(option)
    return said is click.core.ParameterSource.COMMANDLINE


def _past_stopping() -> None:
    """From here on all files are written, or none: a request to stop comes too late."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def tell(findings: list[Finding]) -> None:
    told = [f for f in findings if f.level != "note"]
    if told:
        click.echo(findings_text(told), err=True)
