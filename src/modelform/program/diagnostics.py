"""The diagnostic settings of accounts, hubs and their projects, and the log workspaces that the stack makes."""

from __future__ import annotations

from typing import Any

import pulumi

from modelform.program.options import Names, resource_options
from modelform.spec.resolved import Workspace

# A physical name is one resource's own: settings are told apart within what they are of.
SETTING = "modelform"
# Azure Monitor's group of every category that a type has; an account's are Audit, RequestResponse, Trace and
# AzureOpenAIRequestUsage by Microsoft's list of supported resource logs. AllMetrics is the one category of metrics.
EVERY_LOG = "allLogs"
EVERY_METRIC = "AllMetrics"
DAYS_KEPT = 30


def log_workspace(
    name: str,
    location: str,
    workspace: Workspace,
    *,
    group: pulumi.Input[str],
    parent: pulumi.Resource,
    provider: pulumi.ProviderResource,
) -> Any:
    """A Log Analytics workspace of a workspace's own, billed by what is logged."""
    from pulumi_azure_native import operationalinsights

    return operationalinsights.Workspace(
        workspace.logical,
        resource_group_name=group,
        workspace_name=name,
        location=location,
        sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        retention_in_days=DAYS_KEPT,
        tags=workspace.tags or None,
        opts=resource_options("LogAnalytics", parent=parent, provider=provider),
    )


def setting(
    of: Any,
    logs: pulumi.Input[str],
    logical: str,
    *,
    parent: pulumi.Resource,
    provider: pulumi.ProviderResource,
    names: Names | None = None,
) -> Any:
    """Sends every log and metric of a resource to a log workspace, by that one's id.

    Azure keeps the settings of a resource that is gone, and gives them to the next one of its name: this one is made
    from the resource's id, so that it goes before the resource does.
    """
    from pulumi_azure_native import monitor

    return monitor.DiagnosticSetting(
        logical,
        resource_uri=of.id,
        name=SETTING,
        workspace_id=logs,
        logs=[monitor.DiagnosticsLogSettingsArgs(category_group=EVERY_LOG, enabled=True)],
        metrics=[monitor.DiagnosticsMetricSettingsArgs(category=EVERY_METRIC, enabled=True)],
        opts=resource_options("DiagnosticSetting", parent=parent, provider=provider, names=names),
    )
