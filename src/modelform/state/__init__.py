"""The checkpoint and everything on disk: codec, integrity, secrets, folder, lock, history.

States are Pulumi's: its deployment format, in the layout of its file backend, encrypted as its passphrase provider
does it. A stack can change engine at any time.
"""

from modelform.state.binding import Cloud
from modelform.state.folder import Folder, StackEntry
from modelform.state.history import HistoryRecord
from modelform.state.lock import Held, Owner
from modelform.state.model import (
    Manifest,
    PendingOperation,
    PendingType,
    Resource,
    SecretsProvider,
    Snapshot,
    timestamp,
)
from modelform.state.passphrases import Environment, KeptFile
from modelform.state.secrets import Passphrase

__all__ = [
    "Cloud",
    "Environment",
    "Folder",
    "Held",
    "HistoryRecord",
    "KeptFile",
    "Manifest",
    "Owner",
    "Passphrase",
    "PendingOperation",
    "PendingType",
    "Resource",
    "SecretsProvider",
    "Snapshot",
    "StackEntry",
    "timestamp",
]
