"""The live checks: when they ask, how often, what their answers do to a plan."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from typing import Any

import pytest

from modelform import checks
from modelform.azure import Arm, accounts
from modelform.azure.failures import arm_error
from modelform.catalog import Catalog, data
from modelform.drivers import preflight
from modelform.errors import AccessError, Exit, PolicyError
from modelform.sandbox.faults import Fault, Plan

STACK = """\
apiVersion: modelform/v1
location: swedencentral
subscription: 00000000-0000-4000-8000-000000000001
policy: {{lifecycle: [generallyAvailable, preview]}}
workspaces: {{foundry: {{kind: foundry}}}}
deployments:
  assistant: {{model: mistral-large-3@1, sku: globalStandard, capacity: {{tpm: {tpm}}}}}
"""
USAGE = "AIServices.GlobalStandard.Mistral-Large-3"


def test_growth_beyond_the_quota_stops_a_plan_and_an_up(project: Any) -> None:
    project.write(STACK.format(tpm="400k"))
    project.up()
    project.write(STACK.format(tpm="1000k"))
    project.up()
    project.write(STACK.format(tpm="1001k"))
    plan = project.run("preview")
    assert not plan.ok
    assert plan.exit_code is Exit.STOPPED
    assert plan.summary.update == 1
    (error,) = [d for d in plan.diagnostics if d.severity == "error"]
    assert error.code == "quota.exceeded"
    assert error.summary.startswith(f"assistant: 1k tpm more of {USAGE} in swedencentral are needed, and 0 tpm are")
    with pytest.raises(PolicyError, match="1k tpm more"):
        project.run("up")


def test_another_stacks_use_counts(project: Any) -> None:
    project.write(STACK.format(tpm="600k"))
    project.up()
    project.name = "other"
    project.write(STACK.format(tpm="401k"))
    with pytest.raises(PolicyError) as caught:
        project.run("up")
    assert [d.code for d in caught.value.diagnostics if d.severity == "error"] == ["quota.exceeded"]


def test_a_plan_without_changes_asks_nothing(project: Any) -> None:
    project.write(STACK.format(tpm="400k"))
    project.up()
    asked = project.sandbox.connections
    assert project.run("preview").ok
    assert project.sandbox.connections == asked


class Slow:
    """A cloud of which each answer takes a while, and that counts its questions."""

    def __init__(self, answers: dict[str, Any], seconds: float = 0.0) -> None:
        self.answers, self.seconds = answers, seconds
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def arm(self, subscription: str) -> Arm:
        return self  # type: ignore[return-value]

    def items(self, path: str, version: str, *, params: Any = None, timeout: float = 0) -> Any:
        with self._lock:
            self.asked[path.partition("Microsoft.CognitiveServices/")[2]] += 1
        time.sleep(self.seconds)
        answer = next((found for part, found in self.answers.items() if part in path), [])
        if isinstance(answer, Exception):
            raise answer
        return iter(answer)


REGIONS = ("swedencentral", "eastus2", "francecentral", "westus3", "germanywestcentral")


def many(project: Any, accounts: int = 1) -> Any:
    names = [(f"{region}-{n}", region) for region in REGIONS for n in range(accounts)]
    spaces = "".join(f"  {name}: {{kind: foundry, location: {region}}}\n" for name, region in names)
    made = "".join(
        f"  {name}: {{model: gpt-5.4-mini, workspace: {name}, sku: globalStandard, capacity: {{tpm: 1k}}}}\n"
        for name, _ in names
    )
    head = STACK.partition("workspaces:")[0].format()
    project.write(f"{head}workspaces:\n{spaces}deployments:\n{made}")
    return project.stack()


def test_one_call_a_region_and_all_at_a_time(project: Any) -> None:
    cloud = Slow({}, seconds=0.2)
    stack = many(project, accounts=3)
    began = time.monotonic()
    facts = preflight.gather(stack, [], cloud.arm)
    took = time.monotonic() - began
    assert set(cloud.asked) == {"deletedAccounts", *(f"locations/{region}/usages" for region in REGIONS)}
    assert set(cloud.asked.values()) == {1}
    assert len(facts.usages) == 5
    assert took < 3 * 0.2


def test_free_capacity_is_asked_once_a_model_and_beside_the_rest(project: Any) -> None:
    rooms = [
        {"location": region, "properties": {"skuName": "GlobalProvisionedManaged", "availableCapacity": units}}
        for region, units in (("swedencentral", 10), ("francecentral", 500))
    ]
    full = [{"name": {"value": "OpenAI.GlobalProvisionedManaged"}, "currentValue": 0, "limit": 1000}]
    cloud = Slow({"modelCapacities": rooms, "usages": full}, seconds=0.2)
    many(project)
    text = (project.folder / "stacks" / "dev.yaml").read_text()
    for model in ("gpt-5.4-mini", "gpt-5.4"):
        for region in REGIONS[:3]:
            text += (
                f"  p-{model.replace('.', '-')}-{region}: {{model: {model}, workspace: {region}-0, "
                "sku: globalProvisionedManaged, capacity: {ptu: 100}}\n"
            )
    project.write(text)
    stack = project.stack()
    began = time.monotonic()
    facts = preflight.gather(stack, [], cloud.arm)
    took = time.monotonic() - began
    assert cloud.asked["modelCapacities"] == 2
    assert {count for api, count in cloud.asked.items() if api != "modelCapacities"} == {1}
    assert took < 3 * 0.2
    found = checks.run(stack, Catalog.load(), today=project_day(), facts=facts, only=["capacity.unavailable"])
    told = {d.summary.partition(":")[0]: d.hint for d in found}
    assert set(told) == {f"p-{m}-{r}" for m in ("gpt-5-4-mini", "gpt-5-4") for r in ("swedencentral", "eastus2")}
    assert set(told.values()) == {"not here, but there: francecentral (500 ptu)"}


def test_quota_is_not_capacity(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = copy.deepcopy(data.load())
    world["quotaLimits"]["OpenAI.GlobalProvisionedManaged"]["limit"] = 500
    world["rooms"] = {"swedencentral": {"GlobalProvisionedManaged": 50}}
    monkeypatch.setattr("modelform.catalog.data.load", lambda: world)
    text = STACK.replace("mistral-large-3@1", "gpt-5.4-mini").replace(
        "sku: globalStandard", "sku: globalProvisionedManaged"
    )
    text = text.replace("tpm: {tpm}", "ptu: {ptu}")
    project.write(text.format(ptu=40))
    project.up()
    project.write(text.format(ptu=60))
    with pytest.raises(PolicyError) as caught:
        project.run("up")
    (error,) = [d for d in caught.value.diagnostics if d.severity == "error"]
    assert error.code == "capacity.unavailable"
    assert "20 ptu more of gpt-5.4-mini as globalProvisionedManaged are needed in swedencentral" in error.summary
    assert "Azure has 10 ptu" in error.summary
    assert error.detail == "it is no question of quota: 460 ptu of OpenAI.GlobalProvisionedManaged are left"
    assert error.hint.startswith("not here, but there: ")
    # The sandbox refuses it as well, for who does not want to hear of it before.
    rules = "preview], rules: {capacity.unavailable: off}}"
    project.write(text.format(ptu=60).replace("preview]}", rules))
    assert "InsufficientCapacity" in str(project.run("up").diagnostics)


@pytest.mark.parametrize(
    ("error", "why", "hint"),
    [
        (arm_error(403, "AuthorizationFailed", "no"), "AuthorizationFailed: no", "takes the permission Microsoft.Cogn"),
        (arm_error(403, "", "Forbidden"), "Forbidden", "it takes the permission Microsoft.CognitiveServices/"),
        (arm_error(429, "TooManyRequests", "slow down"), "TooManyRequests: slow down", "run again later"),
        (arm_error(0, "Unreachable", "no answer from x: refused"), "Unreachable: no answer", "check the network"),
        (arm_error(0, "UnexpectedAnswer", "the answer is no list"), "UnexpectedAnswer", "a proxy, a sign-in page"),
    ],
    ids=["403", "403-bare", "429", "silence", "html"],
)
def test_each_way_of_asking_badly_is_a_finding_that_names_it(
    project: Any, error: Exception, why: str, hint: str
) -> None:
    project.write(STACK.format(tpm="1k"))
    facts = preflight.gather(project.stack(), [], Slow({"": error}).arm)
    found = checks.run(project.stack(), Catalog.load(), today=project_day(), facts=facts, only=preflight.CODES)
    assert {d.code for d in found} == {"quota.unverified"}
    assert len(found) == 2
    for finding in found:
        assert why in finding.detail
        assert hint in finding.hint


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("deny", path="*/usages"), "the permission Microsoft.CognitiveServices/locations/usages/read"),
        (Fault("garble", path="*/usages"), "a proxy, a sign-in page"),
        (Fault("throttle", path="*/usages", seconds=0.1), "run again later"),
        (Fault("drop-before", path="*/usages"), "check the network"),
        (Fault("error", path="*/usages"), ""),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_bad_day_of_azure_is_named_and_the_plan_is_made(
    project: Any, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    monkeypatch.setattr(preflight, "PATIENCE", 0.5)
    project.write(STACK.format(tpm="1k"))
    trouble = project.sandbox("00000000-0000-4000-8000-000000000001").transport.control.trouble
    trouble.set(Plan((fault,)))
    plan = project.run("preview")
    assert plan.ok
    assert plan.summary.create == 3
    (found,) = [d for d in plan.diagnostics if d.code == "quota.unverified"]
    assert found.detail
    assert said in found.hint
    trouble.set(Plan())
    assert not [d for d in project.run("preview").diagnostics if d.code == "quota.unverified"]


def test_deleted_accounts_are_asked_for_once_in_a_plan_and_once_in_an_up(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = accounts.deleted_accounts

    def counted(arm: Arm, subscription: str = "", **more: Any) -> Any:
        asked.append(subscription)
        return real(arm, subscription, **more)

    monkeypatch.setattr(accounts, "deleted_accounts", counted)
    project.write(STACK.format(tpm="1k"))
    assert project.run("preview").ok
    assert len(asked) == 1
    project.up()
    assert len(asked) == 2  # one for the plan, which is the one for the create


def test_what_fails_is_unverified_and_the_rest_is_checked(project: Any) -> None:
    full = [{"name": {"value": "OpenAI.GlobalStandard.gpt-5.4-mini"}, "currentValue": 10, "limit": 10}]
    cloud = Slow(
        {
            "swedencentral/usages": AccessError("the caller may not read", detail="AuthorizationFailed"),
            "deletedAccounts": AccessError("nor this"),
            "eastus2/usages": full,
        }
    )
    stack = many(project)
    facts = preflight.gather(stack, [], cloud.arm)
    found = checks.run(stack, Catalog.load(), today=project_day(), facts=facts, only=preflight.CODES)
    told = {(d.code, str(d.severity), d.summary.partition(":")[0]) for d in found}
    assert ("quota.unverified", "warning", "swedencentral-0") in told
    assert ("quota.exceeded", "error", "eastus2-0") in told
    denied = next(d for d in found if d.summary.startswith("swedencentral-0"))
    assert denied.hint.startswith("it takes the permission Microsoft.CognitiveServices/locations/usages/read")
    assert denied.detail == "the caller may not read: AuthorizationFailed"


def project_day() -> Any:
    import datetime

    return datetime.date(2026, 11, 22)
