"""`preview`, `up`, `refresh`, `destroy`: run a driver's operation, show it, answer with its exit code."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from modelform.cli import appendix
from modelform.cli.arguments import Choice, Guards, House, Leave, Limits, Manner, Option, Place, Reports, Work, command
from modelform.cli.commands.files import keep_lock
from modelform.errors import Exit, UsageError

if TYPE_CHECKING:
    from modelform.cli.reports import Sheet
    from modelform.cli.session import Session
    from modelform.drivers import OperationOptions, Request
    from modelform.drivers.approval import Approval
    from modelform.errors import Diagnostic
    from modelform.plan import Event, Result
    from modelform.report.progress import Progress

_NO_LIMITS, _AS_EVER = Limits(), Manner()


def register(app: click.Group) -> None:
    """Adds the commands; `plan` and `apply` are what Terraform calls the first two."""
    command(app, "preview", "plan")(preview)
    command(app, "up", "apply")(up)
    command(app, "refresh")(refresh)
    command(app, "destroy")(destroy)


def preview(
    place: Place,
    choice: Choice,
    work: Work,
    leave: Leave,
    guards: Guards,
    limits: Limits,
    manner: Manner,
    house: House,
    reports: Reports,
    markdown: Annotated[bool, Option("--markdown", help="As Markdown: a comment for a pull request.")] = False,
    out: Annotated[
        Path | None, Option("--out", metavar="FILE", help="Save the plan; `up --plan FILE` does exactly that.")
    ] = None,
    expires: Annotated[
        str | None, Option("--expires", metavar="TIME", help="How long it is good: 30m, 4h, 7d. Default: 24h.")
    ] = None,
) -> int:
    """Show what `up` would change; changes nothing. Also: plan."""
    from modelform.cli import saving
    from modelform.cli.interruption import ending_at_once
    from modelform.cli.session import open_session

    with _reporting("preview", place, reports, markdown) as sheet, ending_at_once():
        session = open_session(place, choice, house)
        if sheet is not None:
            sheet.begin(session)
        options = _options(work, leave, guards, limits, manner)
        saved = saving.begin(session, out, expires)
        result = _with_findings(session, session.driver().preview(_request(session, options), _unheard))
        if saved is not None:
            saved.save(result, options)
        if sheet is not None:
            sheet.found = result.diagnostics
    if session.voice.json:
        _document(session, result, out if result.ok else None)
    elif markdown:
        from modelform.report.markdown import LIMIT, comment

        folded = appendix.folded(session.stack)
        session.voice.raw((comment(result, limit=LIMIT - len(folded)) + folded).rstrip())
    else:
        from modelform.report import text

        page = session.voice.page
        session.voice.say(*text.plan(result, page, beside=appendix.lines(session.stack, page)))
    return _answer(result, work)


def up(
    place: Place,
    choice: Choice,
    work: Work,
    leave: Leave,
    guards: Guards,
    limits: Limits,
    manner: Manner,
    house: House,
    reports: Reports,
    plan: Annotated[
        Path | None,
        Option("--plan", metavar="FILE", help="Do exactly what a saved plan says, without a question, or nothing."),
    ] = None,
) -> int:
    """Make the cloud what the file says: plan, ask, apply. Also: apply."""
    from modelform.cli import saving
    from modelform.cli.session import open_session

    with _reporting("up", place, reports) as sheet:
        session = open_session(place, choice, house)
        if sheet is not None:
            sheet.begin(session)
        options = _options(work, leave, guards, limits, manner)
        if plan is None:
            return _change(session, "up", work, options, _yes_or_no, sheet=sheet)
        approval = saving.approval(session, plan)
        return _change(session, "up", work, approval.options(options), _yes_or_no, approval, plan, sheet)


def refresh(place: Place, choice: Choice, work: Work, leave: Leave, limits: Limits, house: House) -> int:
    """Take what is really there into the state; changes nothing in the cloud."""
    from modelform.cli.session import open_state

    session = open_state(place, choice, house)
    return _change(session, "refresh", work, _options(work, leave, Guards(), limits), _yes_or_no)


def destroy(
    place: Place,
    choice: Choice,
    work: Work,
    leave: Leave,
    limits: Limits,
    house: House,
    continue_on_error: Annotated[
        bool, Option("--continue-on-error", help="After an error, go on with what does not depend on it.")
    ] = False,
) -> int:
    """Delete everything that the stack has made, or what --only names."""
    from modelform.cli.session import open_state

    manner = Manner(continue_on_error=continue_on_error)
    options = _options(work, leave, Guards(), limits, manner)
    return _change(open_state(place, choice, house), "destroy", work, options, _by_name)


def _reporting(
    command: str, place: Place, reports: Reports, markdown: bool = False
) -> AbstractContextManager[Sheet | None]:
    """Writes the report files that are asked for when the operation ends; costs nothing where there are none."""
    if reports.sarif is None and reports.junit is None:
        return nullcontext()
    from modelform.cli.outside import outside
    from modelform.cli.reports import reported, take_stdout
    from modelform.cli.session import voice_of

    voice = voice_of(place)
    take_stdout(place, reports, voice, markdown=markdown)
    return reported(command, reports, voice, outside())


Ask = Callable[["Session", "Result"], bool]


def _change(
    session: Session,
    name: str,
    work: Work,
    options: OperationOptions,
    ask: Ask,
    approval: Approval | None = None,
    file: Path | None = None,
    sheet: Sheet | None = None,
) -> int:
    """Runs an operation that changes something; the plan is shown first, and agreed to unless `-y` was given.

    With an `approval` the plan in `file` was agreed to, and the one that is made now must be the same.
    """
    from modelform.cli.interruption import interruption
    from modelform.cli.questions import must_answer

    if not options.yes and approval is None:
        must_answer(session.around, f"modelform {name}")
    with interruption(session.voice) as cancelled, closing(Watch(session)) as watch:

        def confirm(plan: Result) -> bool:
            plan = _with_findings(session, plan)
            watch.show_plan(plan)
            return options.yes or ask(session, plan)

        def verify(plan: Result) -> None:
            if approval is not None:
                approval.verify(plan)
            watch.show_plan(_with_findings(session, plan))

        # What a refresh will find is known only by doing it: with -y it is not done twice.
        unasked = approval is not None or (name == "refresh" and options.yes)
        request = _request(session, options, None if unasked else confirm, cancelled)
        if approval is not None:
            request = replace(request, verify=verify)
        operation = getattr(session.driver(), name)
        result = _with_findings(session, operation(request, watch.on_event))
    if sheet is not None:
        sheet.found = result.diagnostics
    if session.voice.json:
        _document(session, result, file)
    _show_end(session, result, watch)
    if name == "up" and result.ok:
        keep_lock(session)
    return _answer(result, work)


class Watch:
    """Shows an operation as it goes: the plan once, then what runs. The display opens with the first event."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self.told: set[Diagnostic] = set()
        self.planned = False

    def show_plan(self, plan: Result) -> None:
        """Writes the plan; a display that is open gives way to it."""
        from modelform.report import text

        self.close()
        self.planned = True
        voice = self._session.voice
        beside = appendix.lines(self._session.stack, voice.page) if plan.command == "preview" else []
        voice.say(*text.plan(plan, voice.page, beside=beside), "")
        self.told.update(plan.diagnostics)

    def on_event(self, event: Event) -> None:
        """Tells of an event; findings wait for the end, where they stand together with their places."""
        if event.kind in ("diagnostic", "outputs", "summary"):
            return
        with self._lock:
            if self._progress is None:
                self._progress = self._session.voice.progress().__enter__()
            progress = self._progress
        progress.on_event(event)

    def close(self) -> None:
        """Ends the display."""
        with self._lock:
            progress, self._progress = self._progress, None
        if progress is not None:
            progress.__exit__(None, None, None)


