"""The Pulumi CLI as a driver: the same program, events and results, with Pulumi's own engine between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.drivers import agreements, course, guards, ordered, preflight, pulumi_installation, selection
from modelform.drivers import changes as told
from modelform.drivers.driver import Driver, HistoryEntry, OnEvent, Request, Serve, StackInfo
from modelform.drivers.graves import KEPT, NAMES, Graves
from modelform.drivers.place import Place
from modelform.drivers.pulumi_again import Again
from modelform.drivers.pulumi_events import Events, hidden_marked
from modelform.drivers.pulumi_home import Home, plugin_command
from modelform.drivers.pulumi_run import Operation, Runner, Work
from modelform.drivers.telling import deletions, exit_code
from modelform.errors import Diagnostic, PolicyError, Severity, StalePlanError, UnsupportedError
from modelform.plan import Change, Event, Op, Result
from modelform.spec.resolved import Stack, Target
from modelform.state import Snapshot, binding

if TYPE_CHECKING:
    from modelform.drivers.pulumi_stack import Stacks


class PulumiCli:
    """Runs operations with the Pulumi CLI; see `Driver`.

    `serve` makes the sandbox reachable for another process. `plugin` is the command of the provider's plugin in the
    sandbox. `again` makes what decides about another run after an error in the middle.
    """

    engine = "pulumi"

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
        secrets_provider: str = "",
        serve: Serve | None = None,
        plugin: Sequence[str] | None = None,
        again: Callable[[Request], Again] | None = None,
    ) -> None:
        self._place = Place(project_dir, target, environment, project, backend, allow_local_state)
        self._home = Home(self._place, secrets_provider)
        self._target, self._project, self._today = target, project, today
        self._serve = serve
        self._plugin = plugin or plugin_command("modelform.drivers.pulumi_plugin")
        self._again = again or (lambda request: Again(request.cancelled))

    # operations

    def preview(self, request: Request, on_event: OnEvent) -> Result:
        """The plan of an `up`; takes no lock, and leaves nothing behind where the state is a folder."""
        started = time.monotonic()
        stack = course.needed(request)
        found = self._checked(stack)
        with self._open(request, stack, found) as work:
            plan = self._plan(work, on_event, Severity.WARNING)
        return replace(plan, seconds=time.monotonic() - started)

    def up(self, request: Request, on_event: OnEvent) -> Result:
        """Plans, guards, asks, applies."""
        started = time.monotonic()
        stack = course.needed(request)
        found = self._checked(stack)
        if request.options.dry_run:
            return replace(self.preview(request, on_event), command="up")
        with self._open(request, stack, found, changing=True) as work:
            plan = self._plan(work, on_event, Severity.ERROR)
            if not plan.ok:
                return replace(course.nothing_done(plan), command="up", seconds=time.monotonic() - started)
            course.ask(request, plan)
            self._require_unchanged(work)
            self._free_names(work, plan)
            result = self._apply("up", work, on_event)
        return replace(result, seconds=time.monotonic() - started)

    def destroy(self, request: Request, on_event: OnEvent) -> Result:
        """Deletes everything in the state, without running the program."""
        started = time.monotonic()
        with self._open(request, request.stack, changing=not request.options.dry_run) as work:
            plan = self._deletions(work)
            if request.options.dry_run:
                return plan
            guards.require(guards.beyond(plan.changes, work.base, request))
            course.ask(request, plan)
            self._require_unchanged(work)
            result = self._apply("destroy", work, on_event)
        return replace(result, seconds=time.monotonic() - started)

    def refresh(self, request: Request, on_event: OnEvent) -> Result:
        """Takes what is really there into the state; with `dry_run` only tells of it."""
        started = time.monotonic()
        dry = request.options.dry_run
        with self._open(request, request.stack, changing=not dry) as work:
            selection.require_known(request.options, work.base, (), None)
            if dry or request.confirm is not None:
                found = self._apply("refresh", work, on_event if dry else course.silent, keep=False)
                if not dry:
                    course.ask(request, found)
                    self._require_unchanged(work)
            result = found if dry else self._apply("refresh", work, on_event)
        return replace(result, refreshed=True, seconds=time.monotonic() - started)

    # what is in the states

    def outputs(self, name: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs as of its last `up`."""
        if self._near is not None:
            return self._near.outputs(name, show_secrets=show_secrets)
        return ordered.outputs(self._far(name).outputs(name, show_secrets=show_secrets))

    def stacks(self) -> list[StackInfo]:
        """Every stack of the project that has a state."""
        return self._near.stacks() if self._near is not None else self._far("").listed(self._target)

    def export(self, name: str) -> dict[str, Any]:
        """The state in Pulumi's deployment format, secrets encrypted."""
        return self._near.export(name) if self._near is not None else self._far(name).export(name)

    def import_state(self, name: str, document: dict[str, Any]) -> None:
        """Puts a state in the place of the present one."""
        if self._near is not None:
            self._near.import_state(name, document)
            return
        far = self._far(name)
        far.ensure(name)
        far.import_state(name, document)

    def history(self, name: str) -> list[HistoryEntry]:
        """Past operations, the latest first."""
        return self._near.history(name) if self._near is not None else self._far(name).history(name)

    def unlock(self, name: str) -> list[str]:
        """Takes away the locks of a stack, as `pulumi cancel` does; who held them."""
        return self._near.unlock(name) if self._near is not None else self._far(name).cancel(name)

    @cached_property
    def _near(self) -> Driver | None:
        """What reads states in a folder: the embedded engine's driver, since both have the same files."""
        if not self._home.near:
            return None
        from modelform.drivers.embedded import Embedded

        place = self._place
        return Embedded(
            project_dir=place.project_dir,
            target=self._target,
            environment=place.environment,
            project=self._project,
            backend=place.backend,
            allow_local_state=place.allow_local_state,
            today=self._today,
        )

    def _far(self, name: str) -> Stacks:
        """The stacks in a backend that only the CLI reads."""
        from modelform.drivers.pulumi_process import Command
        from modelform.drivers.pulumi_stack import Stacks

        self._home.prepare(name, "", self._plugin)
        command = Command(pulumi_installation.require(self._place.environment), self._home.environment("", {}))
        return Stacks(command, self._home.folder, self._home.secrets_provider)

    # how

    def _checked(self, stack: Stack) -> list[Diagnostic]:
        return course.checked(stack, self._day(), self._place.folder if self._home.near else None)

    def _day(self) -> date:
        return self._today or datetime.now(UTC).date()

    @contextmanager
    def _open(
        self, request: Request, stack: Stack | None, found: list[Diagnostic] | None = None, *, changing: bool = False
    ) -> Iterator[Work]:
        """Reads the state, makes sure that it belongs to this cloud, and readies the CLI; changes nothing yet."""
        command = pulumi_installation.require(self._place.environment)
        version = pulumi_installation.asked(command, self._place.environment)
        from modelform.drivers.pulumi_process import Command

        findings = list(found or ())
        with ExitStack() as held:
            base, digest = self._base(request.name, changing, findings)
            self._require_cloud(request.name, stack, base)
            salt = base.secrets_providers.salt if base.secrets_providers else ""
            self._home.prepare(request.name, salt, self._plugin)
            environment = self._home.environment(salt, self._reach(request, held))
            graves = held.enter_context(closing(Graves(request, self._target, base)))
            process = Command(command, environment, request.cancelled, version)
            yield Work(request, stack, base, graves, process, digest, findings)

    def _base(self, name: str, changing: bool, found: list[Diagnostic]) -> tuple[Snapshot, str]:
        """The state, and a digest of it where it is a folder's; a lock that is held there ends it here."""
        if not self._home.near:
            return self._far(name).snapshot(name), ""
        folder = self._place.folder()
        if changing:
            # The CLI locks for itself. This finds a lock before anything is begun, and takes a dead process's away.
            self._place.keep_out_of_repositories()
            with folder.lock(self._project, name) as held:
                for owner in held.taken_over:
                    said = f"the lock of {owner} was taken over: that process is gone"
                    found.append(Diagnostic("state.lock-taken-over", Severity.WARNING, said))
        digest = folder.digest(self._project, name)
        return folder.load(self._project, name, self._place.crypter(name)), digest

    def _require_cloud(self, name: str, stack: Stack | None, base: Snapshot) -> None:
        bound = binding.read(base)
        if stack is not None:
            binding.require(base, course.cloud(stack), name)
        elif bound is not None and bound.target != self._target:
            binding.require(base, replace(bound, target=self._target), name)

    def _reach(self, request: Request, held: ExitStack) -> dict[str, str]:
        """The variables by which the plugin reaches the sandbox, which is served for as long as `held` lasts."""
        if self._target != "sandbox":
            return {}
        if self._serve is None:
            raise UnsupportedError("nobody serves the sandbox for the Pulumi CLI", hint="run with --engine embedded")
        from modelform.drivers.pulumi_plugin import variables
        from modelform.provider.plugin import ENDPOINT, TOKEN

        served = held.enter_context(self._serve())
        return {
            ENDPOINT: served.endpoint,
            TOKEN: served.token,
            "AZURE_TENANT_ID": served.tenant,
            "REQUESTS_CA_BUNDLE": str(served.ca_bundle),
            **variables(request.options),
        }

    def _require_unchanged(self, work: Work) -> None:
        """The CLI's lock begins with its own run: whoever changed the state since the plan was made stops it here."""
        if self._home.near and self._place.folder().digest(self._project, work.name) != work.digest:
            raise StalePlanError(
                f"the state of stack {work.name} was changed by somebody else while its plan was looked at",
                code="state.changed",
                hint="run the command again",
            )

    def _plan(self, work: Work, on_event: OnEvent, severity: Severity) -> Result:
        """The plan of an `up`; what would be refused is told with the given severity."""
        events = Events(on_event, only=("diagnostic",))
        ok = self._run("preview", work, events)
        options, stack = work.request.options, work.stack
        selection.require_known(options, work.base, events.steps, stack)
        planned, names = work.graves.foresee(told.changes(events.steps, stack), severity)
        request = work.request
        agreed = request.confirm is not None or request.verify is not None
        asked = guards.findings(planned, events.steps, options, stack, severity=severity, agreed=agreed)
        asked += guards.beyond(planned, work.base, request, severity=severity)
        if ok:
            graves = work.graves
            preflight.asked(stack, work.found, planned, work.base, graves.arm, self._day(), graves.deleted_accounts)
        result = self._result("preview", work, ok, [events], planned, [*asked, *names])
        plan = replace(result, steps=tuple(events.steps))
        if ok and severity is Severity.ERROR and request.verify is not None:
            request.verify(plan)
        if ok:
            guards.require([d for d in [*asked, *names] if d.severity is Severity.ERROR])
            plan = preflight.stopped(plan, work.found, severity)
        return plan

    def _apply(self, operation: Operation, work: Work, on_event: OnEvent, keep: bool = True) -> Result:
        """Runs an operation, and again after errors that pass by themselves; without `keep` only to see."""
        runs: list[Events] = []
        again = self._again(work.request)
        while True:
            events = Events(on_event)
            ok = self._run(operation, work, events, keep=keep)
            runs.append(events)
            progressed = any(step.op is not Op.SAME for step in events.done)
            why = "" if ok or not keep else again.reason(events.failures, progressed)
            if not why:
                break
            note = Diagnostic("engine.another-run", Severity.WARNING, why)
            work.found.append(note)
            on_event(Event("diagnostic", diagnostic=note))
            if not again.wait():
                break
        done = told.changes([step for events in runs for step in events.done], work.stack)
        if keep:
            self._purge_deleted(operation, work, done, ok)
        on_event(Event("outputs", outputs=runs[-1].outputs or {}))
        on_event(Event("summary"))
        over = agreements.left(work.base, done, operation) if keep else []
        return self._result(operation, work, ok, runs, done, [*work.graves.notes, *over])

    def _run(self, operation: Operation, work: Work, events: Events, keep: bool = True) -> bool:
        return self._runner.run(operation, work, events, keep)

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._place, self._home, lambda name: self._far(name).ensure(name))

    # names that outlive what they named, with the official plugin; ours takes care of them itself

    def _free_names(self, work: Work, plan: Result) -> None:
        """Purges what was named with --purge and holds the name of something that is to be made."""
        if self._target == "sandbox":
            return
        held = [c for c in plan.changes if c.type in KEPT and c.op is Op.CREATE and "soft-deleted" in c.reason]
        if held and work.request.options.on_name_taken == "recover":
            raise PolicyError(
                f"the Pulumi CLI cannot take back what is deleted: {', '.join(c.name for c in held)}",
                code="engine.recover",
                hint="run this one with --engine embedded, which has the same state",
            )
        names = {str(d.new) for c in held for d in c.diff if d.path == NAMES[c.type]}
        work.graves.free(names & set(work.request.options.purge))

    def _purge_deleted(self, operation: Operation, work: Work, done: tuple[Change, ...], ok: bool) -> None:
        """Purges what this operation has deleted and --purge names."""
        if self._target == "sandbox":
            return
        if operation == "destroy" and ok:
            work.graves.purge_rest()
            return
        gone = {c.id.rpartition("/")[2] for c in done if c.type in KEPT and c.op is Op.DELETE}
        work.graves.free(gone & set(work.request.options.purge))

    # how it ended

    def _deletions(self, work: Work) -> Result:
        """What a destroy would do: everything in the state goes, and nobody has to be asked to know that."""
        options = work.request.options
        selection.require_known(options, work.base, (), None)
        going = deletions(work.base, selection.doomed(options, work.base))
        planned, _ = work.graves.foresee(told.changes(going, work.stack), Severity.WARNING)
        return Result(
            command="destroy",
            stack=work.name,
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
        work: Work,
        ok: bool,
        runs: list[Events],
        done: tuple[Change, ...],
        notes: list[Diagnostic],
    ) -> Result:
        last = runs[-1]
        interrupted = not ok and work.request.cancelled.is_set()
        # What an earlier run failed with, and a later one did, is no error of the operation any more.
        earlier = [d for events in runs[:-1] for d in events.diagnostics if d.severity is not Severity.ERROR]
        diagnostics = tuple(dict.fromkeys([*work.found, *earlier, *last.diagnostics, *notes]))
        applied = command != "preview" and any(events.applied for events in runs)
        if interrupted:
            diagnostics = (*diagnostics, course.interrupted(command))
        return Result(
            command=command,
            stack=work.name,
            engine=self.engine,
            target=self._target,
            ok=ok,
            summary=told.summary(done),
            changes=done,
            diagnostics=diagnostics,
            outputs=self._outputs(command, work, ok, last),
            exit_code=exit_code(ok=ok, interrupted=interrupted, applied=applied, diagnostics=diagnostics),
            refreshed=work.request.options.refresh,
        )

    def _outputs(self, command: str, work: Work, ok: bool, last: Events) -> dict[str, Any]:
        """The outputs with their secrets marked: the state's own after an `up`, where it can be read here."""
        if command == "up" and ok and self._near is not None:
            return ordered.outputs(self._near.outputs(work.name), work.stack)
        return ordered.outputs(hidden_marked(last.outputs or {}), work.stack)
