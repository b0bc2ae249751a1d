"""What the steps of a resolution share: the forms, the catalogue, the lock, and where problems go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from modelform.catalog import Catalog
from modelform.errors import Severity, Span
from modelform.spec.kinds import Reading
from modelform.spec.naming import Rule
from modelform.spec.resolved import Policy
from modelform.spec.stackfile import StackForm
from modelform.spec.suggest import did_you_mean
from modelform.spec.words import MOST_TAGS


@dataclass
class Context:
    """One resolution of one stack."""

    name: str
    form: StackForm
    reading: Reading
    catalog: Catalog
    today: date
    subscription: str
    policy: Policy
    locked: dict[str, Any] = field(default_factory=dict)
    failures: int = 0

    def span(self, path: str) -> Span | None:
        """The place of a path, or of its nearest ancestor."""
        while path:
            if path in self.reading.origins:
                return self.reading.origins[path]
            path = path.rpartition(".")[0]
        return self.reading.origins.get("")

    def error(self, code: str, summary: str, path: str, hint: str = "", detail: str = "") -> None:
        """Reports an error at a path."""
        self.failures += 1
        self.reading.report.error(code, summary, detail=detail, span=self.span(path), hint=hint)

    def warning(self, code: str, summary: str, path: str, hint: str = "") -> None:
        """Reports a warning at a path."""
        self.reading.report.warning(code, summary, span=self.span(path), hint=hint)

    def info(self, code: str, summary: str, path: str, hint: str = "", detail: str = "") -> None:
        """Reports a note at a path."""
        self.reading.report.info(code, summary, detail=detail, span=self.span(path), hint=hint)

    def is_broken(self, path: str) -> bool:
        """Was something at or below a path reported already?"""
        prefix = f"{path}."
        return any(broken == path or broken.startswith(prefix) for broken in self.reading.broken)

    def region(self, text: str, path: str) -> str | None:
        """The name of a region that exists; `Sweden Central` is swedencentral."""
        name = text.replace(" ", "").lower()
        if name in self.catalog.regions:
            return name
        hint = did_you_mean(name, self.catalog.regions) or "Regions are written like swedencentral."
        self.error("availability.region", f"there is no region {text!r} in the catalogue", path, hint)
        return None

    def own_name(self, name: str, rule: Rule, path: str) -> str:
        """A name that the file gives, checked against its type's rule."""
        problem = rule.problem(name)
        if problem:
            hint = "Give it another name."
            if not path.endswith(".name"):
                hint = "It comes from the key: take another key, or give a `name:`."
            self.error("naming.invalid", f"the name {name!r} {problem}", path, hint)
        return name

    def tags(self, inherited: Mapping[str, str], own: Mapping[str, str], path: str) -> dict[str, str]:
        """A resource's tags with those of what it lies in; ARM takes 50, and names that differ in more than case."""
        merged = {**inherited, **own}
        if not own:
            return merged
        if len(merged) > MOST_TAGS:
            hint = f"Azure takes {MOST_TAGS} of a resource, those of the stack and of its workspace among them."
            self.error("stack-file.tags", f"{path} come to {len(merged)} tags", path, hint)
        seen: dict[str, str] = {}
        for name in merged:
            before = seen.setdefault(name.lower(), name)
            if before != name:
                hint = "Azure does not tell tag names apart by case: write both alike."
                self.error("stack-file.tags", f"the tags {before!r} and {name!r} are the same", path, hint)
        return merged

    @property
    def failed(self) -> bool:
        """Is there an error in the report?"""
        return any(item.severity is Severity.ERROR for item in self.reading.report)


def keys_before(formerly: str | tuple[str, ...]) -> tuple[str, ...]:
    """Former keys, oldest first."""
    return (formerly,) if isinstance(formerly, str) else formerly
