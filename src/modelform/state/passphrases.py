"""Where a passphrase comes from: Pulumi's own variables, and for the sandbox a file that is made when it is needed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from modelform.errors import StateError
from modelform.state import files

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"


class Source(Protocol):
    """What knows passphrases, and nothing of salts or keys."""

    def candidates(self) -> list[str]:
        """The passphrases that may open an existing state, the likeliest first; empty when none is known."""
        ...

    def new(self) -> str:
        """The passphrase for a state that has no secret yet; `StateError` when the user must give one."""
        ...

    def describe(self) -> str:
        """Where the passphrases come from, for messages."""
        ...


class Environment:
    """The passphrase of PULUMI_CONFIG_PASSPHRASE (it may be empty), else of the file that the other variable names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def candidates(self) -> list[str]:
        """None, or one; a file that is named and cannot be read is a `StateError`."""
        if VARIABLE in self._environment:
            return [self._environment[VARIABLE]]
        name = self._environment.get(FILE_VARIABLE, "")
        if not name:
            return []
        path = Path(name).expanduser()
        data = files.read(path)
        if data is None:
            raise StateError(f"{FILE_VARIABLE} names {path}, which does not exist", code="state.passphrase")
        return [_text(data, path)]

    def new(self) -> str:
        """The user's passphrase; it is required from the first secret on."""
        found = self.candidates()
        if not found:
            raise StateError(
                "this stack has a secret, and there is no passphrase to encrypt it with",
                code="state.passphrase",
                hint=f"set {VARIABLE} (or {FILE_VARIABLE}), and keep it: without it the state cannot be opened",
            )
        return found[0]

    def describe(self) -> str:
        """The variables that were looked at."""
        return VARIABLE if VARIABLE in self._environment else FILE_VARIABLE


class KeptFile:
    """The sandbox's passphrase: a random one in a file for its owner only, made at the first secret.

    The variables are asked too when a state exists, since the Pulumi CLI may have made it.
    """

    def __init__(self, path: Path, environment: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._environment = Environment(environment or {})

    def candidates(self) -> list[str]:
        """The file's, then the variables'."""
        data = files.read(self._path)
        kept = [] if data is None else [_text(data, self._path)]
        return list(dict.fromkeys([*kept, *self._environment.candidates()]))

    def new(self) -> str:
        """The file's passphrase; of several processes that make one at once, all get the same."""
        data = files.read(self._path)
        if data is None:
            # Everything beside it is ours and nothing for a repository; this least of all.
            files.create(self._path.parent / ".gitignore", b"*\n")
            files.create(self._path, (secrets.token_urlsafe(32) + "\n").encode())
            data = files.read(self._path) or b""
        return _text(data, self._path)

    def describe(self) -> str:
        """The file, and the variables beside it."""
        return f"{self._path} or {VARIABLE}"


def _text(data: bytes, path: Path) -> str:
    try:
        text = data.decode().strip()
    except UnicodeDecodeError as error:
        raise StateError(f"{path} holds no passphrase: it is not UTF-8 text", code="state.passphrase") from error
    if not text:
        raise StateError(f"{path} holds no passphrase: it is empty", code="state.passphrase")
    return text
