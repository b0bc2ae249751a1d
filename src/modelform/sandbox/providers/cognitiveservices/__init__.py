"""Microsoft.CognitiveServices: accounts, their deployments, projects and content filters, and what regions offer."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers.cognitiveservices import (
    accounts,
    deployments,
    hosts,
    locations,
    policies,
    projects,
    tables,
)
from modelform.sandbox.providers.connections import connections
from modelform.sandbox.providers.links import connections as links

PROVIDER = Provider(
    "Microsoft.CognitiveServices",
    (
        accounts.KIND,
        deployments.KIND,
        projects.KIND,
        policies.KIND,
        connections(accounts.TYPE, tables.PROJECT_VERSIONS),
        connections(accounts.PROJECTS, tables.PROJECT_VERSIONS),
        *hosts.KINDS,
        links(accounts.TYPE, tables.VERSIONS),
    ),
    locations.ROUTES,
)
