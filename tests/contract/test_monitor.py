"""azure-mgmt-monitor against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.storage import StorageManagementClient

pytestmark = pytest.mark.slow  # the client alone takes seconds to load

TEAM = {
    "location": "Global",
    "properties": {
        "groupShortName": "team",
        "enabled": True,
        "emailReceivers": [{"name": "all", "emailAddress": "team@example.org", "useCommonAlertSchema": True}],
    },
}


@pytest.fixture
def monitor(cloud: Any) -> Any:
    """A client, with a resource group."""
    cloud.group()
    return cloud.client(MonitorManagementClient)


def test_action_groups(monitor: Any) -> None:
    made = monitor.action_groups.create_or_update("rg", "team", TEAM)
    assert (made.group_short_name, made.email_receivers[0].status) == ("team", "Enabled")
    assert monitor.action_groups.get("rg", "team").enabled is True
    updated = monitor.action_groups.update("rg", "team", {"tags": {"a": "b"}, "properties": {"enabled": False}})
    assert (updated.tags, updated.enabled) == ({"a": "b"}, False)
    assert [one.name for one in monitor.action_groups.list_by_resource_group("rg")] == ["team"]
    assert [one.name for one in monitor.action_groups.list_by_subscription_id()] == ["team"]
    receivers = TEAM["properties"]["emailReceivers"] * 2
    with pytest.raises(HttpResponseError) as twice:
        monitor.action_groups.create_or_update(
            "rg", "bad", {**TEAM, "properties": {**TEAM["properties"], "emailReceivers": receivers}}
        )
    assert twice.value.error.code == "ReceiverNamesNotUnique"
    monitor.action_groups.delete("rg", "team")
    with pytest.raises(ResourceNotFoundError) as missing:
        monitor.action_groups.get("rg", "team")
    assert missing.value.error.code == "ResourceNotFound"


def test_metric_alerts(cloud: Any, monitor: Any) -> None:
    body = {"location": "swedencentral", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    accounts = cloud.client(StorageManagementClient).storage_accounts
    target = accounts.begin_create("rg", f"st{cloud.tag}", body).result()
    team = monitor.action_groups.create_or_update("rg", "team", TEAM)
    condition = {
        "criterionType": "StaticThresholdCriterion",
        "name": "much",
        "metricName": "Transactions",
        "operator": "GreaterThan",
        "threshold": 10,
        "timeAggregation": "Total",
    }
    properties = {
        "severity": 3,
        "enabled": True,
        "scopes": [target.id],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT15M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [condition],
        },
        "actions": [{"actionGroupId": team.id}],
    }
    alert = {"location": "global", "properties": properties}
    made = monitor.metric_alerts.create_or_update("rg", "busy", alert)
    assert (made.severity, made.criteria.all_of[0].metric_name, made.auto_mitigate) == (3, "Transactions", True)
    assert monitor.metric_alerts.get("rg", "busy").actions[0].action_group_id == team.id
    assert monitor.metric_alerts.update("rg", "busy", {"tags": {"a": "b"}}).tags == {"a": "b"}
    assert [one.name for one in monitor.metric_alerts.list_by_resource_group("rg")] == ["busy"]
    assert [one.name for one in monitor.metric_alerts.list_by_subscription()] == ["busy"]
    bad = {**alert, "properties": {**properties, "windowSize": "PT2M"}}
    with pytest.raises(HttpResponseError) as wrong:
        monitor.metric_alerts.create_or_update("rg", "bad", bad)
    assert (wrong.value.status_code, wrong.value.error.code) == (400, "BadRequest")
    monitor.metric_alerts.delete("rg", "busy")
    with pytest.raises(ResourceNotFoundError):
        monitor.metric_alerts.get("rg", "busy")