def _show_end(session: Session, result: Result, watch: Watch) -> None:
    from modelform.report import text

    voice = session.voice
    untold = tuple(d for d in result.diagnostics if d not in watch.told)
    voice.complain(untold)
    if result.command == "refresh" and not watch.planned and (different := text.changes(result, voice.page)):
        voice.say("", *different)
    voice.say(*text.done(replace(result, diagnostics=()), voice.page))
    if result.ok and result.command == "up" and result.summary.changes and not voice.json:
        models = text.deployments(result.outputs, voice.page)
        voice.say(*(["", *models, "", "`modelform outputs` has all that an application needs."] if models else []))


def _yes_or_no(session: Session, plan: Result) -> bool:
    from modelform.cli.questions import agree

    what = "Take this into the state?" if plan.command == "refresh" else "Do this?"
    return agree(session.around, session.voice, what)


def _by_name(session: Session, plan: Result) -> bool:
    from modelform.cli.questions import type_name

    return type_name(session.around, session.voice, session.name)


def _options(
    work: Work, leave: Leave, guards: Guards, limits: Limits = _NO_LIMITS, manner: Manner = _AS_EVER
) -> OperationOptions:
    from modelform.drivers import OperationOptions

    if limits.dependents and not limits.only:
        raise UsageError("--dependents says what goes along with --only", hint="name a resource: --only NAME")
    return OperationOptions(
        parallel=work.parallel,
        refresh=work.refresh,
        targets=tuple(limits.only or ()),
        dependents=limits.dependents,
        replace=tuple(manner.replace or ()),
        continue_on_error=manner.continue_on_error,
        allow_replace=tuple(guards.allow_replace or ()),
        allow_delete=tuple(guards.allow_delete or ()),
        yes=leave.yes,
        on_name_taken=leave.on_name_taken.value if leave.on_name_taken else "fail",
        purge=tuple(leave.purge or ()),
        approval=leave.approval,
    )


def _request(
    session: Session,
    options: OperationOptions,
    confirm: Callable[[Result], bool] | None = None,
    cancelled: threading.Event | None = None,
) -> Request:
    from modelform.cli.wiring import connector
    from modelform.drivers import Request

    return Request(
        name=session.name,
        connection=connector(session),
        stack=session.stack,
        options=options,
        confirm=confirm,
        cancelled=cancelled or threading.Event(),
        company=session.company,
    )


def _with_findings(session: Session, result: Result) -> Result:
    """The result with what was found in the stack file, each finding once."""
    from modelform.report.findings import folded

    return replace(result, diagnostics=folded((*session.diagnostics, *result.diagnostics)))


def _document(session: Session, result: Result, plan: Path | None = None) -> None:
    from modelform.report import json

    parts = appendix.parts(session.stack) if result.command in ("preview", "up") else {}
    beside = appendix.company(session.company)
    session.voice.document(json.document(result, None if plan is None else str(plan)) | parts | beside)


def _answer(result: Result, work: Work) -> int:
    if result.exit_code is Exit.OK and work.detailed_exitcode and result.summary.changes:
        return int(Exit.CHANGES)
    return int(result.exit_code)


def _unheard(event: Event) -> None:
    """A plan is shown when it is whole."""
