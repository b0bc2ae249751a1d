"""`doctor`: what is installed, and which engine and cloud would be used, and why."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli.arguments import Choice, Option, Place, command
from modelform.errors import Diagnostic, ModelformError
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.cli.session import Session
    from modelform.cli.voice import Voice

PACKAGES = ("modelform", "pulumi", "pulumi-azure-native", "azure-identity", "azure-ai-ml", "starlette", "cryptography")
SIGN_IN = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "ARM_USE_OIDC")
SETTINGS = (
    "MODELFORM_ENGINE",
    "MODELFORM_TARGET",
    "MODELFORM_SANDBOX_LATENCY",
    "MODELFORM_SANDBOX_JOURNAL",
    "PULUMI_BACKEND_URL",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was looked at."""

    section: str
    name: str
    text: str


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "doctor")(doctor)


def doctor(
    place: Place,
    choice: Choice,
    install_pulumi: Annotated[
        bool,
        Option("--install-pulumi", help="Install the Pulumi CLI first, where there is none, with Pulumi's installer."),
    ] = False,
) -> int:
    """Say what is installed, and which engine and cloud would be used, and why."""
    from modelform.cli.outside import outside
    from modelform.cli.session import voice_of

    around, voice = outside(), voice_of(place)
    if install_pulumi:
        _install(voice, around.environment)
    answers = [*_installed(around.environment), *_environment(around.environment)]
    about, problems = _project(place, choice, around.environment)
    answers += about
    if voice.json:
        from modelform.report import json

        found: dict[str, dict[str, str]] = {}
        for answer in answers:
            found.setdefault(answer.section, {})[answer.name] = answer.text
        voice.document(json.answer("doctor", found=found, diagnostics=[p.to_json() for p in problems]))
        return 0
    ink, section = voice.page, ""
    for answer in answers:
        if answer.section != section:
            section = answer.section
            voice.say(ink.paint(section, "bold"))
        lead = f"  {answer.name:<20} "
        voice.say(*ink.wrap(answer.text, first=lead, rest=" " * len(lead)))
    voice.complain(problems)
    return 0


def _install(voice: Voice, environment: Mapping[str, str]) -> None:
    """Installs the CLI that fits the SDK, unless there is one already."""
    from modelform.drivers import pulumi_installation

    found = pulumi_installation.find(environment)
    if found is not None:
        voice.note("", f"The Pulumi CLI is there already: {found}")
        return
    voice.note("", "Fetching Pulumi's installer from get.pulumi.com ...")
    command, version = pulumi_installation.install()
    voice.note("", f"Installed Pulumi {version}: {command}")


def _installed(environment: Mapping[str, str]) -> list[Answer]:
    from importlib.metadata import PackageNotFoundError, version

    answers = [
        Answer("Installed", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    ]
    for package in PACKAGES:
        try:
            answers.append(Answer("Installed", package, version(package)))
        except PackageNotFoundError:
            answers.append(Answer("Installed", package, "missing: install modelform with its dependencies"))
    answers.append(Answer("Installed", "pulumi CLI", _pulumi_cli(environment)))
    az = shutil.which("az")
    answers.append(Answer("Installed", "az", az or "not on PATH (only one of the ways to sign in to Azure)"))
    return answers


def _pulumi_cli(environment: Mapping[str, str]) -> str:
    from modelform.drivers import pulumi_installation

    found = pulumi_installation.find(environment)
    if found is None:
        return (
            "not on PATH: `engine: pulumi`, the default for Azure, cannot be used, `engine: embedded` can; "
            "`modelform doctor --install-pulumi` installs it"
        )
    try:
        said = pulumi_installation.version(found, environment)
    except ModelformError as error:
        return error.diagnostics[0].summary
    return f"{said or 'of unknown version'} ({found})"


def _environment(environment: Mapping[str, str]) -> list[Answer]:
    """Which variables are set; never a value that may be secret."""
    signed = [name for name in SIGN_IN if environment.get(name)]
    answers = [Answer("Environment", "Azure sign-in", ", ".join(signed) + " set" if signed else "no variables are set")]
    answers += [
        Answer("Environment", name, _without_secrets(environment[name])) for name in SETTINGS if environment.get(name)
    ]
    passphrase = [n for n in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE") if n in environment]
    text = f"{passphrase[0]} set" if passphrase else "not set (the sandbox keeps one of its own)"
    answers.append(Answer("Environment", "passphrase", text))
    return answers


def _project(
    place: Place, choice: Choice, environment: Mapping[str, str]
) -> tuple[list[Answer], tuple[Diagnostic, ...]]:
    """The project, its stacks, and for the one that is meant what would be used; a problem is an answer too."""
    from modelform.cli.project import find_project
    from modelform.cli.session import open_session
    from modelform.spec import find_stacks

    try:
        project = find_project(place.directory, choice.stack)
        names = ", ".join(sorted(find_stacks(project.folder))) or "none"
        answers = [
            Answer("Project", "folder", str(project.folder)),
            Answer("Project", "name", project.name),
            Answer("Project", "stacks", names),
        ]
    except ModelformError as error:
        return [Answer("Project", "folder", error.diagnostics[0].summary)], ()
    try:
        session = open_session(place, choice)
    except ModelformError as error:
        return [*answers, Answer("Stack", "none chosen", error.diagnostics[0].summary)], error.diagnostics
    return [*answers, *_stack(session, choice, environment)], session.diagnostics


def _stack(session: Session, choice: Choice, environment: Mapping[str, str]) -> list[Answer]:
    stack = session.resolved
    why_target = _why(choice.target, "MODELFORM_TARGET", environment, "the stack file, or the default (sandbox)")
    usual = "the Pulumi CLI for Azure, the embedded engine for the sandbox"
    why_engine = _why(choice.engine, "MODELFORM_ENGINE", environment, f"the stack file, or the default ({usual})")
    answers = [
        Answer("Stack", "name", f"{stack.name} ({session.file})"),
        Answer("Stack", "target", f"{stack.target}: said by {why_target}"),
        Answer("Stack", "engine", f"{session.engine}: said by {why_engine}"),
    ]
    if stack.target == "sandbox":
        answers.append(Answer("Stack", "state", str(session.project.folder / ".modelform" / "sandbox" / "state")))
        answers.append(Answer("Stack", "cloud", "the sandbox in this process; nothing leaves this machine"))
    else:
        backend = _without_secrets(stack.backend or environment.get("PULUMI_BACKEND_URL", ""))
        answers.append(Answer("Stack", "state", backend or "no backend: needs `backend:`, or --allow-local-state"))
        answers.append(Answer("Stack", "cloud", f"Azure, subscription {stack.subscription}"))
    return answers


def _why(flag: str | None, variable: str, environment: Mapping[str, str], otherwise: str) -> str:
    if flag is not None:
        return "the command line"
    return variable if environment.get(variable) else otherwise


def _without_secrets(address: str) -> str:
    """An address without what may be a password or a signature in it."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if not parts.scheme:
        return address
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{'?...' if parts.query else ''}"
