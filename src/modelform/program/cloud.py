"""The cloud that a state belongs to, and one explicit azure-native provider a subscription."""

from __future__ import annotations

from typing import Any

import pulumi

from modelform.spec.resolved import Stack

TOKEN = "modelform:index:Cloud"
NAME = "cloud"


class Cloud(pulumi.ComponentResource):
    """The binding: registered before anything else, so that it is in the state with the first write."""

    def __init__(self, binding: dict[str, str]) -> None:
        super().__init__(TOKEN, NAME, dict(binding))
        self.register_outputs({})


def providers(stack: Stack, cloud: Cloud) -> dict[str, pulumi.ProviderResource]:
    """One provider a subscription, named after it; where ARM is comes from the environment, not from an input.

    They wait for the binding, and every resource for its provider: nothing is made for a state that is bound to none.
    """
    import pulumi_azure_native

    found: dict[str, pulumi.ProviderResource] = {}
    for subscription in stack.subscriptions:
        inputs: dict[str, Any] = {"subscription_id": _after(cloud, subscription)}
        if stack.tenant:
            inputs["tenant_id"] = stack.tenant
        found[subscription] = pulumi_azure_native.Provider(f"azure-{subscription}", **inputs)
    return found


def _after(cloud: Cloud, value: str) -> pulumi.Output[str]:
    return cloud.urn.apply(lambda _: value)
