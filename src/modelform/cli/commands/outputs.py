"""`outputs`: what applications need of a stack."""

from __future__ import annotations

from typing import Annotated

import click

from modelform.cli.arguments import Choice, Option, Place, command


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "outputs")(outputs)


def outputs(
    place: Place,
    choice: Choice,
    show_secrets: Annotated[
        bool, Option("--show-secrets", help="Print secrets too, and the keys, read from Azure now.")
    ] = False,
) -> int:
    """Print what applications need: endpoints, deployment names, models."""
    from modelform.cli.session import open_state
    from modelform.report import json, text

    session = open_state(place, choice)
    values = session.driver().outputs(session.name, show_secrets=show_secrets)
    if show_secrets and values:
        from modelform.cli.keys import Keys
        from modelform.cli.wiring import connector

        values = Keys(values, connector(session)).revealed()
    if session.voice.json:
        make = json.revealed if show_secrets else json.answer
        session.voice.document(make("outputs", stack=session.name, target=session.target, outputs=values))
    elif values:
        session.voice.say(*text.outputs(values, session.voice.page, show_secrets=show_secrets))
    else:
        session.voice.say(f"{session.name} has no outputs: nothing was brought up yet.")
    return 0
