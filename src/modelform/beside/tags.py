"""Tags that another tool knows only when it applies: nobody can say that they are not what a company wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelform.beside.declared import UNKNOWN, Unknown
from modelform.spec.resolved import Stack

LATER = str(UNKNOWN)
# The name that stands for all tags of something, where none of them is known.
ALL = "\0tags"


def read(value: Any) -> dict[str, str]:
    """The tags of a resource; one that is not known yet is `LATER`."""
    if isinstance(value, Unknown):
        return {ALL: LATER}
    if not isinstance(value, Mapping):
        return {}
    texts = {str(name): LATER if isinstance(text, Unknown) else text for name, text in value.items()}
    return {name: text for name, text in texts.items() if isinstance(text, str)}


def supposed(stack: Stack) -> tuple[Stack, tuple[str, ...]]:
    """The stack with what is not known of tags as the company wants it, and what that is so of."""
    wanted = {name.lower(): (name, allowed) for name, allowed in (stack.company.tags if stack.company else {}).items()}
    doubtful: list[str] = []

    def put(what: str, tags: dict[str, str]) -> dict[str, str]:
        unknown = [name for name, text in tags.items() if text == LATER]
        open_ones = (
            wanted if ALL in unknown else {key: wanted[key] for name in unknown if (key := name.lower()) in wanted}
        )
        if open_ones:
            doubtful.append(what)
        known = {name: text for name, text in tags.items() if name != ALL}
        there = {name.lower() for name, text in known.items() if text != LATER}
        given = {name: (allowed or (LATER,))[0] for key, (name, allowed) in open_ones.items() if key not in there}
        return {
            **{name: text for name, text in known.items() if name.lower() not in open_ones or text != LATER},
            **given,
        }

    return replace(
        stack,
        resource_groups=tuple(replace(g, tags=put(f"resource group {g.name}", g.tags)) for g in stack.resource_groups),
        workspaces={key: replace(w, tags=put(key, w.tags)) for key, w in stack.workspaces.items()},
        deployments={key: replace(d, tags=put(key, d.tags)) for key, d in stack.deployments.items()},
    ), tuple(doubtful)
