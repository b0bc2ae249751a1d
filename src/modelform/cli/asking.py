"""`check --live`: what a plan asks Azure before anything is changed, asked for what another tool declares."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelform.cli.arguments import Choice, Place, Target
from modelform.errors import Diagnostic, ModelformError, Severity, UsageError

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection
    from modelform.beside.held import Held
    from modelform.checks.facts import Facts, Silence
    from modelform.checks.holdings import Record
    from modelform.cli.outside import Outside
    from modelform.spec.resolved import Stack, Workspace

VARIABLES = ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID")
COUNTED = ("quota.exceeded", "limit.accounts", "capacity.unavailable")
Open = Callable[[str], "Arm"]


def subscription_of(given: str | None, environment: Mapping[str, str]) -> str:
    """The subscription of what does not say its own: the flag's, or that of the tools' variables."""
    return given or next((environment[name] for name in VARIABLES if environment.get(name)), "")


def placed(stack: Stack, subscription: str, unknown: str) -> Stack:
    """The stack, with a subscription where its workspaces have none, or the one that stands for an `unknown` one."""
    homes = {
        key: replace(home, subscription=subscription) if home.subscription in ("", unknown) else home
        for key, home in stack.workspaces.items()
    }
    return replace(stack, workspaces=homes)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cloud said, and why what is there already may not have been seen; empty where it was."""

    facts: Facts
    unseen: str = ""


def ask(stack: Stack, held: Held, place: Place, target: Target | None, around: Outside) -> Answer:
    """What Azure (or the project's sandbox) says; where the file does not say what is there, that is asked as well."""
    from modelform.azure import Arm
    from modelform.drivers.preflight import gather

    connect, opened, lock = _connect(place, target, around), dict[str, "Arm"](), threading.Lock()
    with ExitStack() as ends:

        def open_arm(subscription: str) -> Arm:
            if not subscription:
                hint = f"--subscription ID says it, or {VARIABLES[0]}"
                raise UsageError("nothing says in which subscription it would be deployed", hint=hint)
            with lock:
                if subscription not in opened:
                    opened[subscription] = ends.enter_context(closing(Arm(connect(subscription))))
                return opened[subscription]

        if held.records is not None:
            return Answer(gather(stack, held.records, open_arm))
        there, silent, unseen = _there(stack, held, open_arm)
        found = gather(stack, there, open_arm)
        # What an account holds of a counter is part of what is in use: without it nothing can be said of growth.
        usages = {where: counters for where, counters in found.usages.items() if where not in silent}
        return Answer(replace(found, usages=usages, failed={**silent, **found.failed}), unseen)


def doubted(found: Iterable[Diagnostic], unseen: str) -> list[Diagnostic]:
    """The findings, where what is there already may have been counted twice: live numbers warn then."""
    return [
        replace(finding, severity=Severity.WARNING, detail=f"{finding.detail}; {unseen}")
        if unseen and finding.code in COUNTED and finding.severity is Severity.ERROR
        else finding
        for finding in found
    ]


def _connect(place: Place, target: Target | None, around: Outside) -> Callable[[str], Connection]:
    if target is Target.SANDBOX:
        from modelform.cli.session import open_folder
        from modelform.cli.wiring import connector

        return connector(open_folder(place, Choice(target=Target.SANDBOX)))

    def connect(subscription: str) -> Connection:
        from modelform.azure import azure_connection

        return azure_connection(around.environment.get("AZURE_TENANT_ID", ""), subscription, around.environment)

    return connect


def _there(stack: Stack, held: Held, open_arm: Open) -> tuple[list[Record], dict[tuple[str, str], Silence], str]:
    """The accounts that are there with their deployments, the places that would not answer, and what is not seen."""
    from modelform.checks.facts import Silence

    found: list[Record] = []
    silent: dict[tuple[str, str], Silence] = {}
    unseen = ""
    for home in stack.workspaces.values():
        if home.kind == "hub" or not (home.subscription and home.name):
            continue
        if held.grouped and home.resource_group.name == held.grouped:
            unseen = "what is there already is not known: --resource-group NAME says where it would be deployed"
            continue
        try:
            account = _account(home, open_arm)
        except ModelformError as error:
            first = error.diagnostics[0]
            why = f"what {home.name} holds already could not be listed: {first.summary}"
            silent[(home.subscription.lower(), home.location)] = Silence(why, first.hint)
            continue
        found += account
        if not account and held.hashed:
            unseen = "what is there already is not known: uniqueString() gives other names here than in Azure"
    return found, silent, unseen


def _account(home: Workspace, open_arm: Open) -> list[Record]:
    from modelform.azure.facts import API_VERSION
    from modelform.checks.holdings import ACCOUNT, DEPLOYMENT, Record

    group = f"/subscriptions/{home.subscription}/resourceGroups/{home.resource_group.name}"
    id = f"{group}/providers/Microsoft.CognitiveServices/accounts/{home.name}"
    arm = open_arm(home.subscription)
    account = arm.find(id, API_VERSION, timeout=30.0)
    if account is None:
        return []
    rows = arm.items(f"{id}/deployments", API_VERSION, timeout=30.0)
    made = [Record(DEPLOYMENT, str(row.get("id") or ""), row) for row in rows]
    return [Record(ACCOUNT, id, {"location": str(account.get("location") or "")}), *made]
