"""Names that outlive what they named: purge, recover, fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelform.drivers import OperationOptions, Request
from modelform.drivers.graves import Graves
from modelform.errors import ProviderError, Severity
from modelform.plan import Change, Difference, Op
from modelform.state import Resource, Snapshot

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
LOGS = "azure-native:operationalinsights:Workspace"
SETTING = "azure-native:monitor:DiagnosticSetting"
ACCOUNT_INPUTS: dict[str, Any] = {
    "resourceGroupName": "rg",
    "accountName": "acct",
    "location": "swedencentral",
    "kind": "AIServices",
    "sku": {"name": "S0"},
    "identity": {"type": "SystemAssigned"},
    "properties": {"customSubDomainName": "acct", "allowProjectManagement": True, "publicNetworkAccess": "Enabled"},
}
DEPLOYMENT_INPUTS: dict[str, Any] = {
    "resourceGroupName": "rg",
    "accountName": "acct",
    "deploymentName": "large",
    "sku": {"name": "DataZoneStandard", "capacity": 10},
    "properties": {
        "model": {"format": "Mistral AI", "name": "Mistral-Large-3", "version": "1"},
        "versionUpgradeOption": "NoAutoUpgrade",
    },
}


class Cloud:
    """Runs of a provider against one sandbox, each with its own options."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.provider("azure").create("urn", GROUP, {"resourceGroupName": "rg", "location": "swedencentral"}, 0, False)

    def graves(self, target: Any, base: Snapshot | None = None, **options: Any) -> Graves:
        return Graves(Request("dev", self.sandbox, options=OperationOptions(**options)), target, base or Snapshot())

    def provider(self, target: Any, **options: Any) -> Any:
        provider = self.graves(target, **options).provider("azure-native", "3.29.0")
        provider.configure({"subscriptionId": SUBSCRIPTION})
        return provider

    def up(self, provider: Any) -> str:
        made = provider.create("urn", ACCOUNT, ACCOUNT_INPUTS, 0, False)
        provider.create("urn", DEPLOYMENT, DEPLOYMENT_INPUTS, 0, False)
        return str(made.id)

    def down(self, provider: Any, id: str) -> None:
        provider.delete("urn", ACCOUNT, id, ACCOUNT_INPUTS, {}, 0)

    def gone(self, **options: Any) -> None:
        """An account with a deployment, soft-deleted."""
        provider = self.provider("azure")
        self.down(provider, self.up(provider))


@pytest.fixture
def cloud(project: Any) -> Cloud:
    return Cloud(project.sandbox)


def test_the_sandbox_purges_by_itself(cloud: Cloud) -> None:
    for _ in range(3):
        provider = cloud.provider("sandbox")
        cloud.down(provider, cloud.up(provider))


def test_on_azure_only_what_is_named_is_purged(cloud: Cloud) -> None:
    for _ in range(2):
        provider = cloud.provider("azure", purge=("acct",))
        cloud.down(provider, cloud.up(provider))
    cloud.gone()
    with pytest.raises(ProviderError) as error:
        cloud.up(cloud.provider("azure", purge=("other",)))
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "name.soft-deleted"
    assert "--purge acct" in diagnostic.hint


def test_a_held_name_is_purged_where_it_is_named(cloud: Cloud) -> None:
    cloud.gone()
    cloud.up(cloud.provider("azure", purge=("acct",)))


def test_on_name_taken_purge_is_enough_in_the_sandbox_only(cloud: Cloud) -> None:
    cloud.gone()
    with pytest.raises(ProviderError, match="held by"):
        cloud.up(cloud.provider("azure", on_name_taken="purge"))
    cloud.up(cloud.provider("sandbox", on_name_taken="purge"))


def test_recovering_brings_back_what_was_in_the_account(cloud: Cloud) -> None:
    cloud.gone()
    provider = cloud.provider("azure", on_name_taken="recover")
    account = provider.create("urn", ACCOUNT, {**ACCOUNT_INPUTS, "tags": {"a": "b"}}, 0, False)
    assert account.outputs["tags"] == {"a": "b"}
    assert "restore" not in account.outputs["properties"]
    wanted = {**DEPLOYMENT_INPUTS, "sku": {"name": "DataZoneStandard", "capacity": 20}}
    made = provider.create("urn", DEPLOYMENT, wanted, 0, False)
    assert made.outputs["sku"]["capacity"] == 20
    assert made.id.endswith("/deployments/large")


