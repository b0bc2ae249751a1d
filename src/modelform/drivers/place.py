"""Where the states of a project folder are, for each target, and what opens their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from modelform.errors import PolicyError, UnsupportedError
from modelform.record import dataclass
from modelform.spec.resolved import Target
from modelform.state import files, passphrases, settings
from modelform.state.folder import Folder
from modelform.state.secrets import Passphrase

KEPT = ".modelform"
BACKEND_VARIABLE = "PULUMI_BACKEND_URL"


@dataclass(frozen=True, slots=True)
class Place:
    """A project folder and a target; `backend` is the stack file's."""

    project_dir: Path
    target: Target
    environment: Mapping[str, str]
    project: str = "modelform"
    backend: str | None = None
    allow_local_state: bool = False

    def folder(self) -> Folder:
        """The folder of states; refused where it would be local for Azure and nobody allowed that."""
        return Folder(self.root())

    def root(self) -> Path:
        """The root of the states: always one of its own for the sandbox."""
        kept = self.project_dir / KEPT
        if self.target == "sandbox":
            return kept / "sandbox" / "state"
        backend = self.backend or self.environment.get(BACKEND_VARIABLE, "")
        root = self._file_root(backend) if backend else kept / "azure" / "state"
        if not self.allow_local_state:
            raise PolicyError(
                f"the state of this stack would be a folder of this machine ({root}), and its target is Azure",
                code="state.local",
                detail="Whoever has not this folder would take everything in Azure for missing.",
                hint=f"give `backend:` in the stack file or {BACKEND_VARIABLE} (both with the Pulumi CLI engine), "
                "or pass --allow-local-state",
            )
        return root

    def _file_root(self, backend: str) -> Path:
        parts = urlsplit(backend)
        if parts.scheme != "file":
            raise UnsupportedError(
                f"the embedded engine keeps states in folders only, not in {backend}",
                code="state.backend",
                hint="use the Pulumi CLI (--engine pulumi), or a file:// backend",
            )
        return self.project_dir / Path(unquote(parts.netloc + parts.path)).expanduser()

    def settings(self, stack: str) -> settings.Settings:
        """What `Pulumi.STACK.yaml` beside the stack files says."""
        return settings.read(settings.path_of(self.project_dir / "stacks", stack))

    def crypter(self, stack: str) -> Passphrase:
        """What encrypts and decrypts the stack's secrets; nothing is derived and nothing written before it is needed.

        The sandbox's passphrase is its own, and so is its salt: in `Pulumi.STACK.yaml` it would be taken for Azure's.
        """
        if self.target == "sandbox":
            return Passphrase(self.source())
        found = self.settings(stack)
        return Passphrase(self.source(), found.salt, on_new=lambda salt: settings.write_salt(found.path, salt))

    def source(self) -> passphrases.Source:
        """Where this folder's passphrases come from."""
        if self.target == "sandbox":
            return passphrases.KeptFile(self.project_dir / KEPT / "passphrase", self.environment)
        return passphrases.Environment(self.environment)

    def config(self, stack: str, crypter: Passphrase) -> tuple[dict[str, str], list[str]]:
        """The stack's Pulumi configuration, and the keys in it that are secret."""
        found = self.settings(stack)
        return (
            found.decrypted(lambda ciphertext: crypter.at(found.salt).decrypt(ciphertext)) if found.config else ({}, [])
        )

    def keep_out_of_repositories(self) -> None:
        """Everything under `.modelform/` is ours and nothing for a repository."""
        files.create(self.project_dir / KEPT / ".gitignore", b"*\n")
