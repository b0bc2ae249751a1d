"""Making a plan that can be saved, and holding a saved one against what is there when it is to be applied.

The same for every engine: it asks a driver for nothing but its name, an export of the state, and plans.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import modelform
from modelform.drivers import repository
from modelform.drivers.driver import Driver, OperationOptions
from modelform.drivers.fingerprints import Seal, digest, encode, new_seal, open_seal
from modelform.drivers.place import Place
from modelform.drivers.saved_plan import Chosen, Operation, SavedPlan, Standing, moment
from modelform.errors import Diagnostic, Severity, StalePlanError, StateError, UsageError
from modelform.plan import Result
from modelform.record import dataclass
from modelform.spec.resolved import Stack

LIFETIME = timedelta(hours=24)
_PACKAGE = Path(modelform.__file__).parent
_SHOWN = 10
_ANEW = "`modelform preview --out FILE` makes a new plan"
# What a plan is of: another one is no change of it, but the wrong plan. The option that would say otherwise.
_IDENTITY = {"stack": "-s", "project": "-C", "target": "--target", "engine": "--engine"}

# Options that make another plan of it.
_DECIDING = {
    "refresh": "--refresh",
    "targets": "--only",
    "dependents": "--dependents",
    "replace": "--replace",
    "continue_on_error": "--continue-on-error",
    "on_name_taken": "--on-name-taken",
    "purge": "--purge",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is made on: a driver, a stack as it was read, and the project folder with its surroundings."""

    driver: Driver
    stack: Stack
    project_dir: Path
    environment: Mapping[str, str]

    @property
    def place(self) -> Place:
        """Where the folder keeps what."""
        return Place(self.project_dir, self.stack.target, self.environment, self.stack.project)


class Draft:
    """A plan to be saved, begun before it is made: from a state that changes meanwhile no plan can be applied."""

    def __init__(self, ground: Ground) -> None:
        """Raises `StateError` for a state that cannot be exported, or a passphrase that is not the state's."""
        self._ground = ground
        self._state, self._salt = _state(ground)
        self._seal = new_seal(ground.place.source(), self._salt)

    def plan(self, result: Result, options: OperationOptions, now: datetime, lifetime: timedelta) -> SavedPlan:
        """The plan that a preview's result is, good for a lifetime from now."""
        ground, seal = self._ground, self._seal
        if not seal.closed:
            # The CLI needs a passphrase to make a plan: in the sandbox there is one from then on.
            seal = new_seal(ground.place.source(), self._salt)
        plan = SavedPlan(
            created=now,
            expires=now + lifetime,
            commit=repository.commit(ground.project_dir, [Path(file) for file in ground.stack.read.files]),
            standing=_standing(ground, seal, self._state),
            options=_chosen(options),
            refreshed=result.refreshed,
            summary=result.summary,
            operations=tuple(_operations(result, seal)),
            outputs=seal.of(result.outputs),
            salt=seal.salt,
            key=seal.text,
        )
        return replace(plan, proof=seal.proof(plan.content))


