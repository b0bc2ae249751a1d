"""`smoke`: a question to each deployed model, through the data plane that applications use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli.arguments import Choice, Option, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.cli.dialogue import Reply
    from modelform.cli.voice import Voice
    from modelform.report.ink import Ink

QUESTION = "In one sentence: what are you good at?"


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "smoke")(smoke)


def smoke(
    place: Place,
    choice: Choice,
    ask: Annotated[str, Option("--ask", metavar="TEXT", help="The question.")] = QUESTION,
    only: Annotated[
        list[str] | None, Option("--only", metavar="KEY", help="Only this deployment or route. Repeatable.")
    ] = None,
) -> int:
    """Ask each deployed model and route a question, and print the answers."""
    from modelform.catalog import Catalog
    from modelform.catalog.data import find_overlay
    from modelform.cli.dialogue import Dialogue
    from modelform.cli.session import open_state
    from modelform.cli.wiring import connector

    session = open_state(place, choice)
    values = session.driver().outputs(session.name)
    wanted = _wanted(values, only or [], session.name)
    overlay = find_overlay(session.project.folder, session.around.environment)
    dialogue = Dialogue(values, connector(session), Catalog.load(overlay, session.target))
    replies: dict[str, Reply] = {}
    routes: list[tuple[str, Reply]] = []
    if not session.voice.json:
        session.voice.say(f"Question: {ask}", "")
    for key in wanted[0]:
        replies[key] = dialogue.ask(key, ask)
        _tell(session.voice, replies[key])
    for route in wanted[1]:
        for member in values["routes"][route]:
            reply = replies.get(member["key"]) or dialogue.ask(member["key"], ask)
            replies[member["key"]] = reply
            if reply.ok:
                break
        routes.append((route, reply))
        _tell_route(session.voice, route, reply)
    ok = all(reply.ok for reply in replies.values()) and all(reply.ok for _, reply in routes)
    if session.voice.json:
        from modelform.report import json

        session.voice.document(
            json.answer(
                "smoke",
                stack=session.name,
                target=session.target,
                question=ask,
                answers=[reply.to_json() for reply in replies.values()],
                routes=[{"route": route, **reply.to_json()} for route, reply in routes],
            )
            | {"ok": ok}
        )
    return int(Exit.OK if ok else Exit.FAILED)


def _wanted(values: dict[str, Any], only: list[str], name: str) -> tuple[list[str], list[str]]:
    """The deployments and routes to ask, in the order of the outputs."""
    from modelform.errors import ModelformError, UsageError

    deployments, routes = list(values.get("deployments") or {}), list(values.get("routes") or {})
    if not deployments:
        raise ModelformError(
            f"{name} has no deployed models", code="smoke.nothing", hint="`modelform up` brings them up."
        )
    unknown = [key for key in only if key not in deployments and key not in routes]
    if unknown:
        raise UsageError(
            f"there is no deployment or route {unknown[0]!r}", hint=f"There is: {', '.join([*deployments, *routes])}."
        )
    if not only:
        return deployments, routes
    return [key for key in deployments if key in only], [key for key in routes if key in only]


def _tell(voice: Voice, reply: Reply) -> None:
    if voice.json:
        return
    from modelform.report.words import duration

    ink = voice.page
    took = "" if reply.skipped else f", {duration(reply.seconds)}"
    voice.say(f"{_mark(reply, ink)} {reply.name} ({reply.model}{took})")
    voice.say(*ink.wrap(reply.text, first="     ", rest="     "))


def _tell_route(voice: Voice, route: str, reply: Reply) -> None:
    if voice.json:
        return
    said = f"answers through {reply.name}" if reply.ok else "no member answers"
    voice.say(f"{_mark(reply, voice.page)} route {route}: {said}")


def _mark(reply: Reply, ink: Ink) -> str:
    if reply.skipped:
        return ink.paint("-   ", "dim")
    return ink.paint("ok  ", "green", "bold") if reply.ok else ink.paint("FAIL", "red", "bold")
