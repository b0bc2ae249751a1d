"""The live checks: when they ask, how often, what their answers do to a plan."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pytest

from modelform.azure import Arm
from modelform.drivers import preflight
from modelform.errors import AccessError, Exit, PolicyError

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


def test_what_fails_is_unverified_and_the_rest_is_checked(project: Any) -> None:
    full = [{"name": {"value": "OpenAI.GlobalStandard.gpt-5.4-mini"}, "currentValue": 10, "limit": 10}]
    cloud = Slow(
        {
            "swedencentral/usages": AccessError("the caller may not read", detail="AuthorizationFailed"),
            "deletedAccounts": AccessError("nor this"),
            "eastus2/usages": full,
        }
    )
    from modelform import checks
    from modelform.catalog import Catalog

    stack = many(project)
    facts = preflight.gather(stack, [], cloud.arm)
    found = checks.run(stack, Catalog.load(), today=project_day(), facts=facts, only=preflight.CODES)
    told = {(d.code, str(d.severity), d.summary.partition(":")[0]) for d in found}
    assert ("quota.unverified", "warning", "swedencentral-0") in told
    assert ("quota.exceeded", "error", "eastus2-0") in told
    denied = next(d for d in found if d.summary.startswith("swedencentral-0"))
    assert denied.detail == "the caller may not read: AuthorizationFailed"


def project_day() -> Any:
    import datetime

    return datetime.date(2026, 11, 22)
