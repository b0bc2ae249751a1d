"""`sandbox serve|reset|status`: the cloud on this machine."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli.arguments import Choice, Option, Place, command, group
from modelform.errors import LockedError

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
    latency: Annotated[
        int | None, Option("--latency", metavar="MS", min=0, help="Milliseconds that each long operation takes.")
    ] = None,
) -> int:
    """Serve the project's sandbox over HTTPS until Ctrl-C, and print how tools reach it."""
    from modelform.cli.session import JOURNAL_VARIABLE, latency_of
    from modelform.cli.wiring import offered_provider
    from modelform.sandbox import serve as run

    session = _session(place)
    environment = session.around.environment
    journal = environment.get(JOURNAL_VARIABLE)
    session = replace(session, latency=latency_of(Choice(latency=latency), environment))
    with offered_provider(session) as variables:
        run(
            _folder(session),
            port=port,
            host=host,
            latency=session.latency,
            journal=Path(journal) if journal else None,
            today=session.around.today(),
            json_line=place.json,
            variables=variables,
        )
    return 0


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
