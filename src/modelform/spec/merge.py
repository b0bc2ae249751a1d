"""Merging trees: maps by key, scalars and lists replace, null removes. Nodes keep the place they were written at."""

from __future__ import annotations

from modelform.errors import Report
from modelform.spec.yamlnodes import Entry, Mapping, Node, Sequence, is_null

FRAGMENT_KEYS = ("deployments", "routes", "access")


def merge(base: Node, over: Node) -> Node:
    """`over` laid on `base`; an entry that is null in `over` removes the base's."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        if below is None:
            entries[key] = entry
        elif is_null(entry.node):
            del entries[key]
        else:
            entries[key] = Entry(entry.key_span, merge(below.node, entry.node))
    return Mapping(entries, over.span)


def without(mapping: Mapping, *keys: str) -> Mapping:
    """The map without some of its keys."""
    return Mapping({key: entry for key, entry in mapping.entries.items() if key not in keys}, mapping.span)


def add_fragment(whole: Mapping, fragment: Mapping, report: Report) -> Mapping:
    """The map with a fragment's deployments, routes and access added; a key that is there already is an error."""
    entries = dict(whole.entries)
    for key, entry in fragment.entries.items():
        if key == "apiVersion":
            continue
        if key not in FRAGMENT_KEYS:
            report.error(
                "stack-file.fragment",
                f"an included file has no key {key!r}: it may only add deployments, routes and access",
                span=entry.key_span,
                hint="Move it to the file that includes this one.",
            )
            continue
        below = entries.get(key)
        if below is None or is_null(below.node):
            entries[key] = entry
        elif isinstance(below.node, Mapping) and isinstance(entry.node, Mapping):
            entries[key] = Entry(below.key_span, _added(key, below.node, entry.node, report))
        elif isinstance(below.node, Sequence) and isinstance(entry.node, Sequence):
            entries[key] = Entry(below.key_span, Sequence(below.node.items + entry.node.items, below.node.span))
        elif not is_null(entry.node):
            report.error(
                "stack-file.fragment",
                f"{key} is of another form here than in the file that includes this one",
                span=entry.key_span,
                hint="deployments and routes are maps, access is a list.",
            )
    return Mapping(entries, whole.span)


def _added(key: str, whole: Mapping, more: Mapping, report: Report) -> Mapping:
    entries = dict(whole.entries)
    for name, entry in more.entries.items():
        if name in entries:
            report.error(
                "stack-file.duplicate-key",
                f"{key}.{name} is given twice, first at {entries[name].key_span}",
                span=entry.key_span,
                hint="A fragment may only add: give one of the two another name.",
            )
        else:
            entries[name] = entry
    return Mapping(entries, whole.span)
