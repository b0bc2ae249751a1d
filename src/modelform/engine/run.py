"""One operation of the embedded engine: preview, up, destroy or refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from modelform.engine import urns
from modelform.engine.deployment import Deployment, Stop
from modelform.engine.execute import Executor
from modelform.engine.instances import Instances
from modelform.engine.ledger import Ledger
from modelform.engine.options import Journal, Options, Outcome
from modelform.engine.pending import resolve
from modelform.engine.refresh import refresh
from modelform.engine.registration import Registrar
from modelform.engine.removal import remove
from modelform.engine.reporter import Reporter
from modelform.engine.targets import Targets
from modelform.errors import ModelformError
from modelform.plan import Event
from modelform.seam import Provider
from modelform.state import Snapshot
from modelform.values import Properties, has_unknown

if TYPE_CHECKING:
    from modelform.engine.hosting import Program

Operation = Literal["preview", "up", "destroy", "refresh"]
VERSION = "modelform"


def run(
    operation: Operation,
    program: Program | None,
    *,
    project: str,
    stack: str,
    config: dict[str, str],
    config_secrets: list[str],
    base: Snapshot,
    providers: Callable[[str, str], Provider],
    journal: Journal,
    on_event: Callable[[Event], None],
    options: Options | None = None,
) -> Outcome:
    """Runs an operation on the state `base` and says how it ended; findings are in the outcome, not raised.

    `program` declares the resources (preview, up); destroy and refresh need none. `providers` makes the provider of a
    package and version. `config` is the stack's configuration, `config_secrets` the keys of it that are secret.
    """
    options = options or Options()
    reporter = Reporter(on_event)
    preview = operation == "preview"
    instances = Instances(providers, preview)
    ledger = Ledger(base, None if preview else journal, VERSION)
    deployment = Deployment(project, stack, preview, options, ledger, instances, reporter)
    working = _Operation(deployment, config, set(config_secrets))
    try:
        working.go(operation, program)
    finally:
        instances.close()
    return working.outcome()


class _Operation:
    """The phases of an operation, one after the other."""

    def __init__(self, deployment: Deployment, config: dict[str, str], secrets: set[str]) -> None:
        self.deployment = deployment
        self.executor = Executor(deployment)
        self.outputs: Properties = {}
        self._config = config
        self._secrets = secrets
        self._snapshot: Snapshot | None = None

    def go(self, operation: Operation, program: Program | None) -> None:
        """Runs the phases; whatever ends them, what was done is written."""
        deployment = self.deployment
        given: Properties | None = None
        try:
            resolve(deployment)
            if operation == "refresh" or deployment.options.refresh:
                self._refresh(listed=operation == "refresh")
            if operation != "refresh":
                if not self._check_targets(deployment.replace_targets):
                    raise deployment.fail_quietly()
                if operation in ("preview", "up") and program is not None:
                    given = self._run_program(program)
                self._check_targets(deployment.targets)
                remove(deployment, self.executor)
        except Stop:
            pass
        except KeyboardInterrupt:
            deployment.interrupted = True
        except ModelformError as error:
            deployment.fail(error)
        self._finish(given)

    def _refresh(self, listed: bool) -> None:
        if not self._check_targets(self.deployment.targets):
            raise self.deployment.fail_quietly()
        refresh(self.deployment, listed)

    def _run_program(self, program: Program) -> Properties | None:
        """Runs the program and returns what it gives out; raises `Stop` where the operation is to end after it."""
        from modelform.engine.hosting import host
        from modelform.engine.monitor import Monitor

        deployment = self.deployment
        registrar = Registrar(deployment, self.executor, self._config, self._secrets)
        monitor = Monitor(registrar, self._config, self._secrets)
        try:
            host(program, monitor, self._config, self._secrets)
        except ModelformError as error:
            # After a failure the program ends for that reason, which was told already.
            if not deployment.stopped.is_set():
                deployment.fail(error)
        finally:
            self._given = monitor.stack_outputs
        deployment.check_running()
        return monitor.stack_outputs

    def _check_targets(self, targets: Targets | None) -> bool:
        """Says so of each target that nobody has heard of."""
        deployment = self.deployment
        known = deployment.urns | {slot.urn for slot in deployment.ledger.base}
        unheard = sorted(targets.literals - known) if targets else []
        for urn in unheard:
            deployment.complain("engine.target", f"there is no resource {urn}", hint="`*` and `**` are patterns")
        return not unheard

    _given: Properties | None = None

    def _finish(self, given: Properties | None) -> None:
        """Stores what the stack gives out, and writes what is not written yet."""
        deployment = self.deployment
        given = self._given if given is None else given
        stack = next(
            (slot for urn, slot in deployment.made.items() if urns.type_of(urn) == urns.STACK_TYPE and not slot.gone),
            None,
        )
        old = next((s.resource.outputs for u, s in deployment.olds.items() if urns.type_of(u) == urns.STACK_TYPE), {})
        self.outputs = old if given is None else given
        if not deployment.preview and given is not None:
            known = {key: item for key, item in given.items() if not has_unknown(item)}
            self.outputs = {**old, **known} if deployment.errored or deployment.interrupted else known
            if stack is not None:
                deployment.ledger.set_outputs(stack, self.outputs)
        try:
            self._snapshot = deployment.ledger.close()
        except ModelformError as error:
            deployment.fail(error)

    def outcome(self) -> Outcome:
        """How it ended."""
        deployment, reporter = self.deployment, self.deployment.reporter
        interrupted = deployment.interrupted
        reporter.emit(Event("outputs", outputs=self.outputs))
        reporter.emit(Event("summary"))
        return Outcome(
            ok=not (deployment.errored or interrupted or reporter.failed),
            steps=reporter.steps,
            outputs=self.outputs,
            diagnostics=tuple(reporter.diagnostics),
            snapshot=self._snapshot or deployment.ledger.snapshot(),
            summary=reporter.summary,
            interrupted=interrupted,
            applied=deployment.applied,
        )
