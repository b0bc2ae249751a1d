"""A verification with one engine: make, read, change, destroy, and clean up whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.azure import accounts
from modelform.drivers import OperationOptions, Request, open_driver
from modelform.errors import ModelformError, ProviderError
from modelform.plan import Event, Op
from modelform.provider.table import ROWS, row_of
from modelform.spec import load_stack
from modelform.verification.choice import HUB, UNCHANGING, Part, Plan, Step
from modelform.verification.recording import Recorder

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection
    from modelform.drivers import Driver

GROUP_VERSION = "2024-03-01"
PROJECT = "verify"


@dataclass
class Outcome:
    """What was done with a type: `why` says what kept it from being verified."""

    made: bool = False
    read: bool = False
    changed: bool = False
    destroyed: bool = False
    why: str = ""

    @property
    def verified(self) -> bool:
        """Was everything done that can be done with the type?"""
        return self.made and self.read and self.changed and self.destroyed


@dataclass(frozen=True)
class Left:
    """Something that is still there, and the command that removes it."""

    what: str
    command: str


@dataclass(eq=False)
class Run:
    """What one engine came to: an outcome for each type, and what is left."""

    engine: str
    outcomes: dict[str, Outcome]
    left: list[Left] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)
    interrupted: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a run works with: `connect` gives the way to Azure, `tell` hears what is being done."""

    folder: Path
    environment: Mapping[str, str]
    connect: Callable[[str], Connection]
    today: date
    tell: Callable[[str], None]
    cancelled: threading.Event


