"""The live checks before anything is changed: Azure is asked once a region and API, all at a time.

Nothing is asked where nothing of a model is made or changed, so that a plan without changes needs no cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from modelform.errors import Diagnostic, Exit, ModelformError, PolicyError, Severity
from modelform.plan import Change, Op, Result
from modelform.spec.resolved import Stack
from modelform.state import Snapshot
from modelform.values import bare

if TYPE_CHECKING:
    from modelform.azure import Arm
    from modelform.azure.accounts import Held
    from modelform.checks.facts import Asked, Counter, Deleted, Facts, Place, Silence
    from modelform.checks.holdings import Record

TYPES = ("azure-native:cognitiveservices:Account", "azure-native:cognitiveservices:Deployment")
BOUGHT = "azure-native:machinelearningservices:MarketplaceSubscription"
TAKING = (Op.CREATE, Op.UPDATE, Op.REPLACE, Op.CREATE_REPLACEMENT)
# What the offline run said of quota, and what the live one says instead.
CODES = (
    "quota.exceeded",
    "quota.unverified",
    "limit.accounts",
    "capacity.unavailable",
    "capacity.unverified",
    "cost.soft-deleted-ptu",
    "marketplace.eligibility",
)
PATIENCE = 30.0
AT_ONCE = 16
# What it takes to be answered.
_PROVIDER = "Microsoft.CognitiveServices"
USAGES = f"{_PROVIDER}/locations/usages/read: the role Cognitive Services Usages Reader on the subscription has it"
DELETED = f"{_PROVIDER}/deletedAccounts/read on the subscription: the role Reader has it"
CAPACITIES = f"{_PROVIDER}/modelCapacities/read on the subscription: the role Reader has it"
SUBSCRIPTION = "Microsoft.Resources/subscriptions/read: the role Reader has it"

Open = Callable[[str], "Arm"]
ListDeleted = Callable[[str], "list[Held]"]


def needed(changes: Iterable[Change]) -> bool:
    """Is anything made or changed that draws on quota, or is bought?"""
    return any(change.type in (*TYPES, BOUGHT) and change.op in TAKING for change in changes)


def asked(
    stack: Stack | None,
    found: list[Diagnostic],
    changes: Iterable[Change],
    base: Snapshot,
    open_arm: Open,
    today: date,
    deleted: ListDeleted | None = None,
) -> None:
    """Puts what the checks say with Azure's answers in the place of what they `found` of quota without.

    Where nothing is taken, what is there fits: then nothing is said of quota.
    """
    if stack is None:
        return
    found[:] = [finding for finding in found if finding.code not in CODES]
    if not needed(changes):
        return
    from modelform import checks
    from modelform.catalog import Catalog

    facts = gather(stack, records(base), open_arm, deleted)
    found[:] = [
        *found,
        *checks.run(stack, Catalog.load(stack.overlay, stack.target), today=today, facts=facts, only=CODES),
    ]


def stopped(plan: Result, found: Iterable[Diagnostic], severity: Severity) -> Result:
    """The plan as the live checks leave it: an error among what they `found` ends an `up`, and marks a preview."""
    told = list(found)
    if not any(finding.severity is Severity.ERROR for finding in told):
        return plan
    if severity is Severity.ERROR:
        raise PolicyError(diagnostics=told)
    return replace(plan, ok=False, exit_code=Exit.STOPPED)


def records(base: Snapshot) -> list[Record]:
    """What a state has of accounts and their deployments."""
    from modelform.checks.holdings import Record

    return [Record(r.type, r.id, bare(r.inputs)) for r in base.resources if r.type in TYPES and not r.delete]


def gather(stack: Stack, state: Iterable[Record], open_arm: Open, deleted: ListDeleted | None = None) -> Facts:
    """What Azure says of every place of the stack; what fails is in the answer, not raised.

    Asked are, all at a time: the usages of each place, the soft-deleted accounts of each subscription (`deleted` lists
    them where they are known already), the free capacity of each model that takes more provisioned units (one answer
    has all regions), and the kind of each subscription that is to buy from the marketplace.
    """
    from modelform.catalog import Catalog
    from modelform.checks import capacity, marketplace
    from modelform.checks.facts import Facts
    from modelform.checks.holdings import ACCOUNT, holdings
    from modelform.checks.quota import places

    catalog = Catalog.load(stack.overlay, stack.target)
    had, wanted = list(state), list(places(stack, catalog))
    facts = Facts(
        holdings=tuple(holdings(had)),
        accounts=frozenset(record.id.lower() for record in had if record.type == ACCOUNT),
    )
    subscriptions = list(dict.fromkeys(subscription for subscription, _ in wanted))
    models = list(dict.fromkeys(want.asked for want in capacity.wants(stack, catalog, facts)))
    buyers = marketplace.buyers(stack, catalog)
    number = len(wanted) + len(subscriptions) + len(models) + len(buyers)
    if not number:
        return facts
    with ThreadPoolExecutor(max_workers=min(number, AT_ONCE)) as pool:
        answers = {place: pool.submit(_answer, _usages, USAGES, open_arm, place) for place in wanted}
        graves = {s: pool.submit(_answer, _deleted, DELETED, open_arm, s, deleted) for s in subscriptions}
        rooms = {asked: pool.submit(_answer, _rooms, CAPACITIES, open_arm, asked) for asked in models}
        kinds = {s: pool.submit(_answer, _kind, SUBSCRIPTION, open_arm, s) for s in buyers}
    counters, failed = _sorted({place: answer.result() for place, answer in answers.items()})
    lists, graveless = _sorted({subscription: answer.result() for subscription, answer in graves.items()})
    free, roomless = _sorted({asked: answer.result() for asked, answer in rooms.items()})
    offers, buyerless = _sorted({subscription: answer.result() for subscription, answer in kinds.items()})
    return replace(
        facts,
        usages=counters,
        failed=failed,
        deleted=lists,
        graveless=graveless,
        rooms=free,
        roomless=roomless,
        buyers=offers,
        buyerless=buyerless,
    )


def _answer(ask: Callable[..., Any], permission: str, *about: Any) -> Any:
    """An answer, or why there was none and what to do; for want of permission, which one it takes."""
    from modelform.checks.facts import Silence

    try:
        return ask(*about)
    except ModelformError as error:
        first = error.diagnostics[0]
        why = f"{first.summary}{': ' + first.detail if first.detail else ''}"
        if first.code == "access.denied":
            return Silence(why, f"it takes the permission {permission}")
        return Silence(why, first.hint)


def _sorted(answers: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Silence]]:
    """The answers that came, and the silences."""
    from modelform.checks.facts import Silence

    silent = {key: answer for key, answer in answers.items() if isinstance(answer, Silence)}
    return {key: answer for key, answer in answers.items() if key not in silent}, silent


def _usages(open_arm: Open, place: Place) -> dict[str, Counter]:
    from modelform.azure.facts import usages
    from modelform.checks.facts import Counter

    subscription, region = place
    found = usages(open_arm(subscription), region, subscription, timeout=PATIENCE)
    return {name.lower(): Counter(usage.current, usage.limit) for name, usage in found.items()}


def _rooms(open_arm: Open, asked: Asked) -> dict[tuple[str, str], float]:
    from modelform.azure.facts import capacities

    subscription, format, name, version = asked
    found = capacities(open_arm(subscription), format, name, version, subscription, timeout=PATIENCE)
    return {(row.location, row.sku): row.available for row in found}


def _kind(open_arm: Open, subscription: str) -> str:
    from modelform.azure.facts import offer_kind

    return offer_kind(open_arm(subscription), subscription, timeout=PATIENCE)


def _deleted(open_arm: Open, subscription: str, known: ListDeleted | None) -> tuple[Deleted, ...]:
    from modelform.azure.accounts import deleted_accounts
    from modelform.checks.facts import Deleted

    held = known(subscription) if known else deleted_accounts(open_arm(subscription), subscription, timeout=PATIENCE)
    return tuple(
        Deleted(item.name, item.location.replace(" ", "").lower(), item.purge_at[:10], _group(item.id)) for item in held
    )


def _group(id: str) -> str:
    """The resource group in an ARM id; empty where it has none."""
    parts = id.strip("/").split("/")
    return parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""
