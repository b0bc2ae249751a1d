"""Loading a stack: files to forms to the resolved stack, and every problem on the way in one report."""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.errors import Report, Span
from modelform.spec import lock
from modelform.spec.compose import Composed, compose
from modelform.spec.interpolate import Scope
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.resolved import Origins, Pack, Read, Stack, Target
from modelform.spec.source import Sources, shown
from modelform.spec.stackfile import StackForm, stack_kind
from modelform.spec.suggest import did_you_mean
from modelform.spec.words import NAME, NAME_FORM
from modelform.spec.yamlnodes import Mapping, Scalar
from modelform.values import Secret

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.spec.rulebook import Company

TARGETS: tuple[Target, ...] = ("sandbox", "azure")
ENGINES = ("auto", "pulumi", "embedded")
# The sandbox has an identity of its own, and never a real one: a rehearsal must not depend on who is signed in.
SANDBOX_TENANT = "00000000-0000-4000-8000-00000000aaaa"
SANDBOX_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
SANDBOX_CLIENT = "00000000-0000-4000-8000-00000000cccc"
SANDBOX_ENVIRONMENT = {
    f"{prefix}_{name}": value
    for prefix in ("AZURE", "ARM")
    for name, value in (
        ("TENANT_ID", SANDBOX_TENANT),
        ("SUBSCRIPTION_ID", SANDBOX_SUBSCRIPTION),
        ("CLIENT_ID", SANDBOX_CLIENT),
        ("CLIENT_SECRET", "sandbox"),
    )
}


def load_stack(
    file: Path,
    *,
    environment: Lookup[str, str],
    target: str | None = None,
    engine: str | None = None,
    project: str = "modelform",
    catalog: Catalog | None = None,
    today: date | None = None,
    use_lock: bool = True,
    company: Company | None = None,
    overlay: str = "",
) -> tuple[Stack | None, Report]:
    """The stack that a file means, and everything there is to say about it; no stack when there is an error.

    `target` and `engine` are the flags: they win over MODELFORM_TARGET and MODELFORM_ENGINE, which win over the file.
    Without `use_lock`, what the file leaves open is decided anew. With a `company` file, its policy holds as well;
    `overlay` is the file of the catalogue's overlay.
    """
    report = Report()
    path = Path(file)
    asked_target = _asked("target", target, environment, "MODELFORM_TARGET", TARGETS, report)
    asked_engine = _asked("engine", engine, environment, "MODELFORM_ENGINE", ENGINES, report)
    sources = Sources(report)
    composed, reached, used, found = _composed(path, sources, environment, asked_target)
    report.extend(found)
    if composed.tree is None:
        return None, report
    reading = Reading(report)
    form = _form(composed.tree, path, reading)
    locked = lock.read(path, report) if use_lock else {}
    if form is None:
        return None, report
    from modelform.catalog import Catalog
    from modelform.spec.resolve import Settings, resolve

    settings = Settings(
        name=path.stem,
        file=shown(path),
        project=project,
        target=reached,
        engine=_engine(asked_engine or form.engine or "auto", reached),
        environment=_environment(environment, reached),
        today=today or date.today(),
        locked=locked,
        templates=composed.templates,
        company=company,
        packs=_packs(form, reading, sources),
    )
    known = catalog or Catalog.load(overlay, reached)
    stack = resolve(form, reading, settings, known)
    if stack is None:
        if known.overlay is not None:
            from modelform.catalog.overlay import notice

            report.add(notice(known.overlay, known.version))
        return None, report
    read = Read(sources.files, {name: Secret(value) for name, value in sorted(used.items())})
    return replace(stack, digest=sources.digest(used), read=read, overlay=overlay), report


def _packs(form: StackForm, reading: Reading, sources: Sources) -> tuple[Pack, ...]:
    """The packs that the file names, read."""
    if form.policy is None or not form.policy.packs:
        return ()
    from modelform.spec.packs import read_packs

    return read_packs(form.policy.packs, Origins(reading.origins), sources)


def _composed(
    path: Path, sources: Sources, environment: Lookup[str, str], asked: str | None
) -> tuple[Composed, Target, dict[str, str | None], Report]:
    """The merged tree, for the target that it is meant for.

    The target decides which values `${env:AZURE_…}` has, and may itself come from a base file: where the first guess
    is wrong, the tree is put together once more. Files are parsed once.
    """
    first: Target = "azure" if asked == "azure" else "sandbox"
    attempts: tuple[Target, ...] = (first,) if asked else ("sandbox", "azure")
    for reached in attempts:
        report = Report()
        scope = Scope(_environment(environment, reached), path.stem)
        composed = compose(path, sources, scope, report)
        if asked or composed.tree is None or reached == _written_target(composed.tree):
            break
    return composed, reached, scope.used, report


def _written_target(tree: Mapping) -> Target:
    node = tree.get("target")
    return "azure" if isinstance(node, Scalar) and node.text == "azure" else "sandbox"


def _environment(environment: Lookup[str, str], target: Target) -> Lookup[str, str]:
    return {**environment, **SANDBOX_ENVIRONMENT} if target == "sandbox" else environment


def _engine(engine: str, target: Target) -> str:
    """`auto` is pulumi for Azure and embedded for the sandbox."""
    if engine == "auto":
        return "pulumi" if target == "azure" else "embedded"
    return engine


def _asked(
    what: str, flag: str | None, environment: Lookup[str, str], variable: str, words: tuple[str, ...], report: Report
) -> Any:
    """What flag or variable ask for; None when neither does."""
    text, source = (flag, f"--{what}") if flag else (environment.get(variable), variable)
    if not text:
        return None
    if text in words:
        return text
    hint = did_you_mean(text, words)
    report.error("stack-file.value", f"{source} must be one of {', '.join(words)}, not {text!r}", hint=hint)
    return None


def _form(tree: Mapping, path: Path, reading: Reading) -> StackForm | None:
    """The typed forms of a tree; None when not even they can be made."""
    reading.origins[""] = Span(shown(path), 1, 1)
    read = stack_kind().read(tree, "", reading)
    name = tree.get("name")
    if isinstance(name, Scalar) and name.problem is None and name.text != path.stem:
        summary = f"name is {name.text!r}, but the file is {path.name}"
        reading.fail("stack-file.name", summary, name.span, f"Remove the line, or rename the file to {name.text}.yaml.")
    if not re.fullmatch(NAME, path.stem):
        summary = f"the file's name makes {path.stem!r} the stack's name, which cannot be"
        reading.fail("stack-file.name", summary, Span(shown(path), 1, 1), f"A stack's name is {NAME_FORM}.")
    return None if read is BROKEN else read
