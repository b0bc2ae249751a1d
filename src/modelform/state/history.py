"""What was done to a stack, operation by operation, as Pulumi's file backend records it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from modelform.errors import StateError
from modelform.record import dataclass
from modelform.state import files

_NAME = re.compile(r"-(\d+)\.history\.json(\.gz|\.zst)?$")


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One operation. `kind`: update, preview, refresh, destroy, resource-import; `result`: succeeded, failed.

    Times are whole seconds since 1970. `checkpoint` is the file with the state after it. `problem` says why a record
    could not be read; then nothing else is known of it.
    """

    kind: str
    start_time: int
    end_time: int
    result: str
    message: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    resource_changes: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    checkpoint: Path | None = None
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as it stands in its file."""
        document: dict[str, Any] = {
            "kind": self.kind,
            "startTime": self.start_time,
            "message": self.message,
            "environment": dict(self.environment),
            "config": dict(self.config),
            "version": self.version,
            "result": self.result,
            "endTime": self.end_time,
        }
        if self.resource_changes:
            document["resourceChanges"] = dict(self.resource_changes)
        return document


def add(folder: Path, stack: str, record: HistoryRecord, state: Path, nanoseconds: int) -> None:
    """Writes a record, and a copy of the state file as it is now."""
    prefix = f"{stack}-{nanoseconds}"
    files.replace(folder / f"{prefix}.history.json", json.dumps(record.to_json(), separators=(",", ":")).encode())
    copy(state, folder / f"{prefix}.checkpoint.json")


def read(folder: Path) -> list[HistoryRecord]:
    """All records, the newest first."""
    found = []
    for name in files.names(folder):
        match = _NAME.search(name)
        if match:
            found.append((int(match.group(1)), folder / name))
    return [_record(path) for _, path in sorted(found, reverse=True)]


def copy(source: Path, target: Path) -> None:
    """Copies a state file, if there is one; a real copy, since a person may edit either of them in place."""
    data = files.read(source)
    if data is not None:
        files.replace(target, data)


def _record(path: Path) -> HistoryRecord:
    checkpoint = path.with_name(path.name.replace(".history.json", ".checkpoint.json"))
    try:
        document = json.loads(files.read(path) or b"")
        return HistoryRecord(
            kind=str(document["kind"]),
            start_time=int(document["startTime"]),
            end_time=int(document["endTime"]),
            result=str(document["result"]),
            message=str(document.get("message") or ""),
            environment=dict(document.get("environment") or {}),
            config=dict(document.get("config") or {}),
            resource_changes=dict(document.get("resourceChanges") or {}),
            version=int(document.get("version") or 0),
            checkpoint=checkpoint if checkpoint.exists() else None,
        )
    except (StateError, ValueError, TypeError, KeyError, AttributeError) as error:
        # One damaged record must not hide the others, nor pass for one of them.
        return HistoryRecord("unreadable", 0, 0, "unknown", problem=f"{path} is no record of an operation ({error})")
