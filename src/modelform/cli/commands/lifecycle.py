"""`lifecycle`: which deployments of all stacks have to move to another model, for a scheduled pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli import appendix
from modelform.cli.arguments import Choice, House, Option, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.errors import Diagnostic

RETIRED = "lifecycle.retired"


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "lifecycle")(lifecycle)


def lifecycle(
    place: Place,
    choice: Choice,
    house: House,
    within: Annotated[
        int | None, Option("--within", metavar="DAYS", min=0, help="Due is what retires so soon; default: the notice.")
    ] = None,
    detailed_exitcode: Annotated[bool, Option("--detailed-exitcode", help="Answer 2 where something is due.")] = False,
) -> int:
    """List the models of every stack (or of -s) by the day they retire, and what to write instead. Needs no cloud."""
    from modelform import checks
    from modelform.catalog import Catalog
    from modelform.checks.lifecycle import lives
    from modelform.cli.project import find_project
    from modelform.cli.session import company_of, open_session, voice_of
    from modelform.errors import StackFileError
    from modelform.report import json
    from modelform.report import lifecycle as view
    from modelform.spec import find_stacks

    company, _ = company_of(house)
    voice = voice_of(place)
    project = find_project(place.directory, choice.stack)
    names = [choice.stack] if choice.stack else list(find_stacks(project.folder))
    rows: list[dict[str, Any]] = []
    broken: list[str] = []
    gone: list[str] = []
    found: list[Diagnostic] = []
    for name in names:
        try:
            session = open_session(place, replace(choice, stack=name), house)
        except StackFileError as error:
            broken.append(name)
            found += error.diagnostics
            gone += [name for item in error.diagnostics if item.code == RETIRED]
            continue
        today = session.around.today()
        stack = session.resolved
        catalog = Catalog.load(stack.overlay, session.target)
        rows += [{"stack": session.name, **life.to_json()} for life in lives(stack, catalog, today, within)]
        known = checks.run(stack, catalog, today=today, only=("catalog.overlay", "catalog.stale"))
        found += [finding for finding in known if finding not in found]
    due = sum(row["due"] for row in rows) + len(gone)
    document = {
        "deployments": rows,
        "due": due,
        "broken": broken,
        "retired": gone,
        "diagnostics": [d.to_json() for d in found],
    }
    voice.complain(found)
    if voice.json:
        voice.document(json.answer("lifecycle", **document) | {"ok": not broken} | appendix.company(company))
    else:
        voice.say(*view.lines(document, voice.page))
    if any(name not in gone for name in broken) or (broken and not detailed_exitcode):
        return int(Exit.STACK_FILE)
    return int(Exit.CHANGES if detailed_exitcode and due else Exit.OK)
