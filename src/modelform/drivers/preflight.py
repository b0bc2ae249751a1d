"""The live checks before anything is changed: Azure is asked once a region, all regions at a time.

Nothing is asked where nothing of a model is made or changed, so that a plan without changes needs no cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from modelform.errors import Diagnostic, Exit, ModelformError, PolicyError, Severity
from modelform.plan import Change, Op, Result
from modelform.spec.resolved import Stack
from modelform.state import Snapshot
from modelform.values import bare

if TYPE_CHECKING:
    from modelform.azure import Arm
    from modelform.checks.facts import Counter, Deleted, Facts, Place
    from modelform.checks.holdings import Record

TYPES = ("azure-native:cognitiveservices:Account", "azure-native:cognitiveservices:Deployment")
TAKING = (Op.CREATE, Op.UPDATE, Op.REPLACE, Op.CREATE_REPLACEMENT)
# What the offline run said of quota, and what the live one says instead.
CODES = ("quota.exceeded", "quota.unverified", "limit.accounts")
PATIENCE = 30.0
AT_ONCE = 16

Open = Callable[[str], "Arm"]


def needed(changes: Iterable[Change]) -> bool:
    """Is anything made or changed that draws on quota?"""
    return any(change.type in TYPES and change.op in TAKING for change in changes)


def asked(
    stack: Stack | None,
    found: list[Diagnostic],
    changes: Iterable[Change],
    base: Snapshot,
    open_arm: Open,
    today: date,
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

    facts = gather(stack, records(base), open_arm)
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


def gather(stack: Stack, state: Iterable[Record], open_arm: Open) -> Facts:
    """Usages of every place of the stack, and soft-deleted accounts; what fails is in the answer, not raised."""
    from modelform.catalog import Catalog
    from modelform.checks.facts import Facts
    from modelform.checks.holdings import ACCOUNT, holdings
    from modelform.checks.quota import places

    had, wanted = list(state), list(places(stack, Catalog.load(stack.overlay, stack.target)))
    subscriptions = list(dict.fromkeys(subscription for subscription, _ in wanted))
    facts = Facts(
        holdings=tuple(holdings(had)),
        accounts=frozenset(record.id.lower() for record in had if record.type == ACCOUNT),
    )
    if not wanted:
        return facts
    with ThreadPoolExecutor(max_workers=min(len(wanted) + len(subscriptions), AT_ONCE)) as pool:
        answers = {place: pool.submit(_usages, open_arm, place) for place in wanted}
        graves = {subscription: pool.submit(_deleted, open_arm, subscription) for subscription in subscriptions}
    told = {place: answer.result() for place, answer in answers.items()}
    return replace(
        facts,
        usages={place: answer for place, answer in told.items() if not isinstance(answer, str)},
        failed={place: answer for place, answer in told.items() if isinstance(answer, str)},
        deleted={subscription: answer.result() for subscription, answer in graves.items()},
    )


def _usages(open_arm: Open, place: Place) -> dict[str, Counter] | str:
    from modelform.azure.facts import usages
    from modelform.checks.facts import Counter

    subscription, region = place
    try:
        found = usages(open_arm(subscription), region, subscription, timeout=PATIENCE)
    except ModelformError as error:
        first = error.diagnostics[0]
        return f"{first.summary}{': ' + first.detail if first.detail else ''}"
    return {name.lower(): Counter(usage.current, usage.limit) for name, usage in found.items()}


def _deleted(open_arm: Open, subscription: str) -> tuple[Deleted, ...]:
    """The soft-deleted accounts; none where they cannot be listed: they only explain what quota says."""
    from modelform.azure.accounts import deleted_accounts
    from modelform.checks.facts import Deleted

    try:
        held = deleted_accounts(open_arm(subscription), subscription)
    except ModelformError:
        return ()
    return tuple(Deleted(item.name, item.location.replace(" ", "").lower(), item.purge_at[:10]) for item in held)
