"""`stack ls|export|import|history|unlock`: the states of stacks."""

from __future__ import annotations

import json as standard
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli.arguments import Choice, House, Option, Place, command, group
from modelform.errors import StateError, UsageError

if TYPE_CHECKING:
    from modelform.drivers import StackInfo


def register(app: click.Group) -> None:
    """Adds the commands."""
    stack = group("stack", "List stacks; export, import and unlock their states; their history.")
    command(stack, "ls")(ls)
    command(stack, "export")(export)
    command(stack, "import")(import_)
    command(stack, "history")(history)
    command(stack, "unlock")(unlock)
    app.add_command(stack)


def ls(place: Place, choice: Choice) -> int:
    """List the stacks of the project: their files, and what has been made of them."""
    from modelform.cli.session import open_folder
    from modelform.report import json, text
    from modelform.spec import find_stacks

    session = open_folder(place, choice)
    files = find_stacks(session.project.folder)
    infos = {info.name: info for info in session.driver().stacks()}
    names = sorted({*files, *infos})
    if session.voice.json:
        found = [
            {
                "name": name,
                "file": str(files[name]) if name in files else None,
                "target": session.target,
                "resources": _count(infos.get(name)),
                "updated": (infos[name].updated or None) if name in infos else None,
                "lockedBy": (infos[name].locked_by or None) if name in infos else None,
                "problem": (infos[name].problem or None) if name in infos else None,
            }
            for name in names
        ]
        session.voice.document(json.answer("stack ls", target=session.target, stacks=found))
        return 0
    rows, problems = [], []
    for name in names:
        info = infos.get(name)
        remarks = [] if name in files else ["no file"]
        if info is None:
            rows.append([name, "-", "never", ", ".join(remarks)])
            continue
        if info.locked_by:
            remarks.append(f"locked by {info.locked_by}")
        if info.problem:
            remarks.append("unreadable")
            problems.append(f"{name}: {info.problem}")
        count = _count(info)
        rows.append([name, "-" if count is None else str(count), _moment(info.updated), ", ".join(remarks)])
    if rows:
        session.voice.say(*text.table(["NAME", "RESOURCES", "LAST CHANGED", "REMARKS"], rows, session.voice.page))
        session.voice.note(*problems)
    else:
        session.voice.say("No stacks. `modelform init` makes one from a template.")
    return 0


def _count(info: StackInfo | None) -> int | None:
    """How many resources a state holds; None where it cannot be read."""
    if info is None:
        return 0
    return None if info.problem and not info.resources else info.resources


def _moment(text: str) -> str:
    """An RFC 3339 time without what is below a second."""
    return re.sub(r"\.\d+", "", text) or "never"


def export(
    place: Place,
    choice: Choice,
    file: Annotated[Path | None, Option("--file", metavar="FILE", help="Write there instead of stdout.")] = None,
) -> int:
    """Write the state in Pulumi's deployment format; secrets stay encrypted."""
    from modelform.cli.session import open_state

    session = open_state(place, choice)
    content = standard.dumps(session.driver().export(session.name), indent=4)
    if file is None:
        session.voice.raw(content)
        return 0
    file.write_text(content + "\n", encoding="utf-8")
    if session.voice.json:
        _done(session, "stack export", file=str(file))
    else:
        session.voice.say(f"Wrote the state of {session.name} to {file}.")
    return 0


def import_(
    place: Place,
    choice: Choice,
    house: House,
    file: Annotated[Path, Option("--file", metavar="FILE", help="An exported state.")],
    yes: Annotated[bool, Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Put an exported state in the place of the present one."""
    from modelform.cli.questions import agree, must_answer
    from modelform.cli.session import open_state

    session = open_state(place, choice, house)
    document = _read_document(file)
    if not yes:
        must_answer(session.around, "modelform stack import")
        if not agree(session.around, session.voice, f"Replace the state of {session.name} by {file}?"):
            session.voice.say("Nothing was changed.")
            return 1
    try:
        session.driver().import_state(session.name, document)
    except StateError as error:
        first = error.diagnostics[0]
        if first.code != "state.corrupt":
            raise
        told = "Nothing was changed; `modelform stack export --file FILE` writes what can be imported."
        raise StateError(f"{file} is no exported state", code=first.code, detail=first.summary, hint=told) from error
    if session.voice.json:
        _done(session, "stack import", file=str(file))
    else:
        session.voice.say(f"{session.name} has the state of {file} now. `modelform preview --refresh` compares it.")
    return 0


def history(place: Place, choice: Choice) -> int:
    """List past operations, the latest first."""
    from modelform.cli.session import open_state
    from modelform.report import json, text

    session = open_state(place, choice)
    entries = session.driver().history(session.name)
    if session.voice.json:
        found = [
            {
                "kind": e.kind,
                "result": e.result,
                "started": e.started,
                "ended": e.ended,
                "message": e.message,
                "changes": e.changes,
            }
            for e in entries
        ]
        session.voice.document(json.answer("stack history", stack=session.name, history=found))
        return 0
    rows = [
        [e.started, e.kind, e.result, ", ".join(f"{number} {op}" for op, number in e.changes.items() if number)]
        for e in entries
    ]
    if rows:
        session.voice.say(*text.table(["STARTED", "OPERATION", "RESULT", "CHANGES"], rows, session.voice.page))
    else:
        session.voice.say(f"{session.name} has no history.")
    return 0


def unlock(
    place: Place,
    choice: Choice,
    house: House,
    yes: Annotated[bool, Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Take away a lock that a dead process left behind."""
    from modelform.cli.questions import agree, must_answer
    from modelform.cli.session import open_state

    session = open_state(place, choice, house)
    if not yes:
        must_answer(session.around, "modelform stack unlock")
        question = f"Unlock {session.name}? Whoever still works on it may then lose work."
        if not agree(session.around, session.voice, question):
            session.voice.say("Nothing was changed.")
            return 1
    owners = session.driver().unlock(session.name)
    if session.voice.json:
        _done(session, "stack unlock", removed=owners)
    elif owners:
        session.voice.say(f"Unlocked {session.name}; the lock was held by {', '.join(owners)}.")
    else:
        session.voice.say(f"{session.name} was not locked.")
    return 0


def _read_document(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise UsageError(f"there is no file {file}", hint="--file takes what `modelform stack export` wrote.")
    try:
        document = standard.loads(file.read_bytes())
    except ValueError as error:
        raise StateError(f"{file} is no exported state: {error}", hint="Nothing was changed.") from error
    if not isinstance(document, dict):
        raise StateError(f"{file} is no exported state: it is a {type(document).__name__}", hint="Nothing was changed.")
    return document


def _done(session: Any, name: str, **parts: Any) -> None:
    from modelform.report import json

    session.voice.document(json.answer(name, stack=session.name, **parts))
