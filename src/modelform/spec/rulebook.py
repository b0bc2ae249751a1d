"""The company file as it is meant: what holds of every stack of a company, and who may be excused from what."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from modelform.errors import Span
from modelform.record import dataclass
from modelform.spec.resolved import Origins, Policy


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception: one code, for the stacks (and deployments) whose names fit, until the end of its last day."""

    code: str
    stack: str
    deployment: str
    reason: str
    until: date
    span: Span | None = None

    def covers(self, stack: str, today: date) -> bool:
        """Does it hold for a stack on a day?"""
        return today <= self.until and fnmatchcase(stack, self.stack)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Marketplace terms that somebody accepted for the company: of a model's offer and plan, by whom, on which day."""

    model: str
    offer: str
    plan: str
    by: str
    on: date
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Loosened:
    """A place where a stack's policy would allow more than the company's: its path, what it says, what holds."""

    path: str
    said: str
    floor: str
    floor_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A company file. Empty and None are no rule; `digest` is the SHA-256 of the file, `stamp` with its packs'.

    `naming` has a pattern by kind of resource, `tags` the allowed values (none: any) of each tag that must be there,
    `duties` who else does what, by duty. `deletes` and `replacements` are how many an `up` may do without an approval.
    """

    file: str
    digest: str
    policy: Policy
    origins: Origins = field(default_factory=Origins)
    stamp: str = ""
    pinned: str = ""
    targets: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    secrets_providers: tuple[str, ...] = ()
    packs: str | None = None
    versions: str | None = None
    upgrades: tuple[str, ...] = ()
    naming: dict[str, str] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deletes: int | None = None
    replacements: int | None = None
    duties: dict[str, str] = field(default_factory=dict)
    marketplace: tuple[Acceptance, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The shape under `company` in `--json` documents; its packs have the digests that it may pin them to."""
        packs = [{"folder": pack.folder, "digest": pack.digest or None} for pack in self.policy.packs]
        found = {"file": self.file, "digest": self.digest, "pinned": self.pinned or None}
        return {**found, "packs": packs} if packs else found
