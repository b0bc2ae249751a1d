"""Going back to what was there: a model that a deployment had before is let through although it retires soon."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelform.drivers.course import GOING_BACK
from modelform.drivers.place import Place
from modelform.errors import Diagnostic, ModelformError, Severity, StateError
from modelform.spec.resolved import Stack
from modelform.state import files
from modelform.state.folder import Folder

Left = frozenset[tuple[str, str, str, str]]
"""What deployments had and then left: account, deployment, model and version, in small letters."""


def left_behind(folder: Folder, project: str, name: str) -> Left:
    """The models that a stack's deployments had before another one, by the states that its history kept."""
    series: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for record in reversed(folder.history(project, name)):
        for account, deployment, model, version in _held(record.checkpoint):
            had = series.setdefault((account, deployment), [])
            if not had or had[-1] != (model, version):
                had.append((model, version))
    return frozenset((*place, *model) for place, had in series.items() for model in had[:-1])


def softened(found: Iterable[Diagnostic], stack: Stack, left: Left) -> list[Diagnostic]:
    """The findings, with warnings in the place of errors about models that deployments go back to."""
    from modelform.checks.waiving import Subjects

    subjects, told = Subjects(stack), []
    for finding in found:
        stops = finding.severity is Severity.ERROR and finding.code in GOING_BACK
        keys = subjects.of(finding) if stops else frozenset()
        if keys and all(_identity(stack, key) in left for key in keys):
            detail = "the deployment had it before: going back is let through"
            finding = replace(finding, severity=Severity.WARNING, detail=f"{detail}. {finding.detail}".strip())
        told.append(finding)
    return told


def softened_here(found: list[Diagnostic], stack: Stack, place: Place) -> list[Diagnostic]:
    """The same by the history of a project folder, for a command that opens no state; all as it was without one."""
    if not any(d.severity is Severity.ERROR and d.code in GOING_BACK for d in found):
        return found
    try:
        return softened(found, stack, left_behind(place.folder(), stack.project, stack.name))
    except ModelformError:
        return found


def _identity(stack: Stack, key: str) -> tuple[str, str, str, str]:
    made = stack.deployments[key]
    parts = (stack.workspaces[made.workspace].name, made.name, made.model.name, made.model.version)
    return parts[0].lower(), parts[1].lower(), parts[2].lower(), parts[3].lower()


def _held(checkpoint: Path | None) -> Iterator[tuple[str, str, str, str]]:
    """The deployments in a state that the history kept; none where it cannot be read, which excuses nothing."""
    from modelform.checks.holdings import holdings, of_export

    try:
        document = json.loads((files.read(checkpoint) if checkpoint else None) or b"{}")
    except (StateError, ValueError):
        return
    latest = _part(_part(document, "checkpoint"), "latest")
    for holding in holdings(of_export({"deployment": latest})):
        yield (
            holding.account.lower(),
            holding.name.lower(),
            holding.model.lower(),
            holding.version.lower(),
        )


def _part(document: Any, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}
