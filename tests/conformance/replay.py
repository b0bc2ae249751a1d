"""Replays a recording through the embedded engine, step by step.

Where two resources are independent, chance decided what the recorded engine did first; that chance is taken from the
recording: a program declares its resources, and a state lists them, in the order in which the recording has them
move, as far as dependencies let it. So a step that stops midway stops at the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from modelform.engine import Options, Outcome, run
from modelform.errors import Severity
from modelform.plan import Event
from modelform.state import Resource, Snapshot
from modelform.values import UNKNOWN, Secret

from .compare import DELETIONS, Observed, differences
from .graph import STACK, Relations, needs, urns_of
from .program import build
from .recorder import Recorder

PROVIDER = "pulumi:providers:"


class Written:
    """A journal that keeps the last snapshot and counts the writes."""

    def __init__(self) -> None:
        self.count = 0
        self.last: Snapshot | None = None

    def write(self, snapshot: Snapshot) -> None:
        self.count += 1
        self.last = snapshot


class Replay:
    """One scenario under way: its world and its state outlive the steps."""

    def __init__(self, parallel: int = 1) -> None:
        self.recorder = Recorder()
        self.snapshot = Snapshot()
        self.parallel = parallel
        self._before: list[dict[str, Any]] = []

    def step(self, step: dict[str, Any]) -> list[str]:
        """Runs one step and returns how it differed from what is expected of it."""
        expected, command = step["expect"], step["command"]
        resources = step.get("resources", [])
        relations = Relations()
        relations.add_program(resources)
        relations.add_state(self._before)
        relations.add_state(expected["state"]["resources"])
        self.recorder.edit(step.get("world", {}))
        goes_on = expected["succeeded"] or command == "preview" or "--continue-on-error" in step.get("args", [])
        observed, written = self._run(step, command, _as_recorded(resources, expected, goes_on))
        _end_as_recorded(expected, self._before, observed)
        self._before = expected["state"]["resources"]
        found = differences(expected, observed, relations, command == "preview")
        if command == "preview" and written.count:
            found.append("a preview has written to the state")
        return found

    def _run(self, step: dict[str, Any], command: str, resources: list[dict[str, Any]]) -> tuple[Observed, Written]:
        events: list[Event] = []
        written = Written()
        base = replace(self.snapshot, resources=_in_recorded_order(self.snapshot.resources, step["expect"]))
        outcome = run(
            command,
            build(step, resources, self.parallel == 1 and _is_engines(step)) if command in ("up", "preview") else None,
            project="rec",
            stack="dev",
            config={},
            config_secrets=[],
            base=base,
            providers=lambda package, version: self.recorder,
            journal=written,
            on_event=events.append,
            options=options_of(step.get("args", []), self.parallel),
        )
        if command != "preview":
            self.snapshot = outcome.snapshot
            if written.last is not None:
                assert written.last.resources == outcome.snapshot.resources, "what was written last is not the outcome"
        return observe(outcome, events, self.snapshot, self.recorder), written


def _is_engines(step: dict[str, Any]) -> bool:
    """Is what a step ended with the engine's affair, and not that of the SDK, which finds circles in what it awaits?"""
    expected = step["expect"]
    blamed = any(d["urn"] for d in expected["diagnostics"] if d["severity"] == "error")
    return expected["succeeded"] or blamed or bool(step.get("raise"))


def options_of(args: list[str], parallel: int) -> Options:
    """The CLI's options, as far as recordings use them."""
    given: dict[str, Any] = {"parallel": parallel, "targets": [], "replace": []}
    rest = list(args)
    while rest:
        name, _, value = rest.pop(0).partition("=")
        if name in ("--target", "-t"):
            given["targets"].append(value or rest.pop(0))
        elif name == "--replace":
            given["replace"].append(value or rest.pop(0))
        elif name == "--target-replace":
            urn = value or rest.pop(0)
            given["targets"].append(urn)
            given["replace"].append(urn)
        elif name in ("--refresh", "-r"):
            given["refresh"] = value != "false"
        elif name == "--continue-on-error":
            given["continue_on_error"] = True
        elif name == "--target-dependents":
            given["target_dependents"] = True
        else:
            raise AssertionError(f"the recording has an option that the replay does not know: {name}")
    return Options(**{**given, "targets": tuple(given["targets"]), "replace": tuple(given["replace"])})


def _end_as_recorded(expected: dict[str, Any], before: list[dict[str, Any]], observed: Observed) -> None:
    """Whether the program came to its outputs before a failure ended it was chance: none of them is taken for that."""
    wanted, old = _outputs(expected["state"]["resources"]), _outputs(before)
    if not expected["succeeded"] and wanted == old:
        for resource in observed.state:
            if resource["urn"] == STACK:
                resource.pop("outputs", None)
                resource |= {"outputs": wanted} if wanted else {}


def _outputs(resources: list[dict[str, Any]]) -> Any:
    return next((resource.get("outputs") for resource in resources if resource["urn"] == STACK), None)


