"""One verification from its beginning to its end: choose with Azure's help, run each engine, compare, report."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from modelform.azure import AZURE_ENDPOINT, facts
from modelform.errors import UsageError
from modelform.verification import choice, comparison, evidence, recording
from modelform.verification.recording import GUID, Mask
from modelform.verification.run import Run, Surroundings, Verifier

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection
    from modelform.catalog import Catalog

SUBSCRIPTIONS = "2022-12-01"
ENGINES = ("embedded", "pulumi")


@dataclass(frozen=True)
class Undertaking:
    """What is about to be done in a subscription: what will be made, at what cost, and with which engines."""

    subscription: str
    tenant: str
    region: str
    model: choice.Offer | None
    service: choice.Offer | None
    costs: list[tuple[str, str, str]]
    engines: tuple[str, ...]
    skipped: dict[str, str]


@dataclass(frozen=True)
class Ended:
    """How it ended: the report, and where it and the journal were written."""

    report: evidence.Report
    file: Path
    journal: Path
    interrupted: bool


def prepare(
    connect: Callable[[str, str], Connection],
    subscription: str,
    region: str,
    engine: str,
    catalog: Catalog,
    environment: Mapping[str, str],
    today: date,
) -> Undertaking:
    """Asks Azure who we are there and what it has; changes nothing. `connect` takes a tenant and a subscription.

    Raises `UsageError` for what cannot be, `AccessError` where nobody is signed in.
    """
    if not GUID.fullmatch(subscription):
        raise UsageError(f"'{subscription}' is no subscription's id: that is a GUID")
    if region not in catalog.regions:
        raise UsageError(f"there is no region '{region}'", hint="`modelform catalog regions` lists them.")
    from modelform.azure import Arm

    arm = Arm(connect(environment.get("AZURE_TENANT_ID", ""), subscription))
    try:
        found = arm.get(f"/subscriptions/{subscription}", SUBSCRIPTIONS)
        tenant = str(found.get("tenantId") or environment.get("AZURE_TENANT_ID", ""))
        left = _room(arm, region)
    finally:
        arm.close()
    model = next(choice.offers(catalog, region, today, left), None)
    service = choice.serverless(catalog, region, today)
    engines, skipped = _engines(engine, environment)
    costs = choice.costs(catalog, model, service)
    return Undertaking(subscription, tenant, region, model, service, costs, engines, skipped)


def _room(arm: Arm, region: str) -> Callable[[choice.Offer], bool]:
    """Says of an offer whether Azure has it in the region, with quota for what will be asked of it."""
    usages = facts.usages(arm, region)
    offered = {
        (one.format.lower(), one.name.lower(), one.version, sku.name)
        for one in facts.models(arm, region)
        for sku in one.skus
    }

    def available(offer: choice.Offer) -> bool:
        if offer.rules is None:
            return False
        model = offer.model
        usage = usages.get(offer.usage)
        needed = offer.rules.minimum + offer.rules.step
        here = (model.format.lower(), model.name.lower(), model.version, offer.sku) in offered
        return here and usage is not None and usage.left >= needed

    return available


def _engines(engine: str, environment: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    wanted = ENGINES if engine == "both" else (engine,)
    if "pulumi" in wanted and shutil.which("pulumi", path=environment.get("PATH")) is None:
        return tuple(one for one in wanted if one != "pulumi"), {"pulumi": "skipped: there is no `pulumi` on PATH"}
    return wanted, {}


def carry_out(
    undertaking: Undertaking,
    connect: Callable[[str, str], Connection],
    folder: Path,
    environment: Mapping[str, str],
    today: date,
    tell: Callable[[str], None],
    cancelled: threading.Event,
) -> Ended:
    """Makes, reads, changes and destroys with each engine, then compares; writes what was found into the folder.

    Ended by Ctrl-C, it cleans up first and reports what there is; a second one ends the cleaning, too, and the report
    says what is left.
    """
    of = undertaking
    runs: dict[Run, choice.Plan] = {}
    interrupted = False
    for engine in of.engines:
        mark = secrets.token_hex(3)
        # A local state of its own, wherever the user's are kept: it goes with what it is about.
        inside = {name: value for name, value in environment.items() if name != "PULUMI_BACKEND_URL"}
        inside |= {"PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16), "AZURE_TENANT_ID": of.tenant}
        around = Surroundings(
            folder / engine, inside, lambda subscription: connect(of.tenant, subscription), today, tell, cancelled
        )
        plan = choice.plan(mark, of.subscription, of.region, of.model, of.service)
        verifier = Verifier(engine, plan, of.subscription, around)
        runs[verifier.run] = plan
        try:
            verifier()
        except KeyboardInterrupt:
            interrupted = True
        except Exception:
            for one in verifier.run.left:
                tell(f"still there: {one.what}: {one.command}")
            raise
        if not verifier.run.left:  # nothing is left that its state would be needed for
            shutil.rmtree(around.folder)
        interrupted = verifier.run.interrupted = interrupted or cancelled.is_set()
        if interrupted:
            break
    tell("comparing with the sandbox")
    differences = [one for run, plan in runs.items() for one in _differences(run, plan, of, environment, today)]
    endpoint = connect(of.tenant, of.subscription).endpoint
    report = evidence.report(list(runs), of.skipped, differences, today, of.region, endpoint)
    mask = Mask({"subscription": of.subscription, "tenant": of.tenant})
    return Ended(report, *evidence.write(report, list(runs), folder, mask), interrupted)


def _differences(
    run: Run, plan: choice.Plan, of: Undertaking, environment: Mapping[str, str], today: date
) -> list[comparison.Difference]:
    """Where the sandbox answers differently from what a run met."""
    seen = run.recorder.exchanges
    if run.interrupted:  # how it was cleaned up then is no way in which anybody destroys
        seen = [one for one in seen if one.phase not in ("destroy", "clean")]
    if run.engine == "embedded":
        return comparison.compare(seen, of.tenant, today)
    return comparison.compare_reads(seen, _rehearsed(plan, of, environment, today))


def _rehearsed(
    plan: choice.Plan, of: Undertaking, environment: Mapping[str, str], today: date
) -> list[recording.Exchange]:
    """What the same plan meets on the sandbox, with the embedded engine."""
    from modelform.azure import Connection
    from modelform.sandbox import TENANT, Credential
    from modelform.sandbox.app import create_control
    from modelform.sandbox.transport import SandboxTransport

    with tempfile.TemporaryDirectory() as name:
        control = create_control(Path(name) / "sandbox", today=today)
        transport = SandboxTransport(control)

        def connect(subscription: str) -> Connection:
            return Connection(AZURE_ENDPOINT, TENANT, subscription, Credential(), transport)

        inside = {**environment, "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16), "AZURE_TENANT_ID": TENANT}
        inside.pop("PULUMI_BACKEND_URL", None)
        around = Surroundings(Path(name) / "work", inside, connect, today, lambda text: None, threading.Event())
        try:
            return Verifier("embedded", plan, of.subscription, around)().recorder.exchanges
        finally:
            control.store.close()
