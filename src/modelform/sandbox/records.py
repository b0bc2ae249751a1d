"""What the database holds, as values: resources, the soft-deleted, operations."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from modelform.record import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is kept.

    `key` is the id in lower case; `body` is what is answered beside the envelope, without a provisioning state;
    `state` is the state until `ready` (Unix seconds), and afterwards the resource is `Succeeded` or, after
    `Deleting`, gone; one of two words (`Creating/Failed`, `Deleting/Failed`) says how it ends instead, and that a
    deletion does not take place. Until `busy` its children cannot be written.
    """

    key: str
    id: str
    type: str
    name: str
    subscription: str
    grp: str
    parent: str
    location: str
    body: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    etag: str = ""
    created: float = 0.0
    modified: float = 0.0
    author: str = ""
    state: str = "Succeeded"
    ready: float = 0.0
    busy: float = 0.0

    def state_at(self, now: float) -> str:
        """The provisioning state at a moment."""
        going, _, end = self.state.partition("/")
        if now < self.ready:
            return going
        # One that is due to go, and is still there, is seen between two moments: it never is `Succeeded` again.
        return end or ("Deleting" if going == "Deleting" else "Succeeded")

    @property
    def going(self) -> str:
        """The state until `ready`."""
        return self.state.partition("/")[0]

    @property
    def properties(self) -> dict[str, Any]:
        """The body's `properties`."""
        found: dict[str, Any] = self.body.setdefault("properties", {})
        return found


@dataclass(frozen=True, slots=True)
class Grave:
    """A soft-deleted resource, with when it went and when it goes for good."""

    id: str
    resource: Resource
    deleted: float
    purge: float


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation; `verb` is the method that began it, `style` how its monitor answers."""

    id: str
    subscription: str
    resource: str
    verb: str
    style: str
    version: str
    started: float
    ends: float
    error: dict[str, Any] | None
