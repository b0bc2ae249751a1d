"""The words that all layers share: operations, steps, changes, events, results; plain data."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any, Literal

from modelform.errors import Diagnostic, Exit
from modelform.record import dataclass


class Op(StrEnum):
    """What happens to a resource, in Pulumi's own words."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    """One changed property path. `kind`: add, add-replace, delete, delete-replace, update, update-replace."""

    kind: str
    input_diff: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on one resource, as an engine decided it.

    `diffs` are the changed top-level keys, `keys` those that force a replacement, `detailed` the changed property
    paths. `old` and `new` are inputs with their marks; they are for display and must be hidden before they are shown.
    """

    op: Op
    urn: str
    type: str
    name: str
    custom: bool = True
    id: str = ""
    provider: str = ""
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] = field(default_factory=dict)
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    old_outputs: dict[str, Any] = field(default_factory=dict)


EventKind = Literal["started", "done", "failed", "progress", "diagnostic", "outputs", "summary"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something a driver tells while it works.

    started, done, failed: `step`, with `seconds` when it ended, and `diagnostic` when it failed; progress: `text`;
    diagnostic: `diagnostic`; outputs: `outputs` (with marks); summary: nothing else, the last event of an operation.
    """

    kind: EventKind
    step: Step | None = None
    seconds: float = 0.0
    text: str = ""
    diagnostic: Diagnostic | None = None
    outputs: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed property of a change, ready to be shown: hidden already, paths in stack-file reading order."""

    path: str
    kind: str
    old: Any = None
    new: Any = None
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan or a result says of one resource: create, update, replace, delete, read, import, or same."""

    op: Op
    urn: str
    type: str
    name: str
    custom: bool = True
    id: str = ""
    keys: tuple[str, ...] = ()
    diff: tuple[Difference, ...] = ()
    provider: bool = False
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape under `changes` in `--json` documents."""
        return {
            "op": str(self.op),
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "keys": list(self.keys),
            "diff": [
                {"path": d.path, "kind": d.kind, "old": d.old, "new": d.new, "replaces": d.replaces} for d in self.diff
            ],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of the resources that a provider manages: neither components nor the stack nor providers."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0

    @property
    def changes(self) -> int:
        """How many resources are not `same`."""
        return self.create + self.update + self.replace + self.delete

    def to_json(self) -> dict[str, int]:
        """The shape under `summary` in `--json` documents."""
        return {
            "create": self.create,
            "update": self.update,
            "replace": self.replace,
            "delete": self.delete,
            "same": self.same,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """How one operation ended; `exit_code` is what the command answers, `--detailed-exitcode` apart.

    `steps` are those that a plan's changes were made from, with their inputs: a saved plan has fingerprints of them.
    They carry marked secrets and are never shown.
    """

    command: str
    stack: str
    engine: str
    target: str
    ok: bool
    summary: Summary = field(default_factory=Summary)
    changes: tuple[Change, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)
    exit_code: Exit = Exit.OK
    seconds: float = 0.0
    refreshed: bool = False
    steps: tuple[Step, ...] = field(default=(), repr=False)
