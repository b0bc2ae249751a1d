"""`cost`: what a stack costs a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from modelform.cli.arguments import Choice, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.checks.holdings import Record
    from modelform.cli.session import Session
    from modelform.errors import Diagnostic, ModelformError


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "cost")(cost)


def cost(place: Place, choice: Choice) -> int:
    """Estimate what the stack costs a month: by declared usage, and at most by its capacity. Needs no cloud."""
    from modelform.catalog import Catalog
    from modelform.checks import cost as estimates
    from modelform.checks.holdings import holdings
    from modelform.cli.session import open_session
    from modelform.report import cost as view
    from modelform.report import json

    session = open_session(place, choice)
    records = deployed(session)
    held = None if records is None else list(holdings(records))
    document = estimates.document(session.resolved, Catalog.load(), held)
    if session.voice.json:
        found = [d.to_json() for d in session.diagnostics]
        session.voice.document(json.answer("cost", stack=session.name, diagnostics=found, **document))
        return int(Exit.OK)
    session.voice.complain(session.diagnostics)
    session.voice.say(*view.lines(document, session.voice.page, session.name))
    return int(Exit.OK)


def deployed(session: Session) -> list[Record] | None:
    """The resources in the stack's state; None where there is no state that can be read without asking anybody."""
    from modelform.checks.holdings import of_export
    from modelform.errors import ModelformError

    try:
        return of_export(session.driver().export(session.name))
    except ModelformError as error:
        if error.diagnostics[0].code != "state.none":
            session.voice.complain([_unread(error)])
        return None


def _unread(error: ModelformError) -> Diagnostic:
    from dataclasses import replace

    from modelform.errors import Severity

    return replace(error.diagnostics[0], severity=Severity.WARNING)
