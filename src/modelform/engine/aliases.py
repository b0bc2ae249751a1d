"""Names under which a resource may be found in the old state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelform.engine import urns
from modelform.engine.goal import Alias, Goal


def candidates(goal: Goal, stack: str, project: str, found_as: Mapping[str, str]) -> Iterator[str]:
    """The old URNs to try for a goal, best first, without its own.

    `found_as` maps URNs of this run to the old ones under which they were found: children of a resource that was
    renamed are looked for under its old name too, with the old name's prefix where theirs began with the new one's.
    """
    seen: set[str] = set()
    inherited = found_as.get(goal.parent, "")
    for urn in _all(goal, stack, project, found_as, inherited):
        if urn not in seen:
            seen.add(urn)
            yield urn


def _all(goal: Goal, stack: str, project: str, found_as: Mapping[str, str], inherited: str) -> Iterator[str]:
    own = [_alias_urn(alias, goal, stack, project, found_as) for alias in goal.aliases]
    yield from own
    if inherited:
        yield _under(inherited, goal.parent, goal.type, goal.name, stack, project)
        for urn in own:
            yield _under(inherited, goal.parent, urns.type_of(urn), urns.name_of(urn), stack, project)


def _alias_urn(alias: Alias, goal: Goal, stack: str, project: str, found_as: Mapping[str, str]) -> str:
    if alias.urn:
        return alias.urn
    parent = found_as.get(alias.parent, alias.parent) if alias.parent else goal.parent
    if alias.no_parent or (parent and urns.qualified_type(parent) == urns.STACK_TYPE):
        parent = ""
    return urns.make(
        alias.stack or stack, alias.project or project, parent, alias.type or goal.type, alias.name or goal.name
    )


def _under(old_parent: str, new_parent: str, type: str, name: str, stack: str, project: str) -> str:
    """The URN that a child had when its parent had another name."""
    prefix = urns.name_of(new_parent)
    if name.startswith(prefix):
        name = urns.name_of(old_parent) + name.removeprefix(prefix)
    return urns.make(stack, project, old_parent, type, name)
