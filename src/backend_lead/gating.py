"""The commands of a pipeline: may this change of a model go in?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend_lead.inspecting import MODEL, ModelPath, baseline_option, prices_option

if TYPE_CHECKING:
    from backend_lead.app.gate import Gate

FORMS = ("markdown", "json", "github", "sarif")
strict_option = click.option("--strict", is_flag=True, help="Warnings and unknowns fail too.")


@click.command()
@click.argument("models", nargs=-1, metavar="[BEFORE] [AFTER]")
@click.option("--base", metavar="COMMIT",
              help="Take BEFORE from git, as it was at this commit.")  # fmt: skip
@click.option("-f", "--format", "form", type=click.Choice(FORMS), default="markdown",
              show_default=True)  # fmt: skip
@click.option("--write", "written", multiple=True, metavar="FORMAT=FILE",
              help="Write the same answer in another format too. Repeatable.")  # fmt: skip
@strict_option
@baseline_option
@prices_option
def gate(
    models: tuple[str, ...], base: str | None, form: str, written: tuple[str, ...], strict: bool,
    baseline: Path | None,
) -> None:  # fmt: skip
    """May this change of a model go in: check of AFTER, compared with BEFORE, in one table.

    BEFORE and AFTER are model files, or folders that hold a backend.yaml; with --base there is only
    AFTER. Where there is no BEFORE, that is said, and AFTER is judged alone.

    Exit code 1: an objective is missed or lost, less is promised, a caller breaks, or the model is
    deleted. With --base a model that moved is compared with what it was.
    """
    from backend_lead.app.render_gate import RENDERERS

    files = _targets(written)
    before, after = _both(models, base)
    found = gated(after, before, base, strict, baseline)
    for form_of, path in files:
        path.write_text(RENDERERS[form_of](found) + "\n", encoding="utf-8")
    click.echo(RENDERERS[form](found))
    raise click.exceptions.Exit(found.exit_code)


@click.command()
@click.argument("command", type=click.Choice(["check", "gate"]))
@click.argument("models", nargs=-1, type=ModelPath())
@click.option("--base", default="HEAD", show_default=True, metavar="COMMIT",
              help="What `gate` compares with.")  # fmt: skip
@strict_option
@baseline_option
def hook(
    command: str, models: tuple[Path, ...], base: str, strict: bool, baseline: Path | None
) -> None:
    """Check each model, or gate it against a commit: what pre-commit runs.

    Only models that fail are told. The exit code is the highest of them.
    """
    from backend_lead.app.check import RENDERERS, check
    from backend_lead.app.render_gate import render_github

    worst = 0
    for model in models:
        if command == "check":
            result = check(str(model), strict=strict, baseline=baseline)
            code, text = result.exit_code, f"{model}\n{RENDERERS['text'](result)}"
        else:
            found = gated(str(model), None, base, strict, baseline)
            code, text = found.exit_code, render_github(found)
        if code:
            click.echo(text)
        worst = max(worst, code)
    raise click.exceptions.Exit(worst)


def gated(
    after: str, before: str | None, base: str | None, strict: bool, baseline: Path | None
) -> Gate:
    """The gate with BEFORE from a file, or from a commit."""
    if base is None:
        from backend_lead.app.gate import gate as use

        absent = "" if before else "no model before was named"
        return use(before, after, strict=strict, baseline=baseline, absent=absent)
    from backend_lead.app.gate_base import gate_base

    return gate_base(after, base, strict=strict, baseline=baseline)


def _both(models: tuple[str, ...], base: str | None) -> tuple[str | None, str]:
    if base is not None:
        if len(models) > 1:
            raise click.UsageError("with --base there is one model: AFTER")
        return None, models[0] if models else MODEL
    if len(models) not in (1, 2):
        raise click.UsageError("give BEFORE and AFTER, or --base COMMIT and AFTER")
    return (models[0], models[1]) if len(models) == 2 else (None, models[0])


def _targets(written: tuple[str, ...]) -> list[tuple[str, Path]]:
    out = []
    for word in written:
        form, _, file = word.partition("=")
        if form not in FORMS or not file:
            raise click.UsageError(f"--write takes FORMAT=FILE, FORMAT one of {', '.join(FORMS)}; "
                                   f"not {word!r}")  # fmt: skip
        out.append((form, Path(file)))
    return out
