"""`init`, `validate`, `lock`, `schema`: stack files, without any cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from modelform.cli.arguments import Choice, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "validate")(validate)
    command(app, "lock")(lock)
    command(app, "schema")(schema)


def validate(place: Place, choice: Choice) -> int:
    """Check the stack file and what it asks for, without any cloud; every problem at once."""
    from modelform import program
    from modelform.cli.session import open_session
    from modelform.errors import PolicyError, Severity
    from modelform.report import findings, json

    session = open_session(place, choice)
    stack = session.resolved
    found = [*session.diagnostics, *program.findings(stack, today=session.around.today())]
    if any(d.severity is Severity.ERROR for d in found):
        raise PolicyError(diagnostics=found)
    if session.voice.json:
        document = json.findings("validate", found, stack=stack.name, engine=session.engine, target=stack.target)
        session.voice.document(document)
        return int(Exit.OK)
    session.voice.complain(found)
    said = findings.tally(found)
    counted = f"{len(stack.workspaces)} workspaces, {len(stack.deployments)} deployments, {len(stack.routes)} routes"
    session.voice.say(f"{stack.name} is valid: {counted}{', ' + said if said else ''}.")
    return int(Exit.OK)


def lock(
    place: Place,
    choice: Choice,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Decide anew what the file leaves open, and show what differs.")
    ] = False,
) -> int:
    """Write down what the stack file leaves open: model versions, skus, templates, catalogue."""
    from modelform.cli.session import open_session
    from modelform.errors import Report
    from modelform.report import json, text
    from modelform.spec import lock as locks

    session = open_session(place, choice, use_lock=not upgrade)
    assert session.file is not None
    path = locks.lock_path(session.file)
    # A broken lock was reported already, unless it is to be decided anew; then it is no matter what it was.
    before = locks.read(session.file, Report())
    after = locks.compute(session.resolved)
    changes = locks.differences(before, after)
    if changes or not path.exists():
        locks.write(session.file, after)
    if session.voice.json:
        found = [{"path": c.path, "old": c.old, "new": c.new} for c in changes]
        session.voice.document(json.answer("lock", stack=session.name, file=str(path), changes=found))
        return int(Exit.OK)
    session.voice.complain(session.diagnostics)
    if not changes:
        session.voice.say(f"{path.name} is as it was: nothing was left to decide.")
        return int(Exit.OK)
    if before:
        rows = [[c.path, c.old or "-", c.new or "-"] for c in changes]
        session.voice.say(*text.table(["WHAT", "WAS", "IS NOW"], rows, session.voice.page), "")
    session.voice.say(f"Wrote {path.name}. Keep it with the stack file.")
    return int(Exit.OK)


def keep_lock(session: Session) -> None:
    """Writes the lock after an `up`, where something new was decided: a later release must not decide otherwise."""
    from modelform.errors import Report
    from modelform.spec import lock as locks

    if session.file is None or session.stack is None:
        return
    decided = locks.compute(session.stack)
    if decided and decided.get("deployments") != locks.read(session.file, Report()).get("deployments"):
        path = locks.write(session.file, decided)
        session.voice.note(f"Wrote {path.name}: what the file leaves open is decided. Keep it with the stack file.")


def schema(place: Place) -> int:
    """Print the JSON Schema of stack files, for editors and for checks."""
    from modelform.cli.session import voice_of
    from modelform.report import json
    from modelform.spec import json_schema

    voice_of(place).raw(json.dumps(json_schema()))
    return int(Exit.OK)
