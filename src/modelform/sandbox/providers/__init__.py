"""The resource providers of the sandbox: one module each, a table of types and what they do."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers import (
    authorization,
    cognitiveservices,
    consumption,
    containerregistry,
    insights,
    keyvault,
    machinelearning,
    managedidentity,
    network,
    operationalinsights,
    resources,
    storage,
)

PROVIDERS: tuple[Provider, ...] = (
    resources.PROVIDER,
    cognitiveservices.PROVIDER,
    machinelearning.PROVIDER,
    storage.PROVIDER,
    keyvault.PROVIDER,
    operationalinsights.PROVIDER,
    insights.PROVIDER,
    network.PROVIDER,
    managedidentity.PROVIDER,
    authorization.PROVIDER,
    containerregistry.PROVIDER,
    consumption.PROVIDER,
)
