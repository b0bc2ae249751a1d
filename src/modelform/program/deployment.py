"""A model in an account: `accounts/deployments`, of any publisher."""

from __future__ import annotations

from typing import Any

import pulumi

from modelform.program.account import MODELS_PATH, AccountWorkspace
from modelform.program.options import Names, resource_options
from modelform.spec.resolved import Deployment


class AccountDeployment:
    """One deployment; no child of its workspace, so that it keeps its URN when it moves to another.

    One resource, and no component around it: that would double what a large stack registers.
    """

    resource: pulumi.CustomResource

    def __init__(self, deployment: Deployment, home: AccountWorkspace) -> None:
        self.deployment, self.home = deployment, home
        self.resource = self._declare()
        home.members.append(self.resource)

    def _declare(self) -> Any:
        from pulumi_azure_native import cognitiveservices as cs

        deployment, model = self.deployment, self.deployment.model
        # A version that the service moves on by itself is no change to undo.
        upgraded = deployment.upgrade != "NoAutoUpgrade"
        return cs.Deployment(
            deployment.logical,
            resource_group_name=self.home.group,
            account_name=self.home.account_name,
            deployment_name=deployment.name,
            sku=cs.SkuArgs(
                name=deployment.sku,
                capacity=deployment.capacity.sku_capacity if deployment.capacity else None,
            ),
            properties=cs.DeploymentPropertiesArgs(
                model=cs.DeploymentModelArgs(format=model.format, name=model.name, version=model.version or None),
                version_upgrade_option=deployment.upgrade,
                rai_policy_name=deployment.content_filter,
            ),
            tags=deployment.tags or None,
            opts=resource_options(
                "Deployment",
                names=Names(deployment.logical, deployment.aliases),
                provider=self.home.provider,
                after=self.home.members,
                ignore=("properties.model.version",) if upgraded else (),
            ),
        )

    def summary(self) -> dict[str, Any]:
        """What an application needs to call the model; never a key."""
        deployment = self.deployment
        return {
            "endpoint": self.home.endpoint,
            "path": MODELS_PATH,
            "apiVersion": "v1",
            "deployment": deployment.name,
            "model": deployment.model.name,
            "version": deployment.model.version,
            "format": deployment.model.format,
            "auth": "entraOrKey" if self.home.workspace.local_keys else "entra",
            "workspace": deployment.workspace,
            "sku": deployment.sku,
        }
