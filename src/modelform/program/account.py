"""A workspace that is one CognitiveServices account: Foundry (kind AIServices, with projects) or OpenAI."""

from __future__ import annotations

from typing import Any

import pulumi

from modelform.program.options import Names, component_options, name_of, resource_options
from modelform.spec.resolved import Project, Workspace

TOKEN = "modelform:index:Workspace"

KINDS = {"foundry": "AIServices", "openai": "OpenAI"}
SERVICES_ENDPOINT = "AI Foundry API"
MODELS_PATH = "/openai/v1"


class AccountWorkspace(pulumi.ComponentResource):
    """An account and its projects.

    ARM takes one write at a time in an account, and an engine orders deletes by direct dependencies only: each member
    depends on all earlier ones (`members`), in the order of the stack file.
    """

    account: pulumi.CustomResource
    account_name: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    members: list[pulumi.Resource]
    projects: dict[str, pulumi.CustomResource]

    def __init__(self, workspace: Workspace, group: pulumi.Input[str], provider: pulumi.ProviderResource) -> None:
        names = Names(workspace.logical, workspace.aliases)
        super().__init__(TOKEN, names.logical, None, component_options(names))
        self.workspace, self.group, self.provider = workspace, group, provider
        self.account = self._account()
        self.account_name = name_of(self.account, workspace.name)
        self.endpoint = self.account.properties.apply(_endpoint)  # type: ignore[attr-defined]
        self.members = self._logged()
        self.projects = {}
        for project in workspace.projects:
            self.projects[project.key] = self._project(project)
            self.members.append(self.projects[project.key])
        self.register_outputs({})

    def _logged(self) -> list[pulumi.Resource]:
        """The account's diagnostic setting, first of its members: what is done in the account is logged from then on,
        until nothing is left in it."""
        logs = self.workspace.diagnostics
        if logs is None:
            return []
        from modelform.program import diagnostics

        sink: pulumi.Input[str] = logs.existing
        if not logs.existing:
            made = diagnostics.log_workspace(
                logs.name, logs.location, self.workspace, group=self.group, parent=self, provider=self.provider
            )
            sink = made.id
        return [diagnostics.setting(self.account, sink, self.workspace.logical, parent=self, provider=self.provider)]

    def _account(self) -> Any:
        from pulumi_azure_native import cognitiveservices as cs

        workspace = self.workspace
        foundry = workspace.kind == "foundry"
        return cs.Account(
            workspace.logical,
            resource_group_name=self.group,
            account_name=workspace.name,
            location=workspace.location,
            kind=KINDS[workspace.kind],
            sku=cs.SkuArgs(name="S0"),
            identity=cs.IdentityArgs(type="SystemAssigned"),
            properties=cs.AccountPropertiesArgs(
                custom_sub_domain_name=workspace.subdomain or workspace.name,
                allow_project_management=True if foundry else None,
                disable_local_auth=not workspace.local_keys,
                public_network_access="Enabled" if workspace.exposure == "public" else "Disabled",
                restrict_outbound_network_access=None if workspace.outbound is None else True,
                allowed_fqdn_list=None if workspace.outbound is None else list(workspace.outbound),
            ),
            tags=workspace.tags or None,
            opts=resource_options(
                "Account",
                parent=self,
                provider=self.provider,
                # OpenAI to AIServices is a change in place, and project management comes with it; the way back is not.
                replace=() if foundry else ("properties.allowProjectManagement",),
            ),
        )

    def _project(self, project: Project) -> Any:
        from pulumi_azure_native import cognitiveservices as cs

        return cs.Project(
            project.logical,
            resource_group_name=self.group,
            account_name=self.account_name,
            project_name=project.name,
            location=self.workspace.location,
            identity=cs.IdentityArgs(type="SystemAssigned"),
            properties=cs.ProjectPropertiesArgs(display_name=project.name),
            tags=self.workspace.tags or None,
            opts=resource_options(
                "Project",
                parent=self,
                provider=self.provider,
                names=Names(project.logical, project.aliases),
                after=self.members,
            ),
        )

    def summary(self) -> dict[str, Any]:
        """What the stack's outputs say of the workspace."""
        workspace = self.workspace
        return {
            "kind": workspace.kind,
            "name": workspace.name,
            "subscription": workspace.subscription,
            "resourceGroup": workspace.resource_group.name,
            "location": workspace.location,
            "endpoint": self.endpoint,
            "projects": {project.key: project.name for project in workspace.projects},
        }


def _endpoint(properties: Any) -> str | None:
    """The host that answers for every model of the account: the Foundry one where it has one."""
    if not properties:
        return None
    found = (properties.get("endpoints") or {}).get(SERVICES_ENDPOINT) or properties.get("endpoint")
    return str(found).rstrip("/") if found else None
