"""`init`, `validate`, `lock`, `schema`: stack files, without any cloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli import appendix
from modelform.cli.arguments import Argument, Choice, House, Option, Place, Reports, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.cli.session import Session
    from modelform.cli.voice import Voice
    from modelform.errors import Diagnostic


def register(app: click.Group) -> None:
    """Adds the commands."""
    command(app, "init")(init)
    command(app, "validate")(validate)
    command(app, "lock")(lock)
    command(app, "schema")(schema)


def init(
    place: Place,
    folder: Annotated[Path | None, Argument(metavar="[DIR]")] = None,
    stack: Annotated[
        str | None, Option("-s", "--stack", metavar="NAME", help="The stack's name; default: the template's.")
    ] = None,
    template: Annotated[str, Option("--template", metavar="NAME", help="What to start from.")] = "quickstart",
    values: Annotated[
        list[str] | None, Option("--set", metavar="KEY=VALUE", help="A parameter of the template. Repeatable.")
    ] = None,
    templates: Annotated[bool, Option("--list", help="List the templates and their parameters.")] = False,
) -> int:
    """Make a project folder, DIR or this one, with a stack from a template; what is there already is left alone."""
    from modelform.cli.session import voice_of
    from modelform.report import json
    from modelform.spec.templates import init_project

    voice = voice_of(place)
    target = folder or place.directory or Path()
    if folder is not None and place.directory is not None:
        target = place.directory / folder
    if templates:
        return _list_templates(voice, target)
    name = stack or template
    written = init_project(target, name, template=template, values=_pairs(values or []))
    if voice.json:
        voice.document(json.answer("init", folder=str(target), stack=name, written=[str(file) for file in written]))
        return int(Exit.OK)
    for file in written:
        voice.say(f"Wrote {file}")
    inside = f" -C {target}" if target != Path() else ""
    voice.say("", f"Next: modelform{inside} preview")
    return int(Exit.OK)


def _list_templates(voice: Voice, folder: Path) -> int:
    from modelform.report import json
    from modelform.spec.templates import available

    found = available(folder)
    if voice.json:
        described = {
            name: {
                "summary": t.summary,
                "parameters": {
                    p.name: {"type": p.type, "default": p.default, "description": p.description} for p in t.parameters
                },
            }
            for name, t in found.items()
        }
        voice.document(json.answer("init", templates=described))
        return int(Exit.OK)
    ink = voice.page
    for name, item in found.items():
        voice.say(*ink.wrap(f"{name}: {item.summary}", rest="  "))
        for parameter in item.parameters:
            said = f"{parameter.name}={parameter.default or ''}  {parameter.description}"
            voice.say(*ink.wrap(said, first="  --set ", rest="        "))
    return int(Exit.OK)


def _pairs(texts: list[str]) -> dict[str, str]:
    """`KEY=VALUE` words as a map."""
    from modelform.errors import UsageError

    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--set takes KEY=VALUE, not {text!r}")
        found[key] = value
    return found


def validate(
    place: Place,
    choice: Choice,
    house: House,
    reports: Reports,
    markdown: Annotated[bool, Option("--markdown", help="As Markdown: a comment for a pull request.")] = False,
) -> int:
    """Check the stack file and what it asks for, without any cloud; every problem at once."""
    from modelform import program
    from modelform.cli.outside import outside
    from modelform.cli.reports import reported, take_stdout
    from modelform.cli.session import open_session, voice_of
    from modelform.errors import PolicyError, Severity
    from modelform.report import findings, json, words

    voice = voice_of(place)
    take_stdout(place, reports, voice, markdown=markdown)
    with reported("validate", reports, voice, outside(), markdown=markdown) as sheet:
        session = open_session(place, choice, house)
        sheet.begin(session)
        stack = session.resolved
        found = [*session.diagnostics, *_going_back(session, program.findings(stack, today=session.around.today()))]
        sheet.found = tuple(found)
        sheet.beside = appendix.folded(stack) if markdown else ""
        if any(d.severity is Severity.ERROR for d in found):
            raise PolicyError(diagnostics=found)
    if voice.json:
        document = json.findings("validate", found, stack=stack.name, engine=session.engine, target=stack.target)
        voice.document(document | appendix.parts(stack) | appendix.company(session.company))
        return int(Exit.OK)
    voice.complain(found)
    said = findings.tally(found)
    parts = ((stack.workspaces, "workspace"), (stack.deployments, "deployment"), (stack.routes, "route"))
    counted = ", ".join(words.count(len(part), word) for part, word in parts)
    voice.say(f"{stack.name} is valid: {counted}{', ' + said if said else ''}.")
    if not markdown:
        beside = appendix.lines(stack, voice.page)
        voice.say(*([""] if beside else []), *beside)
    return int(Exit.OK)


def _going_back(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings as `up` will take them: a model that the stack had before does not stop it."""
    from modelform.errors import Severity

    if not any(finding.severity is Severity.ERROR for finding in found):
        return found
    from modelform.drivers.place import Place as States
    from modelform.drivers.rollback import softened_here

    stack = session.resolved
    states = States(
        session.project.folder,
        stack.target,
        session.around.environment,
        stack.project,
        stack.backend,
        session.allow_local_state,
    )
    return softened_here(found, stack, states)


def lock(
    place: Place,
    choice: Choice,
    house: House,
    upgrade: Annotated[
        bool, Option("--upgrade", help="Decide anew what the file leaves open, and show what differs.")
    ] = False,
) -> int:
    """Write down what the stack file leaves open: model versions, skus, templates, catalogue."""
    from modelform.cli.session import open_session
    from modelform.errors import Report
    from modelform.report import json, text
    from modelform.spec import lock as locks

    session = open_session(place, choice, house, use_lock=not upgrade)
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
        session.voice.note(f"Wrote {path.name}: what the file leaves open. Keep it with the stack file.")


def schema(
    place: Place,
    company: Annotated[bool, Option("--company", help="Of company files instead.")] = False,
) -> int:
    """Print the JSON Schema of stack files, or of company files, for editors and for checks."""
    from modelform.cli.session import voice_of
    from modelform.report import json
    from modelform.spec.schema import company_schema, json_schema

    voice_of(place).raw(json.dumps(company_schema() if company else json_schema()))
    return int(Exit.OK)
