"""The commands that change what runs: they plan and prove the way from one model to another."""

from __future__ import annotations

from pathlib import Path

import click

from backend_lead.commands import Talk, quiet_option, seed_option
from backend_lead.inspecting import ModelPath


@click.command()
@click.argument("before", type=ModelPath())
@click.argument("after", type=ModelPath())
@click.option("-o", "--output", default="migration", show_default=True,
              type=click.Path(path_type=Path), help="Folder to write to.")  # fmt: skip
@click.option("--rename", "renamed", multiple=True, metavar="PLACE=NAME",
              help="What is called otherwise now: orders.state=status. Repeatable.")  # fmt: skip
@click.option(
    "--fill", multiple=True, metavar="PLACE=EXPRESSION",
    help="What rows that are there get, in SQL: orders.channel=\"'web'\". Repeatable.",
)  # fmt: skip
@click.option("--loses", multiple=True, metavar="PLACE",
              help="A column whose change may lose values, accepted. Repeatable.")  # fmt: skip
@click.option("--prove", is_flag=True,
              help="Run it on a real PostgreSQL, filled and under load, and measure.")  # fmt: skip
@click.option(
    "--rows", default=200_000, show_default=True, type=click.IntRange(1000, 1_000_000_000),
    help="Of the largest table, to prove it.",
)  # fmt: skip
@click.option("--rate", default=100.0, show_default=True, type=click.FloatRange(1, 100_000),
              help="Statements a second, to prove it.")  # fmt: skip
@seed_option
@quiet_option
def migrate(
    before: Path, after: Path, output: Path, renamed: tuple[str, ...], fill: tuple[str, ...],
    loses: tuple[str, ...], prove: bool, rows: int, rate: float, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """The way from the tables of one model to those of another, while both versions run.

    Writes expand, backfill, switch and contract as separate files, each with its undoing, what it
    locks and how long it takes at the size of the tables. Exit code 1: it is refused as it is, and
    nothing is written; or somebody waited too long or failed while it was proved.
    """
    from backend_lead.app import migrate as use
    from backend_lead.app.write import check_target, write_files
    from backend_lead.rendering import findings_text

    check_target(output, whole=False, more=use.NAMES)
    found = use.migrate(str(before), str(after), use.said(renamed, fill, loses))
    click.echo(use.render_text(found))
    if found.findings:
        click.echo(findings_text(found.findings), err=True)
    if found.refused:
        click.echo("Nothing is written until nothing is refused.", err=True)
        raise click.exceptions.Exit(1)
    files, code = use.render(found), 0
    if prove and found.files:
        talk = Talk(quiet)
        proofs = use.prove(found, rows, rate, seed, talk)
        click.echo(use.render_proof(proofs))
        told = [finding for proof in proofs for finding in proof.findings]
        if told:
            click.echo(findings_text(told), err=True)
        files["proof.json"] = use.proof_json(proofs)
        code = int(not all(proof.held for proof in proofs))
    if files:
        write_files(output, files, more=use.NAMES)
        click.echo(f"Wrote {len(files)} files to {output}/: start with the README.md of a store.")
    raise click.exceptions.Exit(code)
