"""The catalogue's overlay, where there is one, can be used; and that it is used is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "catalog.overlay"
level = Severity.WARNING
sentence = "The overlay of the catalogue, where there is one, is whole, of this cloud, and newer than the catalogue."
reason = (
    "An overlay that is broken, that is older than the facts of this release, or that holds what the sandbox said, is "
    "left out: the rest runs with the catalogue alone. One that is used is named, for its facts decide."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """At most one finding, without a place in the stack's file."""
    if catalog.overlay is not None:
        from modelform.catalog.overlay import notice

        yield notice(catalog.overlay, catalog.version)
