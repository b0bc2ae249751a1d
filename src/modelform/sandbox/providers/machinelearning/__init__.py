"""Microsoft.MachineLearningServices: workspaces (hubs, projects, plain ones), and models as a service in them."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers.connections import connections
from modelform.sandbox.providers.links import connections as links
from modelform.sandbox.providers.machinelearning import marketplace, online, outbound, serverless, tables, workspaces

PROVIDER = Provider(
    "Microsoft.MachineLearningServices",
    (
        workspaces.KIND,
        serverless.KIND,
        marketplace.KIND,
        connections(workspaces.TYPE, tables.CONNECTION_VERSIONS, tells=True),
        outbound.KIND,
        *online.KINDS,
        links(workspaces.TYPE, tables.VERSIONS),
    ),
)
