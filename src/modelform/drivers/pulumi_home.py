"""The folder that the Pulumi CLI works in for this driver, and the variables that it gets.

`.modelform/pulumi/TARGET/` holds a Pulumi.yaml of our own, so that the user's is never rewritten; the salts of the
sandbox's stacks are kept there too. For Azure they are beside the stack files, where a plain `pulumi` looks for them.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelform.drivers.place import BACKEND_VARIABLE, KEPT, Place
from modelform.errors import StateError
from modelform.state import Passphrase, files, passphrases, settings

PLUGIN = "pulumi-resource-azure-native"
LOG_LIMIT = "PULUMI_LOG_ROTATION_MAX_TOTAL_MB"
EARLIER = "earlier-logs"
PASSPHRASES = (passphrases.VARIABLE, passphrases.FILE_VARIABLE)


@dataclass(frozen=True, slots=True)
class Home:
    """The CLI's place for one project folder and target; `secrets_provider` is the stack file's."""

    place: Place
    secrets_provider: str = "passphrase"

    @property
    def folder(self) -> Path:
        """Where the CLI runs."""
        return self.place.project_dir.resolve() / KEPT / "pulumi" / self.place.target

    @property
    def near(self) -> bool:
        """Is the state in a folder, and does a passphrase open it: may it be read here without the CLI?"""
        backend = self._said()
        in_folder = self.place.target == "sandbox" or not backend or urlsplit(backend).scheme == "file"
        return in_folder and self.secrets_provider in ("", "passphrase")

    def backend(self) -> str:
        """The address of the states; a local folder for Azure is refused unless it was allowed."""
        said = self._said()
        if self.place.target == "sandbox" or not said or urlsplit(said).scheme == "file":
            root = self.place.root().resolve()
            root.mkdir(parents=True, exist_ok=True)
            return root.as_uri()
        return said

    def _said(self) -> str:
        if self.place.target == "sandbox":
            return ""
        return self.place.backend or self.place.environment.get(BACKEND_VARIABLE, "")

    @property
    def stack_config(self) -> Path:
        """The folder of `Pulumi.STACK.yaml`."""
        return self.folder if self.place.target == "sandbox" else self.place.project_dir.resolve() / "stacks"

    def prepare(self, stack: str, salt: str, plugin: Sequence[str]) -> None:
        """Writes what the CLI needs: Pulumi.yaml, and for the sandbox the plugin and the stack's configuration."""
        self.place.keep_out_of_repositories()
        project: dict[str, Any] = {
            "name": self.place.project,
            "runtime": "python",
            "stackConfigDir": os.path.relpath(self.stack_config, self.folder),
        }
        if self.place.target == "sandbox":
            plugins = self.folder.parent / "plugins"
            project["plugins"] = {"providers": [{"name": "azure-native", "path": str(plugins)}]}
            _write_executable(plugins / PLUGIN, plugin)
            self._write_settings(stack, salt)
        # JSON is YAML, and needs nothing to be quoted.
        _write(self.folder / "Pulumi.yaml", json.dumps(project, indent=1) + "\n")

    def _write_settings(self, stack: str, salt: str) -> None:
        """The stack's configuration with the salt of its sandbox state, secrets encrypted anew with that one."""
        file = settings.path_of(self.folder, stack)
        crypter = self.place.crypter(stack)
        found = self.place.settings(stack)
        config = dict(found.config)
        if config and found.salt and salt != found.salt:
            own = crypter.at(salt or found.salt)
            config = {key: _encrypted_anew(value, crypter.at(found.salt), own) for key, value in config.items()}
            salt = salt or found.salt
        document: dict[str, Any] = {"encryptionsalt": salt} if salt else {}
        _write(file, json.dumps(document | ({"config": config} if config else {})) + "\n")

    def environment(self, salt: str, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of the CLI: the user's own, and what makes it work on this state without asking anything."""
        found = {key: value for key, value in self.place.environment.items() if key != BACKEND_VARIABLE}
        found |= {
            BACKEND_VARIABLE: self.backend(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        if self.place.target == "sandbox":
            found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
            found["PULUMI_HOME"] = str(self.folder.parent / "home")
            self._keep_logs(LOG_LIMIT in found)
            found.pop(passphrases.FILE_VARIABLE, None)
            found[passphrases.VARIABLE] = self._kept_passphrase(salt)
        elif self.secrets_provider in ("", "passphrase") and not any(name in found for name in PASSPHRASES):
            raise StateError(
                "the Pulumi CLI needs the passphrase of this stack's secrets",
                code="state.passphrase",
                hint=f"set {passphrases.VARIABLE} (or {passphrases.FILE_VARIABLE}) to the stack's passphrase",
            )
        return found | dict(more)

    def _keep_logs(self, wanted: bool) -> None:
        """Has the CLI keep a log of each run in the sandbox's home, or none.

        It writes down every message of the run, which takes a quarter of a large plan's time and 3 MB, into a home that
        nobody looks at. It has no setting for that, and goes on without where its folder is not to be had. Logs that
        are there are put aside; where none of this can be done, the CLI logs, and that is all.
        """
        logs = self.folder.parent / "home" / "logs"
        with suppress(OSError, StateError):
            if wanted:
                if logs.is_file():
                    logs.unlink(missing_ok=True)
                return
            if logs.is_dir():
                _put_aside(logs)
            if not logs.exists():
                _write(logs, f"The sandbox's runs of the Pulumi CLI keep no logs here, unless {LOG_LIMIT} is set.\n")

    def _kept_passphrase(self, salt: str) -> str:
        """The sandbox's passphrase: the file's, or that of the variables where the CLI made the state with it."""
        file = self.place.project_dir / KEPT / "passphrase"
        kept = passphrases.KeptFile(file, self.place.environment)
        candidates = kept.candidates() if salt else []
        if salt and not candidates:
            # Another one would be refused as incorrect, and be in the way of what is looked for.
            raise StateError(
                f"the passphrase of this sandbox's states is gone: there is no {file}",
                code="state.passphrase",
                hint=f"put the file back, or set {passphrases.VARIABLE} where the state was made with that; "
                "`--engine embedded` asks for it only where the state has secrets",
            )
        for phrase in candidates if len(candidates) > 1 else ():
            try:
                Passphrase(_Known(phrase), salt).verify()
            except StateError:
                continue
            return phrase
        return candidates[0] if candidates else kept.new()

    @contextmanager
    def rehearsal(self) -> Iterator[Path]:
        """A folder of states that is thrown away: for the preview of a stack that has no state yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=self.folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


class _Known:
    """One passphrase, as a source of it."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase

    def candidates(self) -> list[str]:
        return [self._phrase]

    def new(self) -> str:
        return self._phrase

    def describe(self) -> str:
        return "the sandbox's own file"


def plugin_command(module: str) -> list[str]:
    """How a module of this installation is run as a plugin."""
    return [sys.executable, "-m", module]


def _put_aside(logs: Path) -> None:
    """Moves the logs of earlier runs into the folder beside theirs."""
    earlier = logs.with_name(EARLIER)
    earlier.mkdir(mode=files.FOLDER_MODE, exist_ok=True)
    for log in logs.iterdir():
        log.replace(earlier / log.name)
    logs.rmdir()


def _encrypted_anew(value: Any, old: Passphrase, new: Passphrase) -> Any:
    if isinstance(value, dict):
        if list(value) == ["secure"] and isinstance(value["secure"], str):
            return {"secure": new.encrypt(old.decrypt(value["secure"]))}
        return {key: _encrypted_anew(item, old, new) for key, item in value.items()}
    return [_encrypted_anew(item, old, new) for item in value] if isinstance(value, list) else value


def _write_executable(path: Path, command: Sequence[str]) -> None:
    """A script that runs the command in this very Python, as a plugin of the CLI."""
    _write(path, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    path.chmod(0o700)


def _write(path: Path, text: str) -> None:
    """Puts a text into a file, unless it is there already: another operation may be reading it, or writing the same."""
    data = text.encode()
    if files.read(path) != data:
        files.replace(path, data, fresh=files.own(path))
