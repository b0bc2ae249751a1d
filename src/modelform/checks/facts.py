"""What Azure said in this run, and what the stack's state holds: the live side of a check, without a way to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from modelform.checks.holdings import Holding
from modelform.record import dataclass

Place = tuple[str, str]
"""A subscription and a region."""
Asked = tuple[str, str, str, str]
"""A subscription and a model: ARM's format, name and version."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A quota counter of a place; both numbers in units of `sku.capacity`."""

    current: float
    limit: float


@dataclass(frozen=True, slots=True)
class Deleted:
    """A soft-deleted account, which may hold quota still."""

    name: str
    region: str
    until: str = ""
    group: str = ""

    @property
    def purge(self) -> str:
        """The command that lets it go for good, and frees what it holds."""
        group = self.group or "GROUP"
        said = f"az cognitiveservices account purge --location {self.region} --resource-group {group}"
        return f"{said} --name {self.name}"


@dataclass(frozen=True, slots=True)
class Silence:
    """Why something was not answered, and what to do about that."""

    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Live answers. A place is in `usages` (counters by name in small letters) or, with why not, in `failed`.

    `rooms` is how many units of a model's skus could be deployed, by region and sku; a model that was asked about and
    not answered is in `roomless`. `graveless` are the subscriptions whose deleted accounts could not be listed.
    `buyers` is the kind of offer that a subscription is of (ARM's `quotaId`), or it is in `buyerless`.
    `holdings` and `accounts` (ids in small letters) are what the state has; `deleted` is by subscription.
    """

    usages: Mapping[Place, Mapping[str, Counter]] = field(default_factory=dict)
    failed: Mapping[Place, Silence] = field(default_factory=dict)
    rooms: Mapping[Asked, Mapping[tuple[str, str], float]] = field(default_factory=dict)
    roomless: Mapping[Asked, Silence] = field(default_factory=dict)
    graveless: Mapping[str, Silence] = field(default_factory=dict)
    buyers: Mapping[str, str] = field(default_factory=dict)
    buyerless: Mapping[str, Silence] = field(default_factory=dict)
    deleted: Mapping[str, tuple[Deleted, ...]] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    accounts: frozenset[str] = frozenset()


def live(facts: object | None) -> Facts | None:
    """The facts that a rule was given, where they are any."""
    return facts if isinstance(facts, Facts) else None
