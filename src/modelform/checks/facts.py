"""What Azure said in this run, and what the stack's state holds: the live side of a check, without a way to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelform.checks.holdings import Holding

Place = tuple[str, str]
"""A subscription and a region."""


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


@dataclass(frozen=True, slots=True)
class Facts:
    """Live answers. A place is in `usages` (counters by name in small letters) or, with why not, in `failed`.

    `holdings` and `accounts` (ids in small letters) are what the state has; `deleted` is by subscription.
    """

    usages: Mapping[Place, Mapping[str, Counter]] = field(default_factory=dict)
    failed: Mapping[Place, str] = field(default_factory=dict)
    deleted: Mapping[str, tuple[Deleted, ...]] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    accounts: frozenset[str] = frozenset()


def live(facts: object | None) -> Facts | None:
    """The facts that a rule was given, where they are any."""
    return facts if isinstance(facts, Facts) else None
