"""`verify-azure`: hold the sandbox against Azure itself, in a subscription of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli.arguments import Option, Place, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.azure import Connection
    from modelform.cli.outside import Outside
    from modelform.cli.voice import Voice
    from modelform.verification.evidence import Report
    from modelform.verification.undertaking import Undertaking


class Engines(StrEnum):
    """Which engines a verification runs."""

    BOTH = "both"
    EMBEDDED = "embedded"
    PULUMI = "pulumi"


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "verify-azure")(verify_azure)


def verify_azure(
    place: Place,
    subscription: Annotated[str, Option("--subscription", metavar="ID", help="The subscription to work in.")],
    region: Annotated[str, Option("--region", metavar="REGION", help="The region to work in, such as swedencentral.")],
    engine: Annotated[Engines | None, Option("--engine", help="Which engines to run. Default: both.")] = None,
    out: Annotated[
        Path | None, Option("--out", metavar="DIR", help="Where evidence and journal go. Default: ./verify-azure.")
    ] = None,
    yes: Annotated[bool, Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Make, change, read and destroy one of each type in Azure, and say where the sandbox answers differently."""
    from modelform.catalog import Catalog
    from modelform.cli.interruption import interruption
    from modelform.cli.outside import outside
    from modelform.cli.questions import agree, must_answer
    from modelform.cli.session import voice_of
    from modelform.verification.undertaking import carry_out, prepare

    around, voice = outside(), voice_of(place)
    environment, today = around.environment, around.today()
    if not yes:
        must_answer(around, "modelform verify-azure")
    folder = _folder(place, out)
    undertaking = prepare(
        lambda tenant, wanted: _connect(around, tenant, wanted),
        subscription,
        region.replace(" ", "").lower(),
        str(engine or Engines.BOTH),
        Catalog.load(),
        environment,
        today,
    )
    _announce(voice, undertaking)
    if not undertaking.engines:
        voice.note("Nothing can be run.")
        return int(Exit.UNVERIFIED)
    if not yes and not agree(around, voice, "Do this?"):
        voice.say("Nothing was changed.")
        return int(Exit.FAILED)
    folder.mkdir(parents=True, exist_ok=True)
    with interruption(voice) as cancelled:
        ended = carry_out(
            undertaking,
            lambda tenant, wanted: _connect(around, tenant, wanted),
            folder,
            environment,
            today,
            lambda text: voice.note(text),
            cancelled,
        )
    report = ended.report
    taken = _take(place, ended.file) if report.real else None
    if voice.json:
        from modelform.report import json

        files = {"evidence": str(ended.file), "journal": str(ended.journal)}
        voice.document(json.answer("verify-azure", **report.to_json() | files | {"interrupted": ended.interrupted}))
    else:
        _tell(voice, report)
        voice.say("", f"Evidence: {ended.file}", f"Journal:  {ended.journal}")
        if taken is not None:
            voice.say(f"`modelform sandbox status --types` knows it from {taken}.")
    if ended.interrupted:
        return int(Exit.INTERRUPTED)
    return _answer(report)


def _answer(report: Report) -> int:
    if report.left or report.differences:
        return int(Exit.FAILED)
    return int(Exit.UNVERIFIED if any(one.why for one in report.findings) else Exit.OK)


def _folder(place: Place, out: Path | None) -> Path:
    """Where the result goes: never into a folder that holds one already."""
    from modelform.errors import UsageError

    folder = out or (place.directory or Path()) / "verify-azure"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already", hint="Move it away, or name another folder with --out.")
    return folder


def _take(place: Place, file: Path) -> Path | None:
    """Puts the evidence where the project's sandbox finds it, if this is a project's folder."""
    from modelform.cli.arguments import Choice
    from modelform.cli.session import open_folder
    from modelform.cli.wiring import SANDBOX
    from modelform.errors import UsageError
    from modelform.sandbox.standing import EVIDENCE

    try:
        kept = open_folder(place, Choice()).project.kept / SANDBOX
    except UsageError:
        return None
    kept.mkdir(parents=True, exist_ok=True)
    target = kept / EVIDENCE
    target.write_bytes(file.read_bytes())
    return target


def _connect(around: Outside, tenant: str, subscription: str) -> Connection:
    from modelform.azure import azure_connection

    return azure_connection(tenant, subscription, around.environment)


def _announce(voice: Voice, undertaking: Undertaking) -> None:
    of = undertaking
    voice.say(
        *voice.page.wrap(
            f"In subscription {of.subscription}, {of.region}, with {' and '.join(of.engines) or 'no engine'}: two "
            "resource groups an engine, with one of each type in them, changed once, and destroyed at the end."
        ),
        "",
    )
    for what, price, cost in of.costs:
        voice.say(*voice.page.wrap(f"{what}: {cost} USD ({price})", first="  ", rest="    "))
    voice.say("", "All of it: less than 0.05 USD an engine, by the catalogue's prices.")
    for name, why in of.skipped.items():
        voice.say(f"{name}: {why}.")
    if of.model is None:
        voice.say("No model can be deployed there: deployments will not be verified.")
    if of.service is None:
        voice.say("No model as a service is known there: serverless endpoints will not be verified.")


def _tell(voice: Voice, report: Report) -> None:
    voice.say("")
    for one in report.findings:
        voice.say(*voice.page.wrap(f"{one.type.removeprefix('Microsoft.')}: {report.evidence(one)}", rest="    "))
    for engine, how in report.engines.items():
        if how != "run":
            voice.say(f"{engine}: {how}")
    if report.differences:
        voice.say("", "Where the sandbox answers differently:")
        kind = ""
        for difference in sorted(report.differences, key=lambda one: (one.type.lower(), one.method, one.said)):
            if difference.type.lower() != kind:
                kind = difference.type.lower()
                voice.say(f"  {difference.type}")
            voice.say(*voice.page.wrap(difference.said, first="    ", rest="      "))
    else:
        voice.say("", "The sandbox answered every request alike.")
    if report.left:
        voice.say("", "Still there:")
        for left in report.left:
            voice.say(f"  {left.what}", f"    {left.command}")