class Approval:
    """A saved plan that is about to be applied."""

    def __init__(self, plan: SavedPlan, ground: Ground, now: datetime) -> None:
        """Raises `StalePlanError` unless all that the plan stands on is as it was; nothing is asked of any cloud."""
        self.plan = plan
        self._ground = ground
        _require([*_others(plan.standing, ground), *_outdated(plan, now)])
        self._seal = open_seal(plan.salt, plan.key, ground.place.source())
        if not self._seal.proves(plan.content, plan.proof):
            raise UsageError("the plan was changed after it was made", code="plan.damaged", hint=_ANEW)
        _require(list(_moved(plan.standing, _standing(ground, self._seal, _state(ground)[0]))))

    def options(self, given: OperationOptions) -> OperationOptions:
        """The options to apply it with: the plan's own; what may be destroyed may be allowed now as well."""
        chosen, nothing = self.plan.options, OperationOptions()
        for name, option in _DECIDING.items():
            if getattr(given, name) != getattr(nothing, name):
                said = f"{option} decides what a plan is, and this one is made already"
                raise UsageError(said, hint=f"Give {option} to the `preview` that makes the plan.")
        return replace(
            given,
            refresh=chosen.refresh,
            targets=chosen.targets,
            dependents=chosen.dependents,
            replace=chosen.replace,
            continue_on_error=chosen.continue_on_error,
            on_name_taken=cast(Literal["fail", "recover", "purge"], chosen.on_name_taken),
            purge=chosen.purge,
            allow_replace=tuple(dict.fromkeys((*chosen.allow_replace, *given.allow_replace))),
            allow_delete=tuple(dict.fromkeys((*chosen.allow_delete, *given.allow_delete))),
        )

    def verify(self, result: Result) -> None:
        """Raises `StalePlanError` unless a plan that was made right now is the one that was saved."""
        now = list(_operations(result, self._seal))
        found = list(_other_operations(self.plan.operations, now))
        if len(found) > _SHOWN:
            found = [*found[:_SHOWN], _stale("operations", f"and {len(found) - _SHOWN} more resources differ")]
        if _state(self._ground)[0] != self.plan.standing.state:
            found.insert(0, _stale("state", "the state has changed meanwhile"))
        if result.refreshed != self.plan.refreshed:
            how = "after a refresh" if self.plan.refreshed else "without a refresh"
            found.append(_stale("operations", f"the plan was made {how}, and this one was not"))
        if self._seal.of(result.outputs) != self.plan.outputs:
            found.append(_stale("outputs", "the stack's outputs would be others than planned"))
        _require(found)


# what a plan stands on


def _state(ground: Ground) -> tuple[str, str]:
    """The digest of the exported state, and the salt of its passphrase; both empty where there is nothing in it."""
    try:
        document = ground.driver.export(ground.stack.name)
    except StateError as error:
        if error.diagnostics[0].code == "state.none":
            return "", ""
        raise
    deployment = document.get("deployment") or {}
    provider = deployment.get("secrets_providers") or {}
    salt = str((provider.get("state") or {}).get("salt") or "") if provider.get("type") == "passphrase" else ""
    # An engine may make an empty state for a plan alone.
    things = deployment.get("resources") or deployment.get("pending_operations")
    return (digest(encode(document)) if things else ""), salt


def _standing(ground: Ground, seal: Seal, state: str) -> Standing:
    from modelform.catalog import Catalog
    from modelform.program.bound import binding

    stack = ground.stack
    return Standing(
        stack=stack.name,
        project=stack.project,
        target=stack.target,
        engine=ground.driver.engine,
        cloud=binding(stack),
        version=modelform.__version__,
        catalog=Catalog.load(stack.overlay, stack.target).digest,
        files={_label(Path(file), ground.project_dir): found for file, found in stack.read.files.items()},
        environment={
            name: None if value.value is None else seal.of_secret(value.value)
            for name, value in stack.read.environment.items()
        },
        lock=digest(encode(stack.lock)),
        settings=digest(encode(dict(ground.place.settings(stack.name).config))),
        state=state,
        company=stack.company.stamp if stack.company else "",
    )


def _label(file: Path, project_dir: Path) -> str:
    """A file's name that is the same on another machine: from the project folder, or from the installed package."""
    file, package = file.resolve(), _PACKAGE.resolve()
    if file.is_relative_to(package):
        return f"modelform/{file.relative_to(package).as_posix()}"
    return Path(os.path.relpath(file, project_dir.resolve())).as_posix()


def _others(planned: Standing, ground: Ground) -> Iterator[Diagnostic]:
    """Is it the plan of something else?"""
    stack = ground.stack
    now = {"stack": stack.name, "project": stack.project, "target": stack.target, "engine": ground.driver.engine}
    for name, option in _IDENTITY.items():
        before = getattr(planned, name)
        if before != now[name]:
            hint = (
                f"{option} {before} takes the plan's" if name != "project" else "the project's folder is named with -C"
            )
            yield _stale(name, f"the plan is for {name} {before}, and this is {name} {now[name]}", hint)


def _outdated(plan: SavedPlan, now: datetime) -> Iterator[Diagnostic]:
    if now >= plan.expires:
        yield _stale("expired", f"the plan was good until {moment(plan.expires)}, and it is {moment(now)}")
    if plan.standing.version != modelform.__version__:
        said = f"the plan was made by modelform {plan.standing.version}, and this is {modelform.__version__}"
        yield _stale("version", said)


