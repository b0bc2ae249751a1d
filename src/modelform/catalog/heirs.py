"""What replaces a model that is gone or going, and what replaces that: down to one that stays."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from modelform.catalog.model import Model
from modelform.catalog.search import Candidates

if TYPE_CHECKING:
    from modelform.catalog.catalog import Catalog

GOING = ("retired", "deprecated", "legacy")


def heir(catalog: Catalog, named: str, today: date, seen: frozenset[str] = frozenset()) -> Model | None:
    """The model at the end of a chain of replacements; None where it ends at nothing, or at one that is gone too.

    `named` is what a publisher wrote: a model, or several (`a or b`), of which the first with an end is taken.
    """
    for name in re.split(r"\s+or\s+|,\s*", named):
        if name.lower() in seen:
            continue
        met = seen | {name.lower()}
        found = catalog.named(name, today)
        standing = None if isinstance(found, Candidates) else catalog.lifecycle(found, today)
        after = found.replacement if isinstance(found, Candidates) else standing.replacement if standing else None
        if after and (standing is None or standing.status in GOING):
            last = heir(catalog, after, today, met)
            if last is not None:
                return last
        if not isinstance(found, Candidates) and standing is not None and standing.status != "retired":
            return found
    return None
