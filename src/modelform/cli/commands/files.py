"""`init`, `validate`, `lock`, `schema`: stack files, without any cloud."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the commands."""
