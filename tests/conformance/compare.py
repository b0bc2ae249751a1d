"""Holds what an engine did in one step against what a recording expects.

Order counts where a dependency makes it a fact, and between the phases of an operation: refreshes come first, deletes
of what is no longer wanted last.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelform.values import UNKNOWN_TEXT

from .graph import Relations

Entry = dict[str, Any]
DELETIONS = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})


@dataclass
class Observed:
    """What an engine did in one step, in the words of the recordings."""

    operations: list[Entry] = field(default_factory=list)
    summary: dict[str, int] = field(default_factory=dict)
    succeeded: bool = True
    failed: set[str] = field(default_factory=set)
    calls: list[Entry] = field(default_factory=list)
    state: list[Entry] = field(default_factory=list)


def differences(expected: dict[str, Any], observed: Observed, relations: Relations, preview: bool) -> list[str]:
    """Every way in which a step went differently, as lines for a person."""
    found: list[str] = []
    if expected["succeeded"] != observed.succeeded:
        found.append(f"succeeded: expected {expected['succeeded']}, got {observed.succeeded}")
    if expected["summary"] != observed.summary:
        found.append(f"summary: expected {expected['summary']}, got {observed.summary}")
    wanted = [_operation(entry) for entry in expected["operations"]]
    done = [_operation(entry) for entry in observed.operations]
    if preview:
        wanted, done = _without_failures(wanted), _without_failures(done)
    found += _compare("operations", wanted, done, _operation_urn, _operation_phases, relations)
    names = {urn.split("::", 3)[3]: urn for urn in relations.urns}
    found += _compare(
        "provider calls",
        expected["provider_calls"],
        observed.calls,
        lambda call: names.get(call.get("name") or call["id"].rsplit("/", 1)[0], ""),
        _call_phases,
        relations,
    )
    found += _unordered("state", [_resource(r) for r in expected["state"]["resources"]], map(_resource, observed.state))
    found += _topology(observed.state)
    blamed = {d["urn"] for d in expected["diagnostics"] if d["severity"] == "error" and not _follows(d)} - {""}
    if blamed != observed.failed:
        found.append(f"failed resources: expected {sorted(blamed)}, got {sorted(observed.failed)}")
    return found


def _follows(diagnostic: Entry) -> bool:
    """Does it complain of the outputs of a component that was skipped? That one has not failed itself."""
    return str(diagnostic.get("message", "")).startswith("cannot complete a resource")


def _operation(entry: Entry) -> Entry:
    """An operation with its lists sorted and its empty parts left out."""
    kept = {key: item for key, item in entry.items() if item}
    for key in ("diffs", "keys"):
        if key in kept:
            kept[key] = sorted(kept[key])
    return kept


def _without_failures(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if "failed" not in entry]


def _resource(resource: Entry) -> Entry:
    """A resource with its lists sorted, and without outputs that are not known: only the CLI writes those."""
    kept = dict(resource)
    if kept.get("outputs"):
        kept["outputs"] = {key: item for key, item in kept["outputs"].items() if UNKNOWN_TEXT not in json.dumps(item)}
    for key in ("dependencies", "replaceWith", "additionalSecretOutputs", "ignoreChanges", "replaceOnChanges"):
        if key in kept:
            kept[key] = sorted(kept[key])
    if "propertyDependencies" in kept:
        kept["propertyDependencies"] = {key: sorted(urns) for key, urns in kept["propertyDependencies"].items()}
    return kept


def _operation_urn(entry: Entry) -> str:
    return str(entry.get("urn") or entry.get("failed"))


def _operation_phases(entries: Sequence[Entry]) -> list[int]:
    """0 for refreshes, 1 for what the program asks for, 2 for the deletes after it."""
    asked = [i for i, entry in enumerate(entries) if entry["op"] not in DELETIONS]
    last = asked[-1] if asked else -1
    return [0 if entry["op"] == "refresh" else 1 if i <= last else 2 for i, entry in enumerate(entries)]


def _call_phases(calls: Sequence[Entry]) -> list[int]:
    asked = [i for i, call in enumerate(calls) if call["call"] != "delete"]
    last = asked[-1] if asked else -1
    return [1 if i <= last else 2 for i, _ in enumerate(calls)]


def _text(entry: Entry) -> str:
    """One spelling for equal entries: 1 and 1.0 are the same number."""
    return json.dumps(_numbers(entry), sort_keys=True, ensure_ascii=False)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unordered(what: str, expected: Sequence[Entry], observed: Any) -> list[str]:
    wanted, got = Counter(map(_text, expected)), Counter(map(_text, observed))
    missing = [f"{what}: missing {text}" for text in (wanted - got).elements()]
    return missing + [f"{what}: unexpected {text}" for text in (got - wanted).elements()]


def _compare(
    what: str,
    expected: Sequence[Entry],
    observed: Sequence[Entry],
    urn_of: Callable[[Entry], str],
    phases_of: Callable[[Sequence[Entry]], list[int]],
    relations: Relations,
) -> list[str]:
    """The same entries, and each pair that is ordered in the one in the same order in the other."""
    found = _unordered(what, expected, observed)
    if found:
        return found
    places: dict[str, list[int]] = {}
    for index, entry in enumerate(observed):
        places.setdefault(_text(entry), []).append(index)
    where = [places[_text(entry)].pop(0) for entry in expected]
    phases = phases_of(expected)
    # Deletes at the end go by what they need directly: what stays between two of them gives them no order.
    going = {urn_of(entry) for entry, phase in zip(expected, phases, strict=True) if phase == 2}
    for later, entry in enumerate(expected):
        for earlier in range(later):
            before = expected[earlier]
            refreshes = (
                before.get("op") == entry.get("op") == "refresh" or before.get("call") == entry.get("call") == "read"
            )
            # A resource and what a replacement has left of it go at the same time.
            copies = {before.get("op"), entry.get("op")} <= DELETIONS and urn_of(before) == urn_of(entry)
            fact = phases[earlier] != phases[later] or (
                not refreshes
                and not copies
                and relations.related(urn_of(before), urn_of(entry), going if phases[later] == 2 else None)
            )
            if fact and where[earlier] > where[later]:
                found.append(f"{what}: {_text(before)} must come before {_text(entry)}")
    return found


def _topology(state: Sequence[Entry]) -> list[str]:
    """What a resource of a state refers to comes before it."""
    seen: set[str] = set()
    found = []
    for resource in state:
        wanted = {resource.get("parent"), resource.get("deletedWith"), *resource.get("dependencies", ())} - {None}
        wanted.update(urn for urns in resource.get("propertyDependencies", {}).values() for urn in urns)
        found += [f"state: {resource['urn']} comes before {urn}" for urn in sorted(wanted - seen)]
        seen.add(resource["urn"])
    return found
