"""What a stack's state says, as plain values: the snapshot, its resources and the operations that were under way.

The fields are those of Pulumi's deployment format (checkpoint version 3); `codec` knows how they are spelled in a file.
Values (`inputs`, `outputs`) carry the marks of `modelform.values` and are decrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from modelform.record import dataclass
from modelform.values import Properties, Value

PendingType = Literal["creating", "updating", "deleting", "reading", "importing"]
PENDING_TYPES: tuple[PendingType, ...] = ("creating", "updating", "deleting", "reading", "importing")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as it was last written; `created` and `modified` are RFC 3339 text, timeouts are seconds.

    Neither a resource nor a value in it is ever changed after it was made: `with_` makes another one. Writers rely
    on that, since they keep a resource's encoded form for as long as the same object is written again.
    """

    urn: str
    type: str
    custom: bool = False
    id: str = ""
    delete: bool = False
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: tuple[str, ...] = ()
    init_errors: tuple[str, ...] = ()
    provider: str = ""
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: tuple[Any, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    hide_diff: tuple[Any, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    replacement_trigger: Value = None
    refresh_before_update: bool = False
    view_of: str = ""
    resource_hooks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    extension_ref: str = ""
    snippet_id: str = ""

    def with_(self, **changes: Any) -> Self:
        """A copy with other fields; the values that stay are shared, not copied."""
        copy = object.__new__(type(self))
        for name in FIELDS:
            object.__setattr__(copy, name, changes.pop(name) if name in changes else getattr(self, name))
        if changes:
            raise TypeError(f"a resource has no field {', '.join(sorted(changes))}")
        return copy


FIELDS: tuple[str, ...] = tuple(Resource.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """An operation that was sent to a provider and whose answer was never written."""

    resource: Resource
    type: PendingType


@dataclass(frozen=True, slots=True)
class Manifest:
    """When and by what a snapshot was written; `plugins` are passed on as they were read."""

    time: str = ""
    version: str = ""
    plugins: tuple[Mapping[str, Any], ...] = ()

    @property
    def magic(self) -> str:
        """The seal that readers ask for: SHA-256 of the version text, hexadecimal; empty for no version."""
        return hashlib.sha256(self.version.encode()).hexdigest() if self.version else ""


@dataclass(frozen=True, slots=True)
class SecretsProvider:
    """What the secrets of a state are encrypted with: for `passphrase`, `state` is `{"salt": text}`."""

    type: str
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def salt(self) -> str:
        """The passphrase provider's state string; empty for other providers."""
        salt = self.state.get("salt", "") if self.type == "passphrase" else ""
        return salt if isinstance(salt, str) else ""


@dataclass(slots=True)
class Snapshot:
    """Everything that a state file says.

    The order of `resources` has a meaning: what a resource needs comes before it. `extra` are top-level fields that
    this version does not know; they are written back as they were read.
    """

    manifest: Manifest = field(default_factory=Manifest)
    secrets_providers: SecretsProvider | None = None
    resources: list[Resource] = field(default_factory=list)
    pending_operations: list[PendingOperation] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def timestamp(moment: datetime) -> str:
    """A moment as states have it: RFC 3339, UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
