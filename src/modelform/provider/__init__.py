"""azure-native's types that modelform declares, over ARM: a table with one row a type, and one lifecycle."""

from __future__ import annotations

from modelform.provider.lifecycle import AzureNative
from modelform.provider.names import parse_id, resource_id
from modelform.provider.row import Row
from modelform.provider.table import ROWS, row_of

__all__ = ["ROWS", "AzureNative", "Row", "parse_id", "resource_id", "row_of"]
