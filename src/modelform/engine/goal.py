"""What the program wants of one resource, as it says when it registers it."""

from __future__ import annotations

import re
from dataclasses import field, replace

from modelform.engine import urns
from modelform.errors import UsageError
from modelform.record import dataclass
from modelform.state import Resource
from modelform.values import Properties

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
TERM = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that a resource had: a whole URN, or the parts of it that were different."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """A registration; `protect`, `retain_on_delete` and `delete_before_replace` are None where nothing was said."""

    type: str
    name: str
    custom: bool
    inputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    version: str = ""
    plugin_url: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool | None = None
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    import_id: str = ""
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package whose provider manages it."""
        return urns.package_of(self.type)

    @property
    def is_provider(self) -> bool:
        """Is it a provider itself?"""
        return urns.is_provider(self.type)

    def inherit(self, parent: Goal) -> Goal:
        """The goal with what a child takes over from its parent where it says nothing itself."""
        served = urns.package_of(urns.type_of(urns.split_reference(parent.provider)[0])) if parent.provider else ""
        takes_provider = not self.provider and self.custom and served == self.package
        return replace(
            self,
            deleted_with=self.deleted_with or parent.deleted_with,
            protect=parent.protect if self.protect is None else self.protect,
            retain_on_delete=parent.retain_on_delete if self.retain_on_delete is None else self.retain_on_delete,
            provider=parent.provider if takes_provider else self.provider,
            providers=self.providers if self.custom else {**parent.providers, **self.providers},
        )

    def state(self, urn: str, old: Resource | None) -> Resource:
        """The resource that is wanted, before any provider has spoken; `old` lends its times."""
        return Resource(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=self.inputs,
            parent=self.parent,
            protect=bool(self.protect),
            dependencies=self.dependencies,
            provider=self.provider if self.custom and not self.is_provider else "",
            property_dependencies=self.property_dependencies,
            additional_secret_outputs=self.additional_secret_outputs,
            custom_timeouts=self.custom_timeouts,
            import_id=self.import_id,
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            replace_with=self.replace_with,
            created=old.created if old else "",
            modified=old.modified if old else "",
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
        )


def seconds(text: str) -> float:
    """A Go duration (`5m`, `1h30m`, `1.5s`) in seconds; raises `UsageError`."""
    if text == "0":
        return 0.0
    total, position = 0.0, 0
    while match := TERM.match(text, position):
        total += float(match[1]) * UNITS[match[2]]
        position = match.end()
    if not text or position != len(text):
        raise UsageError(f"{text!r} is no duration", hint="write it like 30s, 5m or 1h30m")
    return total
