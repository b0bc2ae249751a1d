"""Models as a Service in a hub's project: a marketplace subscription where the offer needs one, then an endpoint."""

from __future__ import annotations

from typing import Any

import pulumi

from modelform.program.hub import HubWorkspace
from modelform.program.options import Names, component_options, resource_options
from modelform.spec.resolved import Deployment

TOKEN = "modelform:index:Deployment"

MODELS_PATH = "/v1"


class ServerlessDeployment(pulumi.ComponentResource):
    """One serverless endpoint; `subscription` is what it has to wait for."""

    resource: pulumi.CustomResource

    def __init__(
        self, deployment: Deployment, home: HubWorkspace, subscription: pulumi.CustomResource | None = None
    ) -> None:
        names = Names(deployment.logical, deployment.aliases)
        super().__init__(TOKEN, names.logical, None, component_options(names))
        self.deployment, self.home = deployment, home
        self.resource = self._declare(subscription)
        self.register_outputs({})

    def _declare(self, subscription: pulumi.CustomResource | None) -> Any:
        from pulumi_azure_native import machinelearningservices as ml

        deployment = self.deployment
        return ml.ServerlessEndpoint(
            deployment.logical,
            resource_group_name=self.home.group,
            workspace_name=self.home.project_name(deployment.project or ""),
            name=deployment.name,
            location=self.home.workspace.location,
            sku=ml.SkuArgs(name="Consumption"),
            properties=ml.ServerlessEndpointPropertiesArgs(
                auth_mode="Key" if self.home.workspace.local_keys else "AAD",
                model_settings=ml.ModelSettingsArgs(model_id=deployment.model_asset),
            ),
            tags=deployment.tags or None,
            opts=resource_options(
                "ServerlessEndpoint",
                parent=self,
                provider=self.home.provider,
                after=[subscription] if subscription else (),
            ),
        )

    def summary(self) -> dict[str, Any]:
        """What an application needs to call the model; never a key."""
        deployment = self.deployment
        return {
            "endpoint": self.resource.properties.apply(_endpoint),  # type: ignore[attr-defined]
            "path": MODELS_PATH,
            "apiVersion": "v1",
            "deployment": deployment.name,
            "model": deployment.model.name,
            "version": deployment.model.version,
            "format": deployment.model.format,
            "auth": "key" if self.home.workspace.local_keys else "entra",
            "workspace": f"{deployment.workspace}/{deployment.project}",
            "sku": deployment.sku,
        }


class Subscriptions:
    """The marketplace subscriptions of a stack: one a project and offer, shared by the endpoints that need it."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], pulumi.CustomResource] = {}

    def needed_by(self, deployment: Deployment, home: HubWorkspace) -> pulumi.CustomResource | None:
        """The subscription of a deployment's offer, made by the first that asks; None where the offer needs none."""
        if deployment.marketplace is None:
            return None
        key = (deployment.workspace, deployment.project or "", deployment.marketplace.name)
        if key not in self._made:
            self._made[key] = self._declare(deployment, home, deployment.marketplace.name)
        return self._made[key]

    def _declare(self, deployment: Deployment, home: HubWorkspace, name: str) -> Any:
        from pulumi_azure_native import machinelearningservices as ml

        project = next(p for p in home.workspace.projects if p.key == deployment.project)
        names = Names(project.logical, project.aliases).child(name)
        return ml.MarketplaceSubscription(
            names.logical,
            resource_group_name=home.group,
            workspace_name=home.project_name(project.key),
            name=name,
            properties=ml.MarketplaceSubscriptionPropertiesArgs(model_id=deployment.model_asset),
            opts=resource_options("MarketplaceSubscription", parent=home, provider=home.provider, names=names),
        )


def _endpoint(properties: Any) -> str | None:
    if not properties:
        return None
    uri = (properties.get("inference_endpoint") or properties.get("inferenceEndpoint") or {}).get("uri")
    return str(uri).rstrip("/") if uri else None