def _movements(expected: dict[str, Any], goes_on: bool) -> dict[str, int]:
    """URNs by when the recording has them move first; one that ended the operation comes after those that did not.

    What was refreshed, or deleted for the sake of another resource, has not registered by then: what it did later
    counts.
    """
    order: dict[str, int] = {}
    deletes = [entry for entry in expected["operations"] if entry["op"] in DELETIONS]
    moves = [entry for entry in expected["operations"] if entry["op"] not in DELETIONS and entry["op"] != "refresh"]
    for entry in [*moves, *deletes]:
        order.setdefault(entry.get("urn") or entry["failed"], len(order))
    for diagnostic in expected["diagnostics"]:
        if diagnostic["urn"]:
            order.setdefault(diagnostic["urn"], len(order))
            if diagnostic["severity"] == "error" and not goes_on:
                order[diagnostic["urn"]] += len(expected["operations"])
    return order


def _as_recorded(
    resources: list[dict[str, Any]], expected: dict[str, Any], goes_on: bool = False
) -> list[dict[str, Any]]:
    order, urns = _movements(expected, goes_on), urns_of(resources)
    if len(urns) != len(resources):
        return resources
    last = max(order.values(), default=0) + 1
    return _sorted(resources, lambda r: order.get(urns[r["name"]], last), lambda r: r["name"], needs)


def _in_recorded_order(resources: list[Resource], expected: dict[str, Any]) -> list[Resource]:
    """A state in another, just as valid order: deletes of one level go in the order of the recording."""
    if len({r.urn for r in resources}) != len(resources):
        return resources
    deletes: dict[str, int] = {}
    for entry in expected["operations"]:
        if entry["op"] in ("delete", "delete-replaced") and "urn" in entry:
            deletes.setdefault(entry["urn"], len(deletes))

    def wanted(resource: Resource) -> set[str]:
        urns = {resource.parent, resource.deleted_with, *resource.dependencies, *resource.replace_with}
        urns.update(urn for urns in resource.property_dependencies.values() for urn in urns)
        return urns | {resource.provider.rpartition("::")[0]}

    return _sorted(resources, lambda r: deletes.get(r.urn, -1), lambda r: r.urn, wanted)


def _sorted(
    items: Iterable[Any],
    key: Callable[[Any], int],
    name: Callable[[Any], str],
    wanted: Callable[[Any], set[str]],
) -> list[Any]:
    """By key where dependencies leave a choice, else in the order given."""
    waiting = list(items)
    names = {name(item) for item in waiting}
    done: set[str] = set()
    result = []
    while waiting:
        ready = [item for item in waiting if not (wanted(item) & names) - done]
        if not ready:
            return result + waiting
        chosen = min(ready, key=key)
        waiting.remove(chosen)
        done.add(name(chosen))
        result.append(chosen)
    return result


def observe(outcome: Outcome, events: list[Event], snapshot: Snapshot, recorder: Recorder) -> Observed:
    """An outcome in the words of the recordings."""
    observed = Observed(summary=dict(outcome.summary), succeeded=outcome.ok, calls=recorder.take_calls())
    for event in events:
        if event.kind == "started" and event.step:
            observed.operations.append(_operation(event))
        elif event.kind == "failed" and event.step:
            observed.operations.append({"failed": event.step.urn, "op": str(event.step.op)})
    observed.failed = {d.urn for d in outcome.diagnostics if d.severity is Severity.ERROR and d.urn}
    observed.state = [_spelled(r) for r in snapshot.resources if not r.type.startswith(PROVIDER)]
    return observed


def _operation(event: Event) -> dict[str, Any]:
    step = event.step
    assert step is not None
    detailed = {path: {"diffKind": d.kind, "inputDiff": d.input_diff} for path, d in step.detailed.items()}
    return {
        "op": str(step.op),
        "urn": step.urn,
        "diffs": list(step.diffs),
        "keys": list(step.keys),
        "detailedDiff": detailed,
    }


def _hidden(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"$secret": True}
    assert value is not UNKNOWN, "an unknown has come into the state"
    if isinstance(value, dict):
        return {key: _hidden(item) for key, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def _spelled(resource: Resource) -> dict[str, Any]:
    """A resource in the keys of a state file, without times and with the provider's id hidden."""
    provider = f"{resource.provider.rpartition('::')[0]}::PROVIDER-ID" if resource.provider else ""
    fields: dict[str, Any] = {
        "delete": resource.delete,
        "id": resource.id,
        "inputs": _hidden(resource.inputs),
        "outputs": _hidden(resource.outputs),
        "parent": resource.parent,
        "protect": resource.protect,
        "external": resource.external,
        "dependencies": list(resource.dependencies),
        "initErrors": list(resource.init_errors),
        "provider": provider,
        "propertyDependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
        "pendingReplacement": resource.pending_replacement,
        "additionalSecretOutputs": list(resource.additional_secret_outputs),
        "aliases": list(resource.aliases),
        "customTimeouts": dict(resource.custom_timeouts),
        "importID": resource.import_id,
        "retainOnDelete": resource.retain_on_delete,
        "deletedWith": resource.deleted_with,
        "replaceWith": list(resource.replace_with),
        "ignoreChanges": list(resource.ignore_changes),
        "replaceOnChanges": list(resource.replace_on_changes),
    }
    kept = {key: item for key, item in fields.items() if item}
    return {"urn": resource.urn, "custom": resource.custom, "type": resource.type, **kept}
