"""The checkpoint and everything on disk: codec, integrity, secrets, folder, lock, history.

States are Pulumi's: its deployment format, in the layout of its file backend, encrypted as its passphrase provider
does it. A stack can change engine at any time.
"""

from modelform.state.model import (
    Manifest,
    PendingOperation,
    PendingType,
    Resource,
    SecretsProvider,
    Snapshot,
    timestamp,
)

__all__ = ["Manifest", "PendingOperation", "PendingType", "Resource", "SecretsProvider", "Snapshot", "timestamp"]
