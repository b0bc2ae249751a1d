"""Microsoft.Network: virtual networks, private endpoints and private DNS zones."""

from __future__ import annotations

from modelform.sandbox.kinds import Provider
from modelform.sandbox.providers.network import endpoints, networks, zones

PROVIDER = Provider("Microsoft.Network", (*networks.KINDS, *endpoints.KINDS, *zones.KINDS))
