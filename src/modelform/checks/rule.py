"""What a check is: a module with a code, a level, a sentence, a reason, and `check`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from modelform.spec.resolved import Stack


class Rule(Protocol):
    """One module under `checks/rules`: adding a check is adding a file there, and its cases.

    `level` is what a breach is when the facts behind it are Microsoft's own; `sentence` says what is held against the
    stack, `reason` why. `facts` are live answers of Azure, None when there are none. A rule never raises for a stack.
    """

    code: str
    level: Severity
    sentence: str
    reason: str

    def check(self, stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
        """The findings of this rule in the stack."""


COMPANY = "company_"
# Codes with a level that no rule has: what `check` could not know of another tool's file.
OTHERS = ("check.unknown",)


# These say nothing without Azure's answers: offline they are not made, which is no pass.
ASKING = frozenset(
    {
        "capacity.unavailable",
        "capacity.unverified",
        "cost.soft-deleted-ptu",
        "marketplace.eligibility",
        "quota.unverified",
    }
)


@cache
def every_rule(*, company: bool = True) -> tuple[Rule, ...]:
    """Every rule, in the order of their codes; those about a company file only where they are wanted."""
    package = importlib.import_module("modelform.checks.rules")
    names = [found.name for found in pkgutil.iter_modules(package.__path__)]
    names = [name for name in names if company or not name.startswith(COMPANY)]
    modules = [cast(Rule, importlib.import_module(f"{package.__name__}.{name}")) for name in names]
    return tuple(sorted(modules, key=lambda rule: rule.code))
