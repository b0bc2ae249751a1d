"""A policy in a file of its own: the `policy:` of a stack file, for stacks that another tool declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelform.errors import Report, Span, StackFileError
from modelform.spec.context import Context
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.packs import read_packs
from modelform.spec.policies import resolve_policy
from modelform.spec.policyforms import PolicyForm
from modelform.spec.records import Record
from modelform.spec.resolved import Origins, Policy
from modelform.spec.source import Sources, shown

if TYPE_CHECKING:
    from modelform.catalog import Catalog


def read(path: Path, catalog: Catalog, today: date) -> tuple[Policy, dict[str, Span], Report]:
    """The policy of a file, places by its paths, and warnings. The file is the block itself, or has it as `policy:`.

    Raises:
        StackFileError: it cannot be read, with every problem.
    """
    report = Report()
    sources = Sources(report)
    tree = sources.read(path, what="policy file")
    if tree is None:
        raise StackFileError(diagnostics=report.sorted())
    reading = Reading(report)
    reading.origins[""] = Span(shown(path), 1, 1)
    node = tree.get("policy") or tree
    form = Record(PolicyForm, title="a policy").read(node, "policy", reading)
    if form is BROKEN:
        raise StackFileError(diagnostics=report.sorted())
    context = Context("", cast(Any, None), reading, catalog, today, "", Policy())
    policy = resolve_policy(context, cast(PolicyForm, form))
    packs = read_packs(cast(PolicyForm, form).packs, Origins(reading.origins), sources)
    if report.errors:
        raise StackFileError(diagnostics=report.sorted())
    return replace(policy, packs=packs), reading.origins, report
