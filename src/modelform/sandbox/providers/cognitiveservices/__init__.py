"""Microsoft.CognitiveServices: accounts, their deployments, projects and content filters, and what regions offer."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers.cognitiveservices import accounts, deployments, locations, policies, projects

PROVIDER = Provider(
    "Microsoft.CognitiveServices",
    (accounts.KIND, deployments.KIND, projects.KIND, policies.KIND),
    locations.ROUTES,
)
