"""A workspace that is a classic AI Studio hub: ML workspaces Hub and Project, and what a hub stands on."""

from __future__ import annotations

import re
from typing import Any

import pulumi

from modelform.program.account import TOKEN
from modelform.program.options import Names, component_options, name_of, resource_options
from modelform.spec.naming import short_hash
from modelform.spec.resolved import HubParts, Project, Workspace


class HubWorkspace(pulumi.ComponentResource):
    """A hub, its storage account, key vault, Log Analytics workspace and Application Insights, and its projects."""

    hub: pulumi.CustomResource
    projects: dict[str, pulumi.CustomResource]

    def __init__(
        self, workspace: Workspace, group: pulumi.Input[str], provider: pulumi.ProviderResource, tenant: str
    ) -> None:
        names = Names(workspace.logical, workspace.aliases)
        super().__init__(TOKEN, names.logical, None, component_options(names))
        if workspace.hub is None:
            raise pulumi.RunError(f"workspace '{workspace.key}' is a hub without the names of its parts")
        if not tenant:
            raise pulumi.RunError(
                f"the key vault of hub '{workspace.key}' needs the tenant's id: set AZURE_TENANT_ID, or `tenant:` "
                "in the stack file"
            )
        self.workspace, self.group, self.provider = workspace, group, provider
        from modelform.program.diagnostics import log_workspace

        storage, vault = self._storage_account(workspace.hub), self._key_vault(workspace.hub, tenant)
        logs = log_workspace(
            workspace.hub.log_analytics, workspace.location, workspace, group=group, parent=self, provider=provider
        )
        self.hub = self._hub(storage=storage, vault=vault, insights=self._application_insights(workspace.hub, logs))
        self.projects = {project.key: self._project(project) for project in workspace.projects}
        if workspace.diagnostics is not None:
            self._logged(workspace.diagnostics.existing or logs.id)
        self.register_outputs({})

    def _options(self, kind: str, **more: Any) -> pulumi.ResourceOptions:
        return resource_options(kind, parent=self, provider=self.provider, **more)

    def _storage_account(self, parts: HubParts) -> Any:
        from pulumi_azure_native import storage

        return storage.StorageAccount(
            self.workspace.logical,
            resource_group_name=self.group,
            account_name=parts.storage_account,
            location=self.workspace.location,
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_LRS"),
            allow_blob_public_access=False,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            tags=self.workspace.tags or None,
            opts=self._options("StorageAccount"),
        )

    def _key_vault(self, parts: HubParts, tenant: str) -> Any:
        from pulumi_azure_native import keyvault

        return keyvault.Vault(
            self.workspace.logical,
            resource_group_name=self.group,
            vault_name=parts.key_vault,
            location=self.workspace.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=tenant,
                sku=keyvault.SkuArgs(family="A", name="standard"),
                enable_rbac_authorization=True,
            ),
            tags=self.workspace.tags or None,
            opts=self._options("Vault"),
        )

    def _application_insights(self, parts: HubParts, logs: Any) -> Any:
        from pulumi_azure_native import applicationinsights

        return applicationinsights.Component(
            self.workspace.logical,
            resource_group_name=self.group,
            resource_name_=parts.application_insights,
            location=self.workspace.location,
            kind="web",
            application_type="web",
            workspace_resource_id=logs.id,
            tags=self.workspace.tags or None,
            opts=self._options("ApplicationInsights", secret=("connectionString", "instrumentationKey")),
        )

    def _logged(self, sink: pulumi.Input[str]) -> None:
        """The diagnostic settings of the hub and of its projects, each of which is a workspace of ARM's of its own."""
        from modelform.program.diagnostics import setting

        setting(self.hub, sink, self.workspace.logical, parent=self, provider=self.provider)
        for project in self.workspace.projects:
            made, names = self.projects[project.key], Names(project.logical, project.aliases)
            setting(made, sink, project.logical, parent=self, provider=self.provider, names=names)

    def _hub(self, *, storage: Any, vault: Any, insights: Any) -> Any:
        from pulumi_azure_native import machinelearningservices as ml

        workspace = self.workspace
        return ml.Workspace(
            workspace.logical,
            resource_group_name=self.group,
            workspace_name=workspace.name,
            location=workspace.location,
            kind="Hub",
            sku=ml.SkuArgs(name="Basic", tier="Basic"),
            identity=ml.ManagedServiceIdentityArgs(type="SystemAssigned"),
            friendly_name=workspace.name,
            storage_account=storage.id,
            key_vault=vault.id,
            application_insights=insights.id,
            public_network_access="Enabled" if workspace.exposure == "public" else "Disabled",
            managed_network=self._managed_network(),
            tags=workspace.tags or None,
            # Azure never turns a managed network off again: a hub that is open from now on is another hub.
            opts=self._options("Hub", replace=("managedNetwork",) if workspace.outbound is None else ()),
        )

    def _managed_network(self) -> Any:
        """The network that lets only approved traffic out, with a rule for each host; None where all may go out."""
        from pulumi_azure_native import machinelearningservices as ml

        hosts = self.workspace.outbound
        if hosts is None:
            return None
        return ml.ManagedNetworkSettingsArgs(
            isolation_mode="AllowOnlyApprovedOutbound",
            outbound_rules={
                _rule_name(host): ml.FqdnOutboundRuleArgs(type="FQDN", category="UserDefined", destination=host)
                for host in hosts
            },
        )

    def _project(self, project: Project) -> Any:
        from pulumi_azure_native import machinelearningservices as ml

        return ml.Workspace(
            project.logical,
            resource_group_name=self.group,
            workspace_name=project.name,
            location=self.workspace.location,
            kind="Project",
            sku=ml.SkuArgs(name="Basic", tier="Basic"),
            identity=ml.ManagedServiceIdentityArgs(type="SystemAssigned"),
            friendly_name=project.name,
            hub_resource_id=self.hub.id,
            tags=self.workspace.tags or None,
            opts=self._options("Hub", names=Names(project.logical, project.aliases)),
        )

    def project_name(self, key: str) -> pulumi.Output[str]:
        """A project's physical name as its endpoints take it."""
        found = next(project for project in self.workspace.projects if project.key == key)
        return name_of(self.projects[key], found.name)

    def summary(self) -> dict[str, Any]:
        """What the stack's outputs say of the workspace."""
        workspace = self.workspace
        return {
            "kind": workspace.kind,
            "name": workspace.name,
            "subscription": workspace.subscription,
            "resourceGroup": workspace.resource_group.name,
            "location": workspace.location,
            "projects": {project.key: project.name for project in workspace.projects},
        }


def _rule_name(host: str) -> str:
    """The name of a host's outbound rule: legal, and no other host's, with as much of the host as there is room for."""
    words = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")
    return f"{words[:24].rstrip('-')}-{short_hash(host)}"
