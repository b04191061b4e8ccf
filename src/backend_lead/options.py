"""Options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path

import click

PRICES = "Your own price rows (CSV); they override the catalogue's."
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
assume_option = click.option(
    "--assume", multiple=True, metavar="NAME=VALUE",
    help="Set a number that would be assumed, for example think_time=8s. Repeatable.",
)  # fmt: skip


def format_option(*forms: str):  # type: ignore[no-untyped-def]
    """`-f`: the first form is the default."""
    return click.option("-f", "--format", "form", type=click.Choice(forms), default=forms[0],
                        show_default=True)  # fmt: skip


def _use_prices(_: click.Context, __: click.Parameter, path: Path | None) -> None:
    if path is not None:
        from backend_lead.analysis.cost import use_prices

        use_prices(str(path))


prices_option = click.option(
    "--prices", type=click.Path(path_type=Path), expose_value=False, callback=_use_prices,
    help=PRICES,
)  # fmt: skip
