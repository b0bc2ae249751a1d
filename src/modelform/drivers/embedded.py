"""The embedded engine as a driver: states in a folder, our own provider, everything in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from modelform.drivers import agreements, course, guards, ordered, preflight, selection
from modelform.drivers import changes as told
from modelform.drivers.driver import HistoryEntry, OnEvent, Request, StackInfo
from modelform.drivers.graves import Graves
from modelform.drivers.place import Place
from modelform.drivers.telling import Listener, deletions, exit_code
from modelform.errors import Diagnostic, Severity, StateError
from modelform.plan import Change, Result
from modelform.spec.resolved import Stack, Target
from modelform.state import Snapshot, binding
from modelform.state.folder import Folder
from modelform.state.history import HistoryRecord
from modelform.state.secrets import Passphrase
from modelform.values import bare

if TYPE_CHECKING:
    from modelform.engine import Outcome

Operation = Literal["preview", "up", "destroy", "refresh"]
_HISTORY = {"up": "update", "destroy": "destroy", "refresh": "refresh"}


@dataclass(slots=True)
class _Work:
    """One operation on one stack: its state as it was, what opens it, and what was found on the way."""

    request: Request
    stack: Stack | None
    folder: Folder
    crypter: Passphrase
    base: Snapshot
    graves: Graves
    found: list[Diagnostic] = field(default_factory=list)

    def close(self) -> None:
        """Gives back what the operation opened."""
        self.graves.close()


class Embedded:
    """Runs operations with the embedded engine; see `Driver`."""

    engine = "embedded"

    def __init__(
        self,
        *,
        project_dir: Path,
        target: Target,
        environment: Mapping[str, str],
        project: str = "modelform",
        backend: str | None = None,
        allow_local_state: bool = False,
        today: date | None = None,
    ) -> None:
        self._place = Place(project_dir, target, environment, project, backend, allow_local_state)
        self._target = target
        self._project = project
        self._today = today

    # operations

    def preview(self, request: Request, on_event: OnEvent) -> Result:
        """The plan of an `up`; takes no lock and changes nothing."""
        started = time.monotonic()
        stack = course.needed(request)
        found = self._checked(stack)
        with closing(self._open(request, stack, found)) as work:
            plan = self._plan(work, on_event, Severity.WARNING)
        return replace(plan, seconds=time.monotonic() - started)

    def up(self, request: Request, on_event: OnEvent) -> Result:
        """Plans, guards, asks, applies; holds the lock from before the plan to the end."""
        started = time.monotonic()
        stack = course.needed(request)
        found = self._checked(stack)
        if request.options.dry_run:
            return replace(self.preview(request, on_event), command="up")
        with self._locked(request, stack, found) as work:
            plan = self._plan(work, on_event, Severity.ERROR)
            if not plan.ok:
                return replace(course.nothing_done(plan), command="up", seconds=time.monotonic() - started)
            self._agree(work, plan)
            result = self._apply("up", work, on_event)
        return replace(result, seconds=time.monotonic() - started)

    def destroy(self, request: Request, on_event: OnEvent) -> Result:
        """Deletes everything in the state, without running the program."""
        started = time.monotonic()
        if request.options.dry_run:
            with closing(self._open(request, request.stack)) as work:
                return self._deletions(work)
        with self._locked(request, request.stack) as work:
            plan = self._deletions(work)
            guards.require(guards.beyond(plan.changes, work.base, request))
            self._agree(work, plan)
            result = self._apply("destroy", work, on_event)
        return replace(result, seconds=time.monotonic() - started)

    def refresh(self, request: Request, on_event: OnEvent) -> Result:
        """Takes what is really there into the state; with `dry_run` only tells of it."""
        started = time.monotonic()
        if request.options.dry_run:
            with closing(self._open(request, request.stack)) as work:
                selection.require_known(request.options, work.base, (), None)
                result = self._apply("refresh", work, on_event, keep=False)
        else:
            with self._locked(request, request.stack) as work:
                selection.require_known(request.options, work.base, (), None)
                work.folder.prove(work.base, work.crypter)
                if request.confirm is not None:
                    course.ask(request, self._apply("refresh", work, course.silent, keep=False))
                result = self._apply("refresh", work, on_event)
        return replace(result, refreshed=True, seconds=time.monotonic() - started)

    # what is in the states

    def outputs(self, name: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs as of its last `up`; secrets keep their marks unless they are to be shown."""
        folder = self._place.folder()
        if not folder.exists(self._project, name):
            raise StateError(f"stack {name} has no state yet", code="state.none", hint="`modelform up` makes one")
        snapshot = folder.load(self._project, name, self._place.crypter(name))
        found = next((r.outputs for r in snapshot.resources if r.type == told.STACK_TYPE and not r.delete), {})
        return ordered.outputs(bare(found) if show_secrets else found)

    def stacks(self) -> list[StackInfo]:
        """Every stack of the project that has a state."""
        return [
            StackInfo(
                name=entry.stack,
                target=self._target,
                resources=max(entry.resources, 0),
                updated=entry.updated,
                locked_by=", ".join(str(owner) for owner in entry.locked_by),
                problem=entry.problem,
            )
            for entry in self._place.folder().stacks()
            if entry.project == self._project
        ]

    def export(self, name: str) -> dict[str, Any]:
        """The state in Pulumi's deployment format, secrets encrypted."""
        return self._place.folder().export(self._project, name)

    def import_state(self, name: str, document: dict[str, Any]) -> None:
        """Puts a state in the place of the present one, which goes into the backups."""
        folder = self._place.folder()
        self._place.keep_out_of_repositories()
        with folder.lock(self._project, name):
            folder.import_(self._project, name, document, self._place.crypter(name))

    def history(self, name: str) -> list[HistoryEntry]:
        """Past operations, the latest first."""
        return [
            HistoryEntry(
                kind=record.kind,
                result=record.result,
                started=_moment(record.start_time),
                ended=_moment(record.end_time),
                message=record.problem or record.message,
                changes=dict(record.resource_changes),
            )
            for record in self._place.folder().history(self._project, name)
        ]

    def unlock(self, name: str) -> list[str]:
        """Takes away the locks of a stack; who held them."""
        return [str(owner) for owner in self._place.folder().unlock(self._project, name)]

    # how

    def _checked(self, stack: Stack) -> list[Diagnostic]:
        return course.checked(stack, self._day(), self._place.folder)

    def _day(self) -> date:
        return self._today or datetime.now(UTC).date()

    @contextmanager
    def _locked(self, request: Request, stack: Stack | None, found: list[Diagnostic] | None = None) -> Iterator[_Work]:
        folder = self._place.folder()
        self._place.keep_out_of_repositories()
        with folder.lock(self._project, request.name) as held, closing(self._open(request, stack, found)) as work:
            for owner in held.taken_over:
                said = f"the lock of {owner} was taken over: that process is gone"
                work.found.append(Diagnostic("state.lock-taken-over", Severity.WARNING, said))
            yield work

    def _open(self, request: Request, stack: Stack | None, found: list[Diagnostic] | None = None) -> _Work:
        """Reads the state, and makes sure that it belongs to the cloud that is about to be worked on."""
        folder, crypter = self._place.folder(), self._place.crypter(request.name)
        folder.warm(self._project, request.name, crypter)
        base = folder.load(self._project, request.name, crypter)
        bound = binding.read(base)
        if stack is not None:
            binding.require(base, course.cloud(stack), request.name)
        elif bound is not None and bound.target != self._target:
            binding.require(base, replace(bound, target=self._target), request.name)
        return _Work(request, stack, folder, crypter, base, Graves(request, self._target, base), list(found or ()))

    def _plan(self, work: _Work, on_event: OnEvent, severity: Severity) -> Result:
        """The plan of an `up`; what would be refused is told with the given severity."""
        listener = Listener(on_event, only=("diagnostic",))
        outcome = self._run("preview", work, listener)
        options, stack = work.request.options, work.stack
        selection.require_known(options, work.base, outcome.steps, stack)
        planned, names = work.graves.foresee(told.changes(outcome.steps, stack), severity)
        agreed = work.request.confirm is not None or work.request.verify is not None
        asked = guards.findings(planned, outcome.steps, options, stack, severity=severity, agreed=agreed)
        asked += guards.beyond(planned, work.base, work.request, severity=severity)
        refused = [d for d in [*asked, *names] if d.severity is Severity.ERROR]
        if outcome.ok:
            graves = work.graves
            preflight.asked(stack, work.found, planned, work.base, graves.arm, self._day(), graves.deleted_accounts)
        plan = replace(self._result("preview", work, outcome, planned, [*asked, *names]), steps=outcome.steps)
        if plan.ok and severity is Severity.ERROR and work.request.verify is not None:
            work.request.verify(plan)
        if outcome.ok:
            guards.require(refused)
            plan = preflight.stopped(plan, work.found, severity)
        return plan

    def _agree(self, work: _Work, plan: Result) -> None:
        """Asks whoever has to agree, when the passphrase is proved to be the state's: what follows writes."""
        work.folder.prove(work.base, work.crypter)
        course.ask(work.request, plan)

    def _apply(self, operation: Operation, work: _Work, on_event: OnEvent, keep: bool = True) -> Result:
        """Runs an operation and records it; without `keep` only to see what it would find."""
        start = int(time.time())
        listener = Listener(on_event)
        outcome = self._run(operation, work, listener, keep=keep)
        if operation == "destroy" and outcome.ok:
            work.graves.purge_rest()
        done = told.changes(listener.finished(outcome.steps), work.stack)
        over = agreements.left(work.base, done, operation) if keep else []
        result = self._result(operation, work, outcome, done, [*work.graves.notes, *over])
        if not keep:
            return result
        record = HistoryRecord(
            kind=_HISTORY[operation],
            start_time=start,
            end_time=int(time.time()),
            result="succeeded" if result.ok else "failed",
            message=work.request.options.message,
            resource_changes=dict(outcome.summary),
        )
        try:
            work.folder.add_history(self._project, work.request.name, record)
        except StateError as error:
            # What was done is done, and in the state: a missing record must not make it look otherwise.
            note = replace(error.diagnostics[0], severity=Severity.WARNING)
            result = replace(result, diagnostics=(*result.diagnostics, note))
        return result

    def _run(self, operation: Operation, work: _Work, listener: Listener, keep: bool = True) -> Outcome:
        from modelform import engine, program

        request, options = work.request, work.request.options
        config, secret = self._place.config(request.name, work.crypter)
        runs = operation in ("preview", "up") and work.stack is not None
        return engine.run(
            operation,
            program.build(work.stack, found=work.found) if runs and work.stack is not None else None,
            project=self._project,
            stack=request.name,
            config=config,
            config_secrets=secret,
            base=work.base,
            providers=work.graves.provider,
            journal=_Journal(self._project, work, keep and operation != "preview"),
            on_event=listener,
            options=engine.Options(
                parallel=options.parallel,
                targets=selection.targets(options, program=runs),
                target_dependents=options.dependents,
                replace=selection.replacing(options),
                refresh=options.refresh,
                continue_on_error=options.continue_on_error,
                cancelled=request.cancelled,
                root_directory=str(self._place.project_dir),
            ),
        )

    def _deletions(self, work: _Work) -> Result:
        """What a destroy would do: everything in the state goes, and nobody has to be asked to know that."""
        options = work.request.options
        selection.require_known(options, work.base, (), None)
        going = deletions(work.base, selection.doomed(options, work.base))
        planned, _ = work.graves.foresee(told.changes(going, work.stack), Severity.WARNING)
        return Result(
            command="destroy",
            stack=work.request.name,
            engine=self.engine,
            target=self._target,
            ok=True,
            summary=told.summary(planned),
            changes=planned,
            diagnostics=tuple(work.found),
        )

    def _result(
        self,
        command: str,
        work: _Work,
        outcome: Outcome,
        done: tuple[Change, ...],
        notes: list[Diagnostic],
    ) -> Result:
        ok = outcome.ok and not outcome.interrupted
        diagnostics = tuple(dict.fromkeys([*work.found, *outcome.diagnostics, *notes]))
        if outcome.interrupted:
            diagnostics = (*diagnostics, course.interrupted(command))
        return Result(
            command=command,
            stack=work.request.name,
            engine=self.engine,
            target=self._target,
            ok=ok,
            summary=told.summary(done),
            changes=done,
            diagnostics=diagnostics,
            outputs=ordered.outputs(outcome.outputs, work.stack),
            exit_code=exit_code(
                ok=ok, interrupted=outcome.interrupted, applied=outcome.applied, diagnostics=diagnostics
            ),
            refreshed=work.request.options.refresh,
        )


class _Journal:
    """Writes an operation's states into the folder; one that only looks writes nothing."""

    def __init__(self, project: str, work: _Work, writes: bool) -> None:
        self._project, self._work, self._writes = project, work, writes

    def write(self, snapshot: Snapshot) -> None:
        """Makes the snapshot last."""
        if self._writes:
            self._work.folder.save(self._project, self._work.request.name, snapshot, self._work.crypter)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z") if seconds else ""
