"""The commands for coding agents: the server they speak to, and the files that introduce it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from backend_lead.agent.kit.project import Plan
    from backend_lead.agent.workspace import Workspace

TOKEN = "BACKEND_LEAD_MCP_TOKEN"
TOKEN_LEAST = 16  # characters of a token that is given


@click.command()
@click.option("--root", default=".", show_default=True, help="The folder every path stays inside.",
              type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
@click.option("--http", is_flag=True, help="Streamable HTTP on this machine, instead of stdio.")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65_535))
def mcp(root: Path, http: bool, port: int) -> None:
    """Serve coding agents over MCP: eight tools, evidence as resources, three prompts.

    Over stdio for the assistant that starts it. With --http on loopback, for whoever shows the
    token: that of BACKEND_LEAD_MCP_TOKEN, else a new one, told on stderr.
    """
    from backend_lead.agent.workspace import Workspace

    workspace = Workspace(root, remembers=not http)
    try:
        _serve(workspace, http, port)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _serve(workspace: Workspace, http: bool, port: int) -> None:
    if not http:
        from backend_lead.agent.stdio import serve

        serve(workspace)
        return
    from backend_lead.agent.http import serve as serve_http

    token, told = _token()

    def ready(url: str) -> None:
        click.echo(url)
        sys.stdout.flush()
        click.echo(f"works in {workspace.root}" + (f"; token: {token}" if told else ""), err=True)

    serve_http(workspace, token, port, ready)


def _token() -> tuple[str, bool]:
    """The token, and whether it was made here and must be told."""
    import secrets

    given = os.environ.get(TOKEN, "")
    if given and (len(given) < TOKEN_LEAST or not given.isascii() or not given.isprintable()):
        raise click.UsageError(
            f"{TOKEN} should be at least {TOKEN_LEAST} printable ASCII characters"
        )
    return (given, False) if given else (secrets.token_urlsafe(32), True)


@click.group()
def agent() -> None:
    """The files that introduce backend-lead to coding assistants."""


_root = click.option("--root", default=".", show_default=True, help="The project's folder.",
                     type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
_dry = click.option("--dry-run", is_flag=True, help="Only tell what would be done.")


@agent.command()
@_root
@_dry
@click.option("--command", default="backend-lead", show_default=True,
              help="What starts backend-lead, for .mcp.json.")  # fmt: skip
def install(root: Path, dry_run: bool, command: str) -> None:
    """Put agent, skill, plugin, .mcp.json and AGENTS.md into a project.

    What others wrote stays: files they share get our part, files somebody edited are left. Again
    does nothing. Exit code 1: something was left.
    """
    import shutil

    from backend_lead.agent.kit import project as use

    plan = use.install(root, command)
    if shutil.which(command) is None:
        click.echo(f"warning: {command} is not found here; assistants start it by this name "
                   "(--command gives another)", err=True)  # fmt: skip
    _done(plan, dry_run)


@agent.command()
@_root
@_dry
def uninstall(root: Path, dry_run: bool) -> None:
    """Take them out again; what stood there before is set back.

    Exit code 1: a file that somebody edited was left.
    """
    from backend_lead.agent.kit import project as use

    _done(use.uninstall(root), dry_run)


def _done(plan: Plan, dry_run: bool) -> None:
    from backend_lead.agent.kit.project import apply

    for step in plan.steps:
        click.echo(f"{step.act:7} {step.path}" + (f": {step.why}" if step.why else ""))
    if dry_run:
        click.echo(f"nothing was written; {len(plan.changes)} files would change")
    else:
        apply(plan)
        click.echo(f"{len(plan.changes)} files changed")
    raise click.exceptions.Exit(1 if plan.left else 0)
