"""One command's work on one stack: the stack that was read, the voice to speak with, the driver to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.cli.arguments import Choice, House, Place
from modelform.cli.outside import Outside, outside, remember
from modelform.cli.project import Project, choose_stack, find_project
from modelform.cli.voice import Voice
from modelform.errors import Diagnostic, PolicyError, Report, Severity, StackFileError, UsageError
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.drivers import Driver
    from modelform.spec.resolved import Stack, Target
    from modelform.spec.rulebook import Company

ENGINE_VARIABLE = "MODELFORM_ENGINE"
TARGET_VARIABLE = "MODELFORM_TARGET"
LATENCY_VARIABLE = "MODELFORM_SANDBOX_LATENCY"
COMPANY_VARIABLE = "MODELFORM_COMPANY"
JOURNAL_VARIABLE = "MODELFORM_SANDBOX_JOURNAL"


@dataclass(frozen=True, slots=True)
class Session:
    """A project folder and a target, with the stack that is meant and everything that a command on it needs.

    `stack` is None where a command works from the state alone and the file is broken or gone.
    """

    around: Outside
    voice: Voice
    project: Project
    name: str
    target: Target
    engine: str
    stack: Stack | None = None
    file: Path | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    latency: float = 0.0
    allow_local_state: bool = False
    company: Company | None = None

    def driver(self) -> Driver:
        """The driver of the session's engine."""
        remember(self)
        return self.around.open_driver(self)

    @property
    def resolved(self) -> Stack:
        """The stack, for a command that has it."""
        if self.stack is None:
            raise StackFileError(diagnostics=self.diagnostics)
        return self.stack


def voice_of(place: Place) -> Voice:
    """The voice that a command's options ask for."""
    return Voice(outside(), json=place.json, no_color=place.no_color)


def open_session(place: Place, choice: Choice, house: House | None = None, *, use_lock: bool = True) -> Session:
    """Finds the project and reads the stack file; every problem of the file in one error.

    With a `house`, under the company file that it or the environment names.
    """
    company, said = company_of(house)
    session = _read(place, choice, use_lock, company)
    session = replace(session, diagnostics=(*said, *session.diagnostics))
    if session.stack is None:
        raise StackFileError(diagnostics=session.diagnostics)
    return session


def company_of(house: House | None) -> tuple[Company | None, tuple[Diagnostic, ...]]:
    """The company file that a command works under, and what there is to say about it; a wrong one is an error."""
    around = outside()
    if house is not None and house.company is not None and not house.company.strip():
        # A variable that is not set must not pass for a company without rules.
        raise UsageError("--company names no file", code="usage.company", hint="Leave it out where there is none.")
    if house is None or not (house.company or around.environment.get(COMPANY_VARIABLE)):
        return None, ()
    from modelform.catalog import Catalog
    from modelform.spec.company import find_company

    found = find_company(house.company, around.environment, Catalog.load(), around.today())
    if found is None:
        return None, ()
    if found.company is None:
        raise StackFileError(diagnostics=found.report.sorted())
    return found.company, tuple(found.report.sorted())


def open_state(place: Place, choice: Choice, house: House | None = None) -> Session:
    """The same for commands that work from the state: a broken stack file is no hindrance when the target is said.

    What has been brought up must come down even if its file was damaged or deleted since.
    """
    company, _ = company_of(house)
    session = replace(_open_state(place, choice, company), company=company)
    return session if company is None else _allowed(session, company)


def _allowed(session: Session, company: Company) -> Session:
    """The session, where the company file allows its target and engine, and on Azure backend and secrets provider."""
    from modelform import checks
    from modelform.catalog import Catalog
    from modelform.spec.resolved import Stack

    stack = session.stack or Stack(
        session.name, session.project.name, "", session.target, session.engine, None, "", "", "", "",
        {}, (), {}, {}, {}, company.policy,
    )  # fmt: skip
    stack = replace(stack, company=company)
    found = checks.run(stack, Catalog.load(), today=session.around.today(), only=("company.runs",))
    if any(finding.severity is Severity.ERROR for finding in found):
        raise PolicyError(diagnostics=found)
    return replace(session, diagnostics=(*session.diagnostics, *found))


