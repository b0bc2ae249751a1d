"""Finds a model by the name a person wrote, or says what comes near it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import SequenceMatcher
from typing import Any, Literal

from modelform.record import dataclass

Reason = Literal["unknown", "version", "ambiguous", "retired", "no-facts"]


@dataclass(frozen=True, slots=True)
class Candidates:
    """No single model answers to `text`. `near` are ids or names that would, best first.

    unknown: no such name; version: the name exists, `near` has its versions; ambiguous: several publishers have it;
    retired: it is gone (`retired_on`, `replacement`; `heir` is what to write now); no-facts: Azure lists it, and the
    catalogue knows no offer of it.
    """

    text: str
    reason: Reason
    near: tuple[str, ...] = ()
    retired_on: date | None = None
    replacement: str | None = None
    heir: str = ""

    def explain(self) -> str:
        """One sentence for a person, without the way out."""
        if self.reason == "version":
            return f"{self.text.partition('@')[0]} has no version {self.text.partition('@')[2]!r}"
        if self.reason == "ambiguous":
            return f"{self.text!r} is the name of models of several publishers"
        if self.reason == "retired":
            return f"{self.text} was retired on {self.retired_on}"
        if self.reason == "no-facts":
            return f"{self.text} is known by name only: the catalogue has no regions or skus of it"
        return f"there is no model {self.text!r} in the catalogue"

    def hint(self) -> str:
        """What to write instead; empty when nothing comes near."""
        if self.reason == "retired" and self.replacement:
            if not self.heir:
                return f"its replacement was {self.replacement}: choose another model"
            if self.heir.partition("@")[0] in self.replacement.lower():
                return f"its replacement is {self.replacement}: write `{self.heir}`"
            return f"its replacement was {self.replacement}, which is gone or going too: write `{self.heir}`"
        if not self.near:
            return ""
        if self.reason == "retired":
            return f"no replacement is named; by name near it: {', '.join(self.near)}"
        if self.reason in ("version", "ambiguous"):
            return "write one of: " + ", ".join(self.near)
        *others, last = self.near
        return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


@dataclass(frozen=True, slots=True)
class Name:
    """A model's name taken apart: `mistral-ai/Mistral-Large-3@1`."""

    publisher: str
    name: str
    version: str

    @classmethod
    def parse(cls, text: str) -> Name:
        """Publisher and version are empty where the text has none; case counts for nothing."""
        head, _, version = text.strip().partition("@")
        publisher, _, name = head.rpartition("/")
        return cls(slug(publisher), name.lower(), version.strip())


def slug(publisher: str) -> str:
    """A publisher's name as ids spell it: `Mistral AI` is `mistral-ai`."""
    return re.sub(r"[^a-z0-9]+", "-", publisher.strip().lower()).strip("-")


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Orders versions as people count: 2 before 10, 2024-05-13 before 2024-11-20."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", version) if part)


def near(text: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that a person probably meant, best first; case and punctuation count little."""
    wanted = _plain(text)
    if not wanted:
        return []
    rated: dict[str, float] = {}
    for name in names:
        plain = _plain(name)
        score = SequenceMatcher(None, wanted, plain).ratio()
        if plain.startswith(wanted) or wanted.startswith(plain):
            score = max(score, 0.8 + 0.1 * min(len(plain), len(wanted)) / max(len(plain), len(wanted)))
        if score >= 0.65:
            rated[name] = score
    return sorted(rated, key=lambda name: (-rated[name], name))[:most]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def gone(text: str, name: Name, retired: Iterable[Mapping[str, Any]]) -> Candidates | None:
    """The answer for a model that is in the list of retired ones."""
    for row in retired:
        if row["name"].lower() != name.name or (name.publisher and slug(row["publisher"]) != name.publisher):
            continue
        if name.version and row["version"] not in (None, name.version):
            continue
        day = date.fromisoformat(row["retirementDate"])
        return Candidates(text, "retired", retired_on=day, replacement=row["replacement"])
    return None
