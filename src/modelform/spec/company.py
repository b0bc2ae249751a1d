"""Reads a company file: strictly, with places, and only if it is the one that it was pinned to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from modelform.errors import PolicyError, Report, Span, UsageError
from modelform.record import dataclass
from modelform.spec.companyfile import AcceptanceForm, CompanyForm, WaiverForm, company_kind
from modelform.spec.context import Context
from modelform.spec.deployments import UPGRADES
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.packs import read_packs
from modelform.spec.pins import Pin, parse_pin, require_file, require_packs
from modelform.spec.policies import resolve_policy
from modelform.spec.records import camel
from modelform.spec.resolved import Origins, Policy
from modelform.spec.rulebook import Acceptance, Company, Waiver
from modelform.spec.source import Sources, shown
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from modelform.catalog import Catalog

VARIABLE = "MODELFORM_COMPANY"
FLAG = "--company"


def find_company(flag: str | None, environment: Lookup[str, str], catalog: Catalog, today: date) -> Found | None:
    """The company file of a flag or a variable, None where neither names one.

    Where both do, they must name the same content: a flag must not put another file in the place of the pipeline's.
    Raises PolicyError for that, and for a file that is not what it was pinned to; UsageError for a pin of no form.
    """
    asked = [(text, source) for text, source in ((flag, FLAG), (environment.get(VARIABLE), VARIABLE)) if text]
    found = [load_company(parse_pin(text, source), catalog, today) for text, source in asked]
    if not found:
        return None
    if len(found) == 2 and (found[0].digest, found[0].stamp) != (found[1].digest, found[1].stamp):
        same = found[0].digest == found[1].digest
        raise PolicyError(
            f"{FLAG} and {VARIABLE} name two company files {'with different packs' if same else 'that differ'}",
            code="company.two",
            detail=f"{FLAG}: sha256:{found[0].digest}; {VARIABLE}: sha256:{found[1].digest}",
            hint="leave one of them out",
        )
    return next((one for one in found if one.company and one.company.pinned), found[0])


@dataclass(frozen=True, slots=True)
class Found:
    """A company file that was read: what it means, None where it is wrong, and what there is to say about it."""

    company: Company | None
    digest: str
    report: Report

    @property
    def stamp(self) -> str:
        """The digest of the file with its packs."""
        return self.company.stamp if self.company else self.digest


def load_company(pin: Pin, catalog: Catalog, today: date) -> Found:
    """Reads a company file. Raises PolicyError where its content is not what the pin says."""
    if not pin.path.exists():
        hint = f"{FLAG} and {VARIABLE} take a path, as seen from the folder that the command runs in."
        raise UsageError(f"there is no company file {pin.path}", code="usage.company", hint=hint)
    report = Report()
    sources = Sources(report)
    tree = sources.read(pin.path, what="company file")
    digest = next(iter(sources.files.values()), "")
    if digest:
        require_file(pin, digest)
    if tree is None:
        return Found(None, digest, report)
    reading = Reading(report)
    for scalar in _scalars(tree):
        if "${" in scalar.shown:
            reading.fail(
                "stack-file.value",
                f"a company file takes no values from outside: {scalar.shown!r}",
                scalar.span,
                "Write the value itself: what holds must not depend on who runs it.",
            )
    reading.origins[""] = Span(shown(pin.path), 1, 1)
    form = company_kind().read(tree, "", reading)
    if form is BROKEN:
        return Found(None, digest, report)
    company = _resolved(cast(CompanyForm, form), reading, sources, catalog, today)
    if report.errors:
        return Found(None, digest, report)
    require_packs(pin, company.policy.packs)
    packs = "".join(pack.digest or "unread" for pack in company.policy.packs)
    stamp = hashlib.sha256(f"{digest}{packs}".encode()).hexdigest() if packs else digest
    return Found(replace(company, file=shown(pin.path), digest=digest, stamp=stamp, pinned=pin.text), digest, report)


def _resolved(form: CompanyForm, reading: Reading, sources: Sources, catalog: Catalog, today: date) -> Company:
    context = Context("", cast(Any, None), reading, catalog, today, "", Policy())
    origins = Origins(reading.origins)
    policy = resolve_policy(context, form.policy)
    policy = replace(policy, packs=read_packs(form.policy.packs if form.policy else (), origins, sources))
    allow, pinning, approval, duties = form.allow, form.pinning, form.without_approval, form.duties
    tags = form.required_tags
    return Company(
        file="",
        digest="",
        policy=policy,
        origins=origins,
        targets=allow.targets if allow else (),
        engines=allow.engines if allow else (),
        backends=allow.backends if allow else (),
        secrets_providers=allow.secrets_providers if allow else (),
        packs=allow.packs if allow else None,
        versions=pinning.versions if pinning else None,
        upgrades=tuple(UPGRADES[word] for word in pinning.upgrades) if pinning else (),
        naming=_written(form.naming),
        tags=dict(tags) if isinstance(tags, dict) else dict.fromkeys(tags, ()),
        deletes=approval.deletes if approval else None,
        replacements=approval.replacements if approval else None,
        duties=_written(duties),
        marketplace=tuple(_acceptance(item, index, origins) for index, item in enumerate(form.marketplace)),
        waivers=tuple(_waiver(item, index, origins) for index, item in enumerate(form.exceptions)),
    )


def _written(form: Any) -> dict[str, str]:
    """The keys of a record of texts that have a value, as the file spells them."""
    if form is None:
        return {}
    return {camel(name): value for name in form.__slots__ if (value := getattr(form, name)) is not None}


def _acceptance(form: AcceptanceForm, index: int, origins: Origins) -> Acceptance:
    span = origins.span(f"marketplace.{index}")
    return Acceptance(form.model, form.offer, form.plan, form.by, form.on, span)


def _waiver(form: WaiverForm, index: int, origins: Origins) -> Waiver:
    span = origins.span(f"exceptions.{index}")
    return Waiver(form.code, form.stack, form.deployment, form.reason, form.until, span)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for entry in node.entries.values():
            yield from _scalars(entry.node)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
