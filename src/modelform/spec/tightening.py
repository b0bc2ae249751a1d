"""What a stack's policy and its company's say together: a stack may only tighten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from modelform.catalog import PROOFS, SERVERLESS, Catalog
from modelform.catalog.search import slug
from modelform.catalog.seats import countries
from modelform.errors import Span
from modelform.spec.resolved import CostLimit, Pack, Policy
from modelform.spec.rulebook import Company, Loosened

# A sku for each scope of processing: what a residency allows depends on nothing else of it.
_SCOPES = ("GlobalStandard", "DataZoneStandard", "Standard", SERVERLESS)
Spans = dict[str, Span]


def tighten(stack: Policy, company: Company, catalog: Catalog, origins: Spans) -> tuple[Policy, tuple[Loosened, ...]]:
    """The policy that holds, and every place where the stack's own would have allowed more.

    The `origins` of what the company says are put in the place of the stack's. Levels of checks are compared where
    the checks are known; here they stay the stack's own.
    """
    work = _Work(stack, company, catalog, origins)
    policy = work.policy()
    return policy, tuple(work.loosened)


class _Work:
    def __init__(self, stack: Policy, company: Company, catalog: Catalog, origins: Spans) -> None:
        self.stack, self.company, self.floor = stack, company, company.policy
        self.catalog, self.origins = catalog, origins
        self.loosened: list[Loosened] = []

    def policy(self) -> Policy:
        """Each part of it by itself."""
        stack, floor = self.stack, self.floor
        residency = self.one("residency", stack.residency, floor.residency, self._processed_within)
        demanded, preferred = self._origins()
        return replace(
            stack,
            residency=residency,
            at_rest=self._at_rest(residency),
            proof=self.one("proof", stack.proof, floor.proof, _at_least(PROOFS)),
            publishers=self.some("publishers", stack.publishers, floor.publishers, slug),
            lifecycle=self.some("lifecycle", stack.lifecycle, floor.lifecycle, str),
            retirement_notice_days=self.one(
                "retirementNotice", stack.retirement_notice_days, floor.retirement_notice_days, _longer, "{} days"
            ),
            monthly_cost=self.one("monthlyCost", stack.monthly_cost, floor.monthly_cost, _cheaper),
            public_network=self.one("publicNetwork", stack.public_network, floor.public_network, _denies),
            local_keys=self.one("localKeys", stack.local_keys, floor.local_keys, _denies),
            outbound=self.one("outbound", stack.outbound, floor.outbound, _denies),
            diagnostics=self.one("diagnostics", stack.diagnostics, floor.diagnostics, _requires),
            origins=demanded,
            preferred_origins=preferred,
            packs=(*floor.packs, *self._packs()),
        )

    def one(self, key: str, said: Any, floor: Any, within: Callable[[Any, Any], bool], shown: str = "{}") -> Any:
        """The tighter of two values; the company's where the stack says nothing or less."""
        if floor is None:
            return said
        if said is not None and within(said, floor):
            return said
        if said is not None:
            self.note(f"policy.{key}", shown.format(said), shown.format(floor), f"policy.{key}")
        self.hold(f"policy.{key}")
        return floor

    def some(
        self, key: str, said: tuple[str, ...], floor: tuple[str, ...], same: Callable[[str], str]
    ) -> tuple[str, ...]:
        """Those of a list that the company's list has too; all of the company's where none is left."""
        if not floor:
            return said
        allowed = {same(item) for item in floor}
        for index, item in enumerate(said):
            if same(item) not in allowed:
                self.note(f"policy.{key}.{index}", item, " or ".join(floor), f"policy.{key}")
        kept = tuple(item for item in said if same(item) in allowed)
        if not kept:
            self.hold(f"policy.{key}")
        return kept or floor

    def _packs(self) -> Iterable[Pack]:
        """The packs of the stack, as far as the company allows them: nothing of the others is run."""
        allowed = self.company.packs
        for index, pack in enumerate(self.stack.packs):
            kept = () if allowed == "none" else tuple(file for file in pack.files if not file.path.endswith(".py"))
            if allowed not in ("none", "conditions") or kept == pack.files:
                yield pack
                continue
            said = pack.folder if allowed == "none" else f"Python in {pack.folder}"
            self.note(f"policy.packs.{index}", said, f"`packs: {allowed}`", "allow.packs")
            if kept:
                yield replace(pack, files=kept)

    def note(self, path: str, said: str, floor: str, at: str) -> None:
        """Notes a place where the stack would allow more."""
        self.loosened.append(Loosened(path, said, floor, self.company.origins.span(at)))

    def hold(self, key: str) -> None:
        """The company's value holds: a finding about it points at the company's file."""
        below = f"{key}."
        for path in [path for path in self.origins if path == key or path.startswith(below)]:
            # The place of what was noted is the stack's.
            if not any(item.path == path for item in self.loosened):
                del self.origins[path]
        for path, span in self.company.origins.spans.items():
            if (path == key or path.startswith(below)) and path not in self.origins:
                self.origins[path] = span

    def _at_rest(self, residency: str | None) -> str | None:
        """Where data may be kept. A stack that tightens only where prompts go keeps its data no further than those."""
        floor, own = self.floor.storage, self.stack.storage
        if self.stack.at_rest is not None:
            held = self.one("atRest", self.stack.at_rest, floor, self._kept_within)
        elif floor is None or (own is not None and self._kept_within(own, floor)):
            held = own
        else:
            held = floor
            if self.floor.at_rest is not None:
                self.hold("policy.atRest")
        return None if held == residency else held

    def _origins(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        stack, floor = self.stack, self.floor
        demanded = self._seats("require", stack.origins, floor.origins)
        preferred = self._seats("prefer", stack.preferred_origins, floor.preferred_origins)
        return demanded, preferred

    def _seats(self, kind: str, said: tuple[str, ...], floor: tuple[str, ...]) -> tuple[str, ...]:
        if not floor:
            return said
        allowed = countries(floor)
        prefix = f"policy.origins.{kind}"
        if kind == "require" and not any(path.startswith(prefix) for path in self.origins):
            prefix = "policy.origins"
        for index, item in enumerate(said):
            if not countries((item,)) <= allowed:
                self.note(f"{prefix}.{index}", item, " or ".join(floor), "policy.origins")
        kept = tuple(item for item in said if countries((item,)) <= allowed)
        return kept or floor

    def _processed_within(self, said: str, floor: str) -> bool:
        """Does a residency allow nothing that the other does not? Asked of every region and scope."""
        ask = self.catalog.allowed_by
        return all(
            ask(floor, sku, region) for region in self.catalog.regions for sku in _SCOPES if ask(said, sku, region)
        )

    def _kept_within(self, said: str, floor: str) -> bool:
        ask = self.catalog.rest_allowed
        return all(ask(floor, region) for region in self.catalog.regions if ask(said, region))


def _at_least(order: Iterable[str]) -> Callable[[str, str], bool]:
    rank = list(order)
    return lambda said, floor: rank.index(said) >= rank.index(floor)


def _longer(said: int, floor: int) -> bool:
    return said >= floor


def _cheaper(said: CostLimit, floor: CostLimit) -> bool:
    return said.currency == floor.currency and said.limit <= floor.limit


def _denies(said: str, floor: str) -> bool:
    return said == floor or floor == "allow"


def _requires(said: str, floor: str) -> bool:
    return said == floor or floor == "optional"
