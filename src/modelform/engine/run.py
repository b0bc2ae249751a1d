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
    secrets = set(config_secrets)

    def declare(registrar: Registrar) -> None:
        from modelform.engine.hosting import host
        from modelform.engine.monitor import Monitor

        if program is not None:
            host(program, Monitor(registrar, config, secrets), config, secrets)

    return operate(
        operation,
        declare if program is not None else None,
        project=project,
        stack=stack,
        config=config,
        secrets=secrets,
        base=base,
        providers=providers,
        journal=journal,
        on_event=on_event,
        options=options or Options(),
    )


def operate(
    operation: Operation,
    declare: Callable[[Registrar], None] | None,
    *,
    project: str,
    stack: str,
    config: dict[str, str],
    secrets: set[str],
    base: Snapshot,
    providers: Callable[[str, str], Provider],
    journal: Journal,
    on_event: Callable[[Event], None],
    options: Options,
) -> Outcome:
    """`run` for whatever registers resources: `declare` gets the registrar, and raises `Stop` where that does."""
    preview = operation == "preview"
    reporter, instances = Reporter(on_event), Instances(providers, preview)
    ledger = Ledger(base, None if preview else journal, VERSION)
    working = _Operation(Deployment(project, stack, preview, options, ledger, instances, reporter))
    try:
        working.go(operation, declare, config, secrets)
    finally:
        instances.close()
    return working.outcome()


class _Operation:
    """The phases of an operation, one after the other."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.executor = Executor(deployment)
        self.outputs: Properties = {}
        self._snapshot: Snapshot | None = None

    def go(
        self,
        operation: Operation,
        declare: Callable[[Registrar], None] | None,
        config: dict[str, str],
        secrets: set[str],
    ) -> None:
        """Runs the phases; whatever ends them, what was done is written."""
        deployment = self.deployment
        try:
            if operation == "destroy":
                self._require_targets(deployment.targets)
            resolve(deployment)
            if operation == "refresh" or deployment.options.refresh:
                self._require_targets(deployment.targets)
                refresh(deployment, listed=operation == "refresh")
            if operation != "refresh":
                self._require_targets(deployment.replace_targets)
                if operation in ("preview", "up") and declare is not None:
                    self._declare(declare, config, secrets)
                self._check_targets(deployment.targets)
                remove(deployment, self.executor)
        except Stop:
            # Why it ends was told where it was decided.
            deployment.stopped.set()
        except KeyboardInterrupt:
            deployment.interrupted = True
        except ModelformError as error:
            deployment.fail(error)
        finally:
            self._finish()

    def _declare(self, declare: Callable[[Registrar], None], config: dict[str, str], secrets: set[str]) -> None:
        """Has the resources registered; raises `Stop` where the operation is to end after that."""
        deployment = self.deployment
        try:
            declare(Registrar(deployment, self.executor, config, secrets))
        except ModelformError as error:
            # After a failure the program ends for that reason, which was told already.
            if not deployment.stopped.is_set():
                deployment.fail(error)
        deployment.check_running()

    def _check_targets(self, targets: Targets | None) -> bool:
        """Says so of each target that nobody has heard of."""
        deployment = self.deployment
        known = deployment.urns | {slot.urn for slot in deployment.ledger.base}
        unheard = sorted(targets.literals - known) if targets else []
        for urn in unheard:
            deployment.complain("engine.target", f"there is no resource {urn}", hint="`*` and `**` are patterns")
        return not unheard

    def _require_targets(self, targets: Targets | None) -> None:
        if not self._check_targets(targets):
            raise self.deployment.fail_quietly()

    def _finish(self) -> None:
        """Stores what the stack gives out, and writes what is not written yet.

        After a failure an output that is missing may just not have been reached: the old ones stay.
        """
        deployment = self.deployment
        given = deployment.stack_outputs
        stacks = [slot for slot in deployment.olds.values() if slot.resource.type == urns.STACK_TYPE]
        old = stacks[0].resource.outputs if stacks else {}
        if given is None:
            destroyed = any(slot.gone for slot in stacks) and not deployment.urns
            self.outputs = {} if destroyed else old
        else:
            self.outputs = given
        if not deployment.preview and given is not None:
            known = {key: item for key, item in given.items() if not has_unknown(item)}
            self.outputs = {**old, **known} if deployment.errored or deployment.interrupted else known
            for slot in list(deployment.made.values()):
                if slot.resource.type == urns.STACK_TYPE:
                    deployment.ledger.set_outputs(slot, self.outputs)
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