def _moved(planned: Standing, now: Standing) -> Iterator[Diagnostic]:
    """What of all that a plan stands on is another now, each thing by itself."""
    for part, was, found in _both(planned.cloud, now.cloud):
        yield _stale("cloud", f"the plan is for {part} {was or '(none)'}, and this is {found or '(none)'}")
    for file, was, found in _both(planned.files, now.files):
        how = "is new" if was is None else "is no longer read" if found is None else "has changed"
        yield _stale("file", f"{file} {how} since the plan was made")
    for name, _, _ in _both(planned.environment, now.environment):
        yield _stale("environment", f"the environment variable {name} has another value than when the plan was made")
    for name, what in (
        ("lock", "what the lock decides has changed"),
        ("catalog", "the catalogue is another"),
        ("company", "the company file, or one of its packs, is another"),
        ("settings", f"the configuration in Pulumi.{planned.stack}.yaml has changed"),
        ("state", "something was done to the stack (this plan itself, perhaps: it is good for once)"),
    ):
        if getattr(planned, name) != getattr(now, name):
            yield _stale(name, f"{what} since the plan was made")


def _both(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What differs between two maps: key, value before, value after."""
    for key in sorted({*before, *after}):
        if (key in before, before.get(key)) != (key in after, after.get(key)):
            yield key, before.get(key), after.get(key)


# what a plan does


def _operations(result: Result, seal: Seal) -> Iterator[Operation]:
    """The operations of a plan, everything in them in an order of its own: Pulumi's wire keeps none."""
    steps: dict[str, list[Any]] = {}
    for step in result.steps:
        steps.setdefault(step.urn, []).append(step)
    for change in result.changes:
        own = steps.get(change.urn, [])
        shown: dict[str, Any] = change.to_json()
        yield Operation(
            op=str(change.op),
            urn=change.urn,
            type=change.type,
            name=change.name,
            keys=tuple(sorted(change.keys)),
            diff=tuple(sorted(shown["diff"], key=lambda item: str(item["path"]))),
            reason=change.reason,
            steps=tuple(sorted(str(step.op) for step in own)),
            inputs=seal.of(sorted(([str(step.op), step.new] for step in own), key=lambda pair: str(pair[0]))),
        )


def _other_operations(planned: tuple[Operation, ...], now: list[Operation]) -> Iterator[Diagnostic]:
    """What would be done otherwise than planned, one finding a resource."""
    before, after = {item.urn: item for item in planned}, {item.urn: item for item in now}
    for urn in dict.fromkeys((*before, *after)):
        was, found = before.get(urn), after.get(urn)
        if found is None and was is not None:
            yield _other(was, f"is in the plan ({was.op}), and not there any more")
        elif found is not None and was is None:
            yield _other(found, f"is not in the plan, and now there is: {found.op}")
        elif found is not None and was is not None and was != found:
            yield _other(found, *_difference(was, found))


def _difference(was: Operation, found: Operation) -> tuple[str, str]:
    """What differs between two operations on the same resource, in words without any value."""
    if was.op != found.op:
        return f"is planned to {was.op}, and now it would {found.op}", "operations"
    if replace(was, inputs=found.inputs) == found:
        return "has other inputs than planned", "inputs"
    changed = [item for item in was.diff if item not in found.diff] + [i for i in found.diff if i not in was.diff]
    paths = ", ".join(dict.fromkeys(str(item.get("path")) for item in changed))
    where = f" in {paths}" if paths else f" ({found.reason or was.reason})" if was.reason != found.reason else ""
    return f"is to {found.op}, and not as planned{where}", "operations"


def _other(operation: Operation, said: str, what: str = "operations") -> Diagnostic:
    kind = operation.type.rpartition(":")[2]
    return replace(_stale(what, f"{kind} '{operation.name}' {said}"), urn=operation.urn)


def _chosen(options: OperationOptions) -> Chosen:
    return Chosen(**{part.name: getattr(options, part.name) for part in fields(Chosen)})


def _stale(what: str, said: str, hint: str = _ANEW) -> Diagnostic:
    return Diagnostic(f"plan.{what}", Severity.ERROR, said, hint=hint)


def _require(found: list[Diagnostic]) -> None:
    if found:
        raise StalePlanError(diagnostics=found)