def test_a_setting_that_outlived_its_account_is_taken_over(cloud: Cloud) -> None:
    provider = cloud.provider("sandbox")
    place = {"resourceGroupName": "rg", "location": "swedencentral"}
    logs = [
        provider.create("urn", LOGS, {**place, "workspaceName": name}, 0, False).id for name in ("log-old", "log-new")
    ]
    account = cloud.up(provider)
    wanted = {"resourceUri": account, "name": "modelform", "logs": [{"categoryGroup": "allLogs", "enabled": True}]}
    made = provider.create("urn", SETTING, {**wanted, "workspaceId": logs[0]}, 0, False)
    cloud.down(provider, account)
    assert provider.read("urn", SETTING, made.id, wanted, made.outputs).id == ""
    cloud.up(provider)
    again = provider.create("urn", SETTING, {**wanted, "workspaceId": logs[1]}, 0, False)
    assert (again.id, again.outputs["workspaceId"]) == (made.id, logs[1])


def test_what_is_there_and_was_not_recovered_is_not_taken_over(cloud: Cloud) -> None:
    cloud.up(cloud.provider("azure"))
    with pytest.raises(ProviderError, match="already existing"):
        cloud.provider("azure").create("urn", DEPLOYMENT, DEPLOYMENT_INPUTS, 0, False)


def plan(op: Op, **more: Any) -> Change:
    urn = f"urn:pulumi:dev::modelform::modelform:index:Workspace${ACCOUNT}::main"
    paths = {"accountName": "acct", "location": "swedencentral"} if op is Op.CREATE else {}
    diff = tuple(Difference(path, "add", None, value) for path, value in paths.items())
    return Change(op, urn, ACCOUNT, "main", diff=diff, **more)


def bound() -> Snapshot:
    cloud = {"target": "azure", "tenant": "t", "subscription": SUBSCRIPTION, "endpoint": "https://x"}
    urn = "urn:pulumi:dev::modelform::modelform:index:Cloud::cloud"
    account = Resource(plan(Op.DELETE).urn, ACCOUNT, custom=True, id="/x/acct", inputs=ACCOUNT_INPUTS)
    return Snapshot(resources=[Resource(urn, "modelform:index:Cloud", inputs=cloud), account])


def test_a_plan_says_that_a_name_is_held_and_what_becomes_of_it(cloud: Cloud) -> None:
    cloud.gone()
    ((change,), (found,)) = cloud.graves("azure", bound()).foresee([plan(Op.CREATE)], Severity.ERROR)
    assert "held by a soft-deleted account 'acct'" in change.reason
    assert (found.code, found.severity) == ("name.soft-deleted", Severity.ERROR)
    ((change,), none) = cloud.graves("azure", bound(), on_name_taken="recover").foresee(
        [plan(Op.CREATE)], Severity.ERROR
    )
    assert "recovered" in change.reason
    assert none == []
    ((change,), none) = cloud.graves("azure", bound(), purge=("acct",)).foresee([plan(Op.CREATE)], Severity.ERROR)
    assert "purged first" in change.reason
    assert none == []


def test_a_plan_without_new_accounts_asks_nobody(project: Any) -> None:
    graves = Graves(Request("dev", project.sandbox), "azure", bound())
    ((change,), found) = graves.foresee([plan(Op.DELETE)], Severity.ERROR)
    assert "48 hours" in change.reason
    assert "--purge acct" in change.reason
    assert found == []
    assert project.sandbox.connections == 0


def test_replacing_under_the_same_name_needs_a_purge_in_between(project: Any) -> None:
    graves = Graves(Request("dev", project.sandbox), "azure", bound())
    _, (found,) = graves.foresee([plan(Op.REPLACE)], Severity.ERROR)
    assert found.hint.startswith("--purge acct")
    allowed = Graves(Request("dev", project.sandbox, options=OperationOptions(purge=("acct",))), "azure", bound())
    assert allowed.foresee([plan(Op.REPLACE)], Severity.ERROR)[1] == []


def test_a_purge_named_later_finds_what_an_earlier_destroy_left(cloud: Cloud) -> None:
    cloud.gone()
    graves = cloud.graves("azure", bound(), purge=("acct", "never-there"))
    graves.purge_rest()
    assert [d.code for d in graves.notes] == ["name.nothing-to-purge"]
    cloud.up(cloud.provider("azure"))


def test_other_packages_are_refused(project: Any, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="no provider for 'aws'"):
        Graves(Request("dev", project.sandbox), "sandbox", Snapshot()).provider("aws", "1.0.0")
