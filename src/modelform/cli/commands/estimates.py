"""`cost` and `quota`: what a stack costs a month, and whether Azure lets it have what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli import appendix
from modelform.cli.arguments import Choice, House, Option, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelform.catalog import Catalog
    from modelform.checks.facts import Facts
    from modelform.checks.holdings import Record
    from modelform.cli.session import Session
    from modelform.errors import Diagnostic, ModelformError
    from modelform.spec.resolved import Stack

# What is to be said of the catalogue itself, and of its overlay.
OWN = ("catalog.overlay", "catalog.stale")


def register(app: click.Group) -> None:
    """Adds the commands."""
    command(app, "cost")(cost)
    command(app, "quota")(quota)


def cost(
    place: Place,
    choice: Choice,
    house: House,
    currency: Annotated[
        str | None, Option("--currency", metavar="CODE", help="In that; default: that of policy.monthlyCost, or USD.")
    ] = None,
) -> int:
    """Estimate what the stack costs a month: by declared usage, and at most by its capacity. Needs no cloud."""
    from modelform import checks
    from modelform.checks import cost as estimates
    from modelform.cli.money import currency_of
    from modelform.cli.session import open_session
    from modelform.report import cost as view
    from modelform.report import json

    wanted = currency_of(currency) if currency else ""
    session = open_session(place, choice, house)
    records = deployed(session)
    catalog = _catalog(session)
    today = session.around.today()
    document = estimates.document(session.resolved, catalog, records, currency=wanted, today=today)
    known = [
        *checks.run(session.resolved, catalog, today=today, only=OWN),
        *_gap(session.resolved, catalog, wanted),
    ]
    some = any(row["currency"] == document["currency"] for row in document["lines"])
    answer = Exit.UNVERIFIED if document["otherwise"] and not some else Exit.OK
    if session.voice.json:
        found = [d.to_json() for d in (*session.diagnostics, *known)]
        beside = appendix.company(session.company)
        session.voice.document(json.answer("cost", stack=session.name, diagnostics=found, **document) | beside)
        return int(answer)
    session.voice.complain([*session.diagnostics, *known])
    session.voice.say(*view.lines(document, session.voice.page, session.name))
    return int(answer)


def _gap(stack: Stack, catalog: Catalog, currency: str) -> list[Diagnostic]:
    """That prices are known in another currency than the wanted one, where they are."""
    from modelform.checks import cost as estimates
    from modelform.errors import Diagnostic, Severity

    wanted = currency or estimates.currency_of(stack, catalog)
    said, hint = estimates.gap(estimates.estimate(stack, catalog, wanted), wanted, catalog, stack.target)
    return [Diagnostic("cost.currency", Severity.WARNING, said, hint=hint)] if said else []


def quota(
    place: Place,
    choice: Choice,
    house: House,
    offline: Annotated[bool, Option("--offline", help="Ask no cloud: what a subscription starts with.")] = False,
) -> int:
    """Show the quota that the stack draws on: what is in use, what it takes more, what is left. Asks the cloud."""
    from modelform import checks
    from modelform.checks.limits import bounds
    from modelform.checks.quota import buckets
    from modelform.cli.session import open_session
    from modelform.drivers.preflight import CODES
    from modelform.report import json
    from modelform.report import quota as view

    session = open_session(place, choice, house)
    catalog, stack = _catalog(session), session.resolved
    facts = None if offline else _facts(session)
    found = checks.run(stack, catalog, today=session.around.today(), facts=facts, only=(*CODES, *OWN))
    counters = [bucket.to_json() for bucket in buckets(stack, catalog, facts)]
    limits = [bound.to_json() for bound in bounds(stack, catalog, facts)]
    said = [d.to_json() for d in found]
    document = {"live": not offline, "counters": counters, "limits": limits, "diagnostics": said}
    session.voice.complain([*session.diagnostics, *found])
    if session.voice.json:
        answer = json.answer("quota", stack=session.name, target=session.target, **document)
        session.voice.document(answer | appendix.company(session.company))
    else:
        session.voice.say(*view.lines(document, session.voice.page, session.name))
    return _verdict(found)


def _catalog(session: Session) -> Catalog:
    from modelform.catalog import Catalog

    return Catalog.load(session.resolved.overlay, session.target)


def _verdict(found: Iterable[Diagnostic]) -> int:
    """3 where it does not fit, 9 where nobody could say."""
    from modelform.errors import Severity

    said = list(found)
    if any(finding.severity is Severity.ERROR for finding in said):
        return int(Exit.STOPPED)
    return int(Exit.UNVERIFIED if any(finding.code.endswith(".unverified") for finding in said) else Exit.OK)


def _facts(session: Session) -> Facts:
    """What the cloud says, one question a region and all at a time."""
    import threading
    from contextlib import ExitStack, closing

    from modelform.azure import Arm
    from modelform.cli.wiring import connector
    from modelform.drivers.preflight import gather

    connect, opened, lock = connector(session), dict[str, Arm](), threading.Lock()
    with ExitStack() as ends:

        def arm(subscription: str) -> Arm:
            with lock:
                if subscription not in opened:
                    opened[subscription] = ends.enter_context(closing(Arm(connect(subscription))))
                return opened[subscription]

        return gather(session.resolved, deployed(session) or [], arm)


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
