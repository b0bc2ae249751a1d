"""`sandbox serve|reset|status`: the cloud on this machine."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli.arguments import Choice, Option, Place, command, group
from modelform.errors import LockedError, UsageError

if TYPE_CHECKING:
    from modelform.cli.session import Session


def register(app: click.Group) -> None:
    """Adds the commands."""
    sandbox = group("sandbox", "The cloud on this machine: serve it, empty it, look into it.")
    command(sandbox, "serve")(serve)
    command(sandbox, "reset")(reset)
    command(sandbox, "status")(status)
    app.add_command(sandbox)


def serve(
    place: Place,
    port: Annotated[
        int, Option("--port", metavar="N", min=0, max=65535, help="The port; default: the one it had, or a free one.")
    ] = 0,
    host: Annotated[str, Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    https: Annotated[
        bool, Option("--https", help="Over HTTPS, as always: Azure's clients send no token without.")
    ] = True,
    data: Annotated[
        Path | None, Option("--data", metavar="DIR", help="What it keeps, certificates too; default: the project's.")
    ] = None,
    latency: Annotated[
        int | None, Option("--latency", metavar="MS", min=0, help="Milliseconds that each long operation takes.")
    ] = None,
    journal: Annotated[
        Path | None, Option("--journal", metavar="FILE", help="Write every exchange down as a line of JSON.")
    ] = None,
    today: Annotated[
        str | None, Option("--today", metavar="DATE", help="The day (2026-11-22) that decides what is retired.")
    ] = None,
) -> int:
    """Serve a sandbox over HTTPS until Ctrl-C, and print how tools reach it: the project's, or one of its own."""
    from modelform.cli.outside import outside
    from modelform.cli.session import JOURNAL_VARIABLE, latency_of
    from modelform.cli.wiring import offered_provider
    from modelform.sandbox import serve as run

    environment = outside().environment
    named = environment.get(JOURNAL_VARIABLE)
    options: dict[str, Any] = {
        "port": port,
        "host": host,
        "latency": latency_of(Choice(latency=latency), environment),
        "journal": journal or (Path(named) if named else None),
        "today": _day(today),
        "json_line": place.json,
    }
    if data is not None:
        run(data, **options)
        return 0
    session = replace(_session(place), latency=options["latency"])
    with offered_provider(session) as variables:
        run(_folder(session), variables=variables, **options)
    return 0


def _day(text: str | None) -> date | None:
    """A day as it is written; None lets the clock decide."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--today wants a date like 2026-11-22, not {text!r}") from None


def reset(
    place: Place,
    yes: Annotated[bool, Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Empty the project's sandbox, and forget the states of the stacks in it."""
    from modelform.cli.questions import agree, must_answer
    from modelform.sandbox import reset as empty

    session = _session(place)
    folder = _folder(session)
    for info in session.driver().stacks():
        if info.locked_by:
            raise LockedError(
                f"stack {info.name} is being worked on by {info.locked_by}",
                hint="Wait for it, or `modelform stack unlock` when it is dead.",
            )
    if not yes:
        must_answer(session.around, "modelform sandbox reset")
        question = f"Throw away everything in {folder}, states of stacks included?"
        if not agree(session.around, session.voice, question):
            session.voice.say("Nothing was changed.")
            return 1
    removed = empty(folder)
    states = folder / "state"
    had_states = states.is_dir()
    if had_states:
        # A state without its cloud would call everything unchanged that is gone.
        shutil.rmtree(states)
    if session.voice.json:
        from modelform.report import json

        session.voice.document(json.answer("sandbox reset", folder=str(folder), removed=removed or had_states))
    else:
        session.voice.say("The sandbox is empty." if removed or had_states else "The sandbox was empty already.")
    return 0


def status(
    place: Place,
    types: Annotated[bool, Option("--types", help="Every resource type, and how well its behaviour is known.")] = False,
) -> int:
    """Say what the project's sandbox holds."""
    from modelform.report import json, text, words
    from modelform.sandbox import status as look

    session = _session(place)
    standing = look(_folder(session))
    voice = session.voice
    rows = [row for row in standing.types if types or row.count]
    if voice.json:
        found = [
            {"type": r.type, "count": r.count, "apiVersions": list(r.versions), "evidence": r.evidence} for r in rows
        ]
        voice.document(
            json.answer(
                "sandbox status",
                file=str(standing.file),
                exists=standing.exists,
                size=standing.size,
                subscriptions=list(standing.subscriptions),
                resources=standing.resources,
                softDeleted=standing.deleted,
                types=found,
            )
        )
        return 0
    if standing.exists:
        voice.say(
            f"{standing.file}: {standing.size / 1024:.0f} KiB, {words.count(standing.resources, 'resource')} in "
            f"{words.count(len(standing.subscriptions), 'subscription')}, {standing.deleted} soft-deleted"
        )
    else:
        voice.say(f"The sandbox is empty: {standing.file} comes with the first `up`.")
    if types:
        table = [[r.type.removeprefix("Microsoft."), str(r.count), r.evidence] for r in rows]
        voice.say("", *text.table(["TYPE (Microsoft.)", "HELD", "EVIDENCE"], table, voice.page))
    elif rows:
        voice.say("", *text.table(["TYPE", "NUMBER"], [[r.type, str(r.count)] for r in rows], voice.page))
    return 0


def _session(place: Place) -> Session:
    """A session on the project's sandbox, whatever its stacks say."""
    from modelform.cli.arguments import Target
    from modelform.cli.session import open_folder

    return open_folder(place, Choice(target=Target.SANDBOX))


def _folder(session: Session) -> Path:
    from modelform.cli.wiring import SANDBOX

    folder: Path = session.project.kept / SANDBOX
    return folder
