"""`sandbox serve|reset|status`: the cloud on this machine."""

from __future__ import annotations

import typer

from modelform.cli.arguments import group


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    sandbox = group("sandbox", "The cloud on this machine: serve it, empty it, look into it.")
    app.add_typer(sandbox)