class Verifier:
    """Runs a plan with an engine."""

    def __init__(self, engine: str, plan: Plan, subscription: str, around: Surroundings) -> None:
        self.run = Run(engine, {token: Outcome() for token in ROWS})
        self._plan, self._subscription, self._around = plan, subscription, around
        for token, why in plan.omitted.items():
            self.run.outcomes[token].why = why
        self._driver: Driver = open_driver(
            engine,
            project_dir=around.folder,
            target="azure",
            environment=around.environment,
            project=PROJECT,
            allow_local_state=True,
            today=around.today,
        )
        self._arm = self._client()

    def _client(self) -> Arm:
        from modelform.azure import Arm

        return Arm(self._connect(self._subscription))

    def _connect(self, subscription: str) -> Connection:
        from modelform.azure.arm import plain_transport

        connection = self._around.connect(subscription)
        transport = connection.transport or plain_transport(connection)
        return replace(connection, transport=self.run.recorder.transport(transport))

    def __call__(self) -> Run:
        """Runs every part; cleans up after each, whatever happened, even when it is to end at once."""
        (self._around.folder / "stacks").mkdir(parents=True, exist_ok=True)
        (self._around.folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        try:
            for part in self._plan.parts:
                if not self._around.cancelled.is_set():
                    self._part(part)
        finally:
            self._arm.close()
        return self.run

    def _part(self, part: Part) -> None:
        ids: dict[str, str] = {}
        try:
            for step in part.steps:
                if not self._step(part, step, ids):
                    break
        finally:
            self._clean(part, ids)

    # making

    def _step(self, part: Part, step: Step, ids: dict[str, str]) -> bool:
        """One `up` and what is read after it; is there any use in going on?"""
        what = f"{part.name}: {', '.join(token.rpartition(':')[2] for token in step.brings) or 'what there is'}"
        self._phase(step.phase, f"{self.run.engine}, {step.phase}, {what}")
        done: dict[Op, set[str]] = {Op.CREATE: set(), Op.UPDATE: set()}

        def hear(event: Event) -> None:
            if event.kind == "done" and event.step is not None and event.step.op in done:
                done[event.step.op].add(event.step.type)

        why = self._up(part, step, hear)
        self._take_ids(part, ids)
        for token, outcome in self.run.outcomes.items():
            outcome.made = outcome.made or token in done[Op.CREATE]
            outcome.changed = outcome.changed or token in done[Op.UPDATE] or (outcome.made and token in UNCHANGING)
            missing = token in step.brings and token not in done[Op.CREATE]
            unchanged = step.phase == "change" and token in ids.values() and not outcome.changed
            if (missing or unchanged) and not outcome.why:
                outcome.why = why or f"its {step.phase} did nothing, and nothing says why"
        self._read(ids)
        return not why

    def _up(self, part: Part, step: Step, hear: Callable[[Event], None]) -> str:
        """Runs `up`; why it failed, or nothing."""
        file = self._around.folder / "stacks" / f"{part.name}.yaml"
        file.write_text(step.text)
        stack, report = load_stack(
            file,
            environment=self._around.environment,
            target="azure",
            engine=self.run.engine,
            project=PROJECT,
            today=self._around.today,
            use_lock=False,
        )
        if stack is None:
            return "; ".join(one.summary for one in report.sorted() if one.severity == "error")
        request = Request(
            part.name,
            self._connect,
            stack,
            OperationOptions(parallel=1, yes=True),
            cancelled=self._around.cancelled,
        )
        try:
            result = self._driver.up(request, hear)
        except ModelformError as error:
            return error.diagnostics[0].summary
        if result.ok:
            return ""
        errors = [one.summary for one in result.diagnostics if one.severity == "error"]
        return errors[0] if errors else "the operation did not come to its end"

    def _take_ids(self, part: Part, ids: dict[str, str]) -> None:
        """Adds what the stack's state holds: ids, with their types."""
        with suppress(ModelformError):  # no state: nothing was made
            for one in self._driver.export(part.name)["deployment"].get("resources") or ():
                if one.get("custom") and one.get("type") in ROWS and one.get("id"):
                    ids[str(one["id"])] = str(one["type"])

    def _read(self, ids: Mapping[str, str]) -> None:
        self._phase("read")
        for id, token in ids.items():
            outcome = self.run.outcomes[token]
            try:
                outcome.read = self._arm.find(id, row_of(token).api_version) is not None
            except ProviderError as error:
                outcome.read, outcome.why = False, error.diagnostics[0].summary

    # destroying

    def _clean(self, part: Part, ids: dict[str, str]) -> None:
        """Destroys the stack, purges what that left, and says what is still there."""
        self._phase("destroy", f"{self.run.engine}, destroy, {part.name}")
        try:
            self._take_ids(part, ids)
            if ids:
                why = self._destroy(part)
                self._look_for(ids, why)
            self._phase("clean")
            self._purge(part, ids)
        except ModelformError as error:
            self._around.tell(f"{self.run.engine}: {part.name} was not cleaned up: {error.diagnostics[0].summary}")
        finally:
            self._phase("clean")
            self.run.left += self._left(part)

    def _destroy(self, part: Part) -> str:
        request = Request(part.name, self._connect, None, OperationOptions(parallel=1, yes=True))
        try:
            result = self._driver.destroy(request, lambda event: None)
        except ModelformError as error:
            return error.diagnostics[0].summary
        errors = [one.summary for one in result.diagnostics if one.severity == "error"]
        return errors[0] if errors else ""

    def _look_for(self, ids: Mapping[str, str], why: str) -> None:
        """Is everything gone? What is not was not destroyed."""
        there: dict[str, bool] = {}
        for id, token in ids.items():
            try:
                found = self._arm.find(id, row_of(token).api_version) is not None
            except ProviderError as error:
                found, why = True, why or error.diagnostics[0].summary
            there[token] = there.get(token, False) or found
        for token, found in there.items():
            outcome = self.run.outcomes[token]
            outcome.destroyed = not found
            if found:
                outcome.why = outcome.why or why or "it is still there after the destroy"

    def _purge(self, part: Part, ids: Mapping[str, str]) -> None:
        """Deletes the resource group, if it is still there, and then for good what is soft-deleted."""
        group = self._group(part)
        if self._arm.find(group, GROUP_VERSION) is not None:
            self._arm.delete(group, GROUP_VERSION)
        for held in self._held(part):
            accounts.purge(self._arm, held)
        for id, token in ids.items():
            if token == HUB:
                accounts.purge(self._arm, accounts.ml_workspace(id, ""))

    def _held(self, part: Part) -> list[accounts.Held]:
        inside = f"{self._group(part)}/".lower()
        found = [*accounts.deleted_accounts(self._arm), *accounts.deleted_vaults(self._arm)]
        return [one for one in found if one.id.lower().startswith(inside)]

    def _left(self, part: Part) -> list[Left]:
        """What is still there; what cannot be asked for may be."""
        subscription, found = self._subscription, []
        remove = f"az group delete --yes --name {part.group} --subscription {subscription}"
        try:
            if self._arm.find(self._group(part), GROUP_VERSION, timeout=30) is not None:
                found.append(Left(f"resource group {part.group}", remove))
            for held in self._held(part):
                name = f"--name {held.name} --location {held.location} --subscription {subscription}"
                if held.arm_type == accounts.VAULT:
                    found.append(Left(f"soft-deleted key vault {held.name}", f"az keyvault purge {name}"))
                else:
                    command = f"az cognitiveservices account purge {name} --resource-group {part.group}"
                    found.append(Left(f"soft-deleted account {held.name}", command))
        except (ProviderError, KeyboardInterrupt):
            found.append(Left(f"perhaps resource group {part.group}: it could not be asked for", remove))
        return found

    def _group(self, part: Part) -> str:
        return f"/subscriptions/{self._subscription}/resourceGroups/{part.group}"

    def _phase(self, phase: str, told: str = "") -> None:
        self.run.recorder.phase = phase
        if told:
            self._around.tell(told)