def _open_state(place: Place, choice: Choice, company: Company | None) -> Session:
    around = outside()
    wanted = _target(choice, around.environment)
    project = find_project(place.directory, choice.stack)
    try:
        session = _read(place, choice, company=company)
    except UsageError as error:
        if wanted is None or choice.stack is None:
            raise _with_orphan(error, place, choice, project) from error
        return _bare(place, choice, project, choice.stack, wanted)
    if session.stack is not None:
        return session
    if wanted is None:
        said = "--target sandbox (or azure) lets this command work from the state alone."
        raise StackFileError(diagnostics=[*session.diagnostics, _info("the stack file is wrong", said)])
    session.voice.complain(session.diagnostics)
    return _bare(place, choice, project, session.name, wanted)


def _with_orphan(error: UsageError, place: Place, choice: Choice, project: Project) -> UsageError:
    """The error, with the way to what has been made where only the stack's file is gone."""
    made = {info.name for info in _bare(place, choice, project, "", "sandbox").driver().stacks()}
    if choice.stack is None or choice.stack not in made:
        return error
    first = error.diagnostics[0]
    return UsageError(
        first.summary,
        code=first.code,
        detail="It has been brought up in the sandbox, and its file is gone since.",
        hint="--target sandbox works from the state alone.",
    )


def open_folder(place: Place, choice: Choice) -> Session:
    """A project folder and a target, no stack: for `stack ls`."""
    around = outside()
    project = find_project(place.directory, choice.stack)
    return _bare(place, choice, project, "", _target(choice, around.environment) or "sandbox")


def _read(place: Place, choice: Choice, use_lock: bool = True, company: Company | None = None) -> Session:
    around = outside()
    project = find_project(place.directory, choice.stack)
    file = choose_stack(project, choice.stack, around.environment)
    stack, report = _load(project, file, choice, around, use_lock, company)
    session = replace(
        _bare(place, choice, project, file.stem, "sandbox"),
        file=file,
        diagnostics=tuple(report.sorted()),
        company=company,
    )
    remember(session)
    if stack is None:
        return session
    from modelform.drivers import choose_engine

    engine = choose_engine(stack.engine, stack.target)
    return replace(session, name=stack.name, target=stack.target, engine=engine, stack=stack)


def _bare(place: Place, choice: Choice, project: Project, name: str, target: Target) -> Session:
    from modelform.drivers import choose_engine

    around = outside()
    return Session(
        around=around,
        voice=voice_of(place),
        project=project,
        name=name,
        target=target,
        engine=choose_engine(_engine(choice, around.environment) or "auto", target),
        latency=latency_of(choice, around.environment),
        allow_local_state=choice.allow_local_state,
    )


def _load(
    project: Project, file: Path, choice: Choice, around: Outside, use_lock: bool, company: Company | None
) -> tuple[Stack | None, Report]:
    """The resolved stack and everything found in its files; flags win over variables, variables over the file."""
    from modelform.catalog.data import find_overlay
    from modelform.spec import load_stack

    return load_stack(
        file,
        environment=around.environment,
        target=_target(choice, around.environment),
        engine=_engine(choice, around.environment),
        project=project.name,
        today=around.today(),
        use_lock=use_lock,
        company=company,
        overlay=find_overlay(project.folder, around.environment),
    )


def _target(choice: Choice, environment: Mapping[str, str]) -> Target | None:
    said = wish(choice.target, TARGET_VARIABLE, ("sandbox", "azure"), environment)
    return None if said is None else ("azure" if said == "azure" else "sandbox")


def _engine(choice: Choice, environment: Mapping[str, str]) -> str | None:
    return wish(choice.engine, ENGINE_VARIABLE, ("auto", "pulumi", "embedded"), environment)


def wish(flag: str | None, variable: str, allowed: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """What a flag or a variable asks for; None leaves it to the file."""
    if flag is not None:
        return str(flag)
    value = environment.get(variable) or None
    if value is not None and value not in allowed:
        raise UsageError(f"{variable} is {value!r}", hint=f"It may be {', '.join(allowed)}.")
    return value


def latency_of(choice: Choice, environment: Mapping[str, str]) -> float:
    """Seconds that each of the sandbox's long operations takes."""
    if choice.latency is not None:
        return choice.latency / 1000
    text = environment.get(LATENCY_VARIABLE, "")
    if not text:
        return 0.0
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = -1.0
    if not 0 <= milliseconds < 3_600_000:
        raise UsageError(f"{LATENCY_VARIABLE} is {text!r}", hint="It is a number of milliseconds, such as 200.")
    return milliseconds / 1000


def _info(summary: str, hint: str) -> Diagnostic:
    return Diagnostic("stack-file.needed", Severity.INFO, summary, hint=hint)
