"""Microsoft.MachineLearningServices: workspaces (hubs, projects, plain ones), and models as a service in them."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers.machinelearning import marketplace, serverless, workspaces

PROVIDER = Provider(
    "Microsoft.MachineLearningServices",
    (workspaces.KIND, serverless.KIND, marketplace.KIND),
)
