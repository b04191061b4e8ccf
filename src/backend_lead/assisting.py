"""The commands for coding agents: the server they speak to, and the files that introduce it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

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

    workspace = Workspace(root)
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
