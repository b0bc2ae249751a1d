"""The lock file `NAME.lock.yaml`: what a stack file leaves open, decided once and kept.

It holds, for each deployment, the model's version and the sku; for each template, the digest of its file; and the
catalogue that was asked. What it says wins over a newer catalogue, so that a release never changes a plan by itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from modelform.errors import ModelformError, Report, Span
from modelform.record import dataclass
from modelform.spec.compose import Template
from modelform.spec.resolved import Stack
from modelform.spec.source import Sources
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence

LOCK_VERSION = "modelform/lock/v1"
_ENTRY_KEYS = ("model", "publisher", "format", "sku", "region")


@dataclass(frozen=True, slots=True)
class LockChange:
    """One difference between two locks: a path such as `deployments.assistant.model`, and both values."""

    path: str
    old: str | None
    new: str | None


def lock_path(file: Path) -> Path:
    """The lock file of a stack file."""
    return file.with_name(f"{file.stem}.lock.yaml")


def read(file: Path, report: Report) -> dict[str, Any]:
    """The lock beside a stack file; empty when there is none. A broken one is an error."""
    path = lock_path(file)
    if not path.exists():
        return {}
    tree = Sources(report).read(path, what="lock file")
    if tree is None:
        return {}
    version = tree.get("lockVersion")
    if not isinstance(version, Scalar) or version.text != LOCK_VERSION:
        report.error(
            "lock.invalid",
            f"this is no lock file of a version that this modelform reads ({LOCK_VERSION})",
            span=version.span if version else Span(tree.span.file, 1, 1),
            hint="Delete it and run `modelform lock`, or use the modelform that wrote it.",
        )
        return {}
    data = _plain(tree)
    problem = _shape(data)
    if problem:
        report.error(
            "lock.invalid",
            f"the lock file is damaged: {problem}",
            span=Span(tree.span.file, 1, 1),
            hint="Restore it from version control, or delete it and run `modelform lock`.",
        )
        return {}
    found: dict[str, Any] = data
    return found


def compute(stack: Stack) -> dict[str, Any]:
    """The lock that fits a resolved stack."""
    return dict(stack.lock)


def build(
    deployments: dict[str, dict[str, str]],
    templates: list[Template],
    catalog: dict[str, str],
    locked: dict[str, Any],
) -> dict[str, Any]:
    """A lock's content. What was locked before and still holds stays, its catalogue and templates too.

    So a lock changes only when a decision does: a digest alone is taken over by an upgrade, which locks nothing before.
    """
    entries = dict(sorted(deployments.items()))
    same = bool(locked) and locked.get("deployments") == entries
    content: dict[str, Any] = {
        "lockVersion": LOCK_VERSION,
        "catalog": locked["catalog"] if same and "catalog" in locked else catalog,
    }
    if templates:
        before = locked.get("templates", {})
        content["templates"] = {item.name: before.get(item.name, item.digest) for item in templates}
    content["deployments"] = entries
    return content


def text(data: dict[str, Any]) -> str:
    """The lock as the file's text."""
    import yaml

    head = "# What the stack file leaves open, decided once. Keep it with the stack file; `modelform lock --upgrade`\n"
    head += "# decides anew and shows what differs.\n"
    body: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    return head + body


def write(file: Path, data: dict[str, Any]) -> Path:
    """Writes the lock beside a stack file, whole or not at all; gives its path. Raises ModelformError."""
    path = lock_path(file)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text(data), encoding="utf-8")
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise ModelformError(f"the lock {path} cannot be written: {reason}", code="lock.unwritable") from error
    return path


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[LockChange]:
    """What an upgrade changes, deployment by deployment; the catalogue's digest follows from its version."""
    changes: list[LockChange] = []
    for section in ("catalog", "templates", "deployments"):
        before = _flat(old.get(section, {}), section)
        after = _flat(new.get(section, {}), section)
        for path in sorted({*before, *after}):
            if before.get(path) != after.get(path):
                changes.append(LockChange(path, before.get(path), after.get(path)))
    return changes


def check_templates(locked: dict[str, Any], templates: list[Template], report: Report) -> None:
    """A template that is not the one that was locked would change the plan by itself."""
    digests = locked.get("templates", {})
    for template in templates:
        before = digests.get(template.name)
        if before is None or before == template.digest:
            continue
        found = report.error if template.packaged else report.warning
        found(
            "lock.template-changed",
            f"the template {template.name!r} is not the one that this stack was locked with",
            detail="It came with another release of modelform." if template.packaged else "Its file was changed.",
            span=template.span,
            hint="`modelform lock --upgrade` shows what differs and takes the new one.",
        )


def _shape(data: Any) -> str:
    for section in ("catalog", "templates", "deployments"):
        if not isinstance(data.get(section, {}), dict):
            return f"{section} is no map"
    for key, entry in data.get("deployments", {}).items():
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in _ENTRY_KEYS):
            return f"deployments.{key} lacks one of {', '.join(_ENTRY_KEYS)}"
    return ""


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return node.value if node.value is None or isinstance(node.value, bool) else node.text


def _flat(data: Any, path: str) -> dict[str, str]:
    if isinstance(data, dict):
        found: dict[str, str] = {}
        for key, value in data.items():
            found.update(_flat(value, f"{path}.{key}"))
        return found
    return {path: str(data)}
