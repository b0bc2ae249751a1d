"""Results as the one JSON document that `--json` writes to stdout."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from modelform.errors import Diagnostic, Severity
from modelform.plan import Result, Summary
from modelform.values import bare, hide

VERSION = 1


def document(result: Result, plan: str | None = None) -> dict[str, Any]:
    """A result in the published shape; secrets are hidden. `plan` is the file of a saved plan, where there is one."""
    return {
        "version": VERSION,
        "command": result.command,
        "stack": result.stack,
        "engine": result.engine,
        "target": result.target,
        "ok": result.ok,
        "refreshed": result.refreshed,
        "summary": result.summary.to_json(),
        "changes": [{**change.to_json(), "reason": change.reason} for change in result.changes],
        "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
        "outputs": hide(result.outputs),
        **({} if plan is None else {"plan": plan}),
    }


def failure(
    command: str,
    diagnostics: Iterable[Diagnostic],
    *,
    stack: str | None = None,
    engine: str | None = None,
    target: str | None = None,
) -> dict[str, Any]:
    """The same shape for a command that ended before it had a result."""
    return findings(command, diagnostics, ok=False, stack=stack, engine=engine, target=target)


def findings(
    command: str,
    diagnostics: Iterable[Diagnostic],
    *,
    ok: bool | None = None,
    stack: str | None = None,
    engine: str | None = None,
    target: str | None = None,
) -> dict[str, Any]:
    """The same shape for a command that only finds things out; `ok` follows from the findings where it is not given."""
    found = list(diagnostics)
    return {
        "version": VERSION,
        "command": command,
        "stack": stack,
        "engine": engine,
        "target": target,
        "ok": not any(d.severity is Severity.ERROR for d in found) if ok is None else ok,
        "refreshed": False,
        "summary": Summary().to_json(),
        "changes": [],
        "diagnostics": [d.to_json() for d in found],
        "outputs": {},
    }


def answer(command: str, **parts: Any) -> dict[str, Any]:
    """The document of a command that answers a question (`outputs`, `stack ls`, `doctor`)."""
    return {"version": VERSION, "command": command, "ok": True, **hide(parts)}


def revealed(command: str, **parts: Any) -> dict[str, Any]:
    """The same with its secrets in the clear; only for `--show-secrets`."""
    return {"version": VERSION, "command": command, "ok": True, **bare(parts)}


def dumps(value: Any) -> str:
    """The document as text: two spaces, in the order it was made, as people wrote it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
