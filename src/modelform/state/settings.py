"""`Pulumi.STACK.yaml`: the salt of a stack's secrets and its configuration, beside the stack file.

Pulumi writes this file too, and people edit it: a salt is put into it as one line, and every other byte stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from modelform.errors import StateError
from modelform.record import dataclass
from modelform.state import faults, files
from modelform.state.property_values import Crypt

_SALT = re.compile(rb"^encryptionsalt:.*$", re.MULTILINE)
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says: `salt` (`encryptionsalt`, may be empty) and `config`, secrets still encrypted.

    `config` maps `namespace:key` to a text or an object; a secret is `{"secure": ciphertext}`, at any depth.
    """

    path: Path
    salt: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    def decrypted(self, decrypt: Crypt) -> tuple[dict[str, str], list[str]]:
        """The configuration as programs get it: texts (objects as JSON), and the keys of those that are secret."""
        values: dict[str, str] = {}
        secret: list[str] = []
        for key, value in self.config.items():
            if _has_secret(value):
                secret.append(key)
            opened = _opened(value, decrypt)
            values[key] = opened if isinstance(opened, str) else json.dumps(opened, ensure_ascii=False)
        return values, secret


def path_of(stacks: Path, stack: str) -> Path:
    """Where the file of a stack is; `stacks` is the folder of the stack files."""
    return stacks / f"Pulumi.{stack}.yaml"


def read(path: Path) -> Settings:
    """The file's settings, empty where there is no file; a secrets provider other than the passphrase is refused."""
    data = files.read(path)
    if data is None:
        return Settings(path)
    document, texts = _load(path, data), _load(path, data, text_only=True)
    provider = texts.get("secretsprovider") or ""
    if (provider and provider != "passphrase") or texts.get("encryptedkey"):
        raise faults.unsupported(
            str(path),
            f"names the secrets provider {provider or 'of a cloud'!r}, which only the Pulumi CLI can open",
            "name it in the stack file (`secretsProvider:`) and run with `--engine pulumi`",
        )
    salt, config = texts.get("encryptionsalt") or "", document.get("config") or {}
    if not isinstance(salt, str) or not isinstance(config, dict):
        raise _wrong(path, "`encryptionsalt` must be a text and `config` a map")
    # A scalar is the text that stands there (`true`, `010`); only inside objects does it have a type.
    plain = texts.get("config") or {}
    return Settings(
        path, salt, {str(k): v if isinstance(v, (dict, list)) else plain.get(str(k), "") for k, v in config.items()}
    )


def write_salt(path: Path, salt: str) -> None:
    """Puts the salt into the file, which is made if it is not there."""
    data = files.read(path) or b""
    if data:
        _load(path, data)
    line = f"encryptionsalt: {salt}".encode()
    fresh = _SALT.sub(lambda _: line, data, count=1) if _SALT.search(data) else line + b"\n" + data
    if _load(path, fresh, text_only=True).get("encryptionsalt") != salt:
        raise _wrong(path, "the salt of its secrets (`encryptionsalt`) cannot be put into it; add it by hand")
    files.replace(path, fresh)


def _load(path: Path, data: bytes, text_only: bool = False) -> dict[str, Any]:
    import yaml

    if len(data) > _LIMIT:
        raise _wrong(path, "it is larger than 1 MiB")
    try:
        document = yaml.load(data, Loader=yaml.BaseLoader if text_only else yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise _wrong(path, f"it is no YAML{place}: {getattr(error, 'problem', None) or error}") from error
    if document is None or document == "":
        return {}
    if not isinstance(document, dict):
        raise _wrong(path, "it must be a map")
    return document


def _wrong(path: Path, what: str) -> StateError:
    return StateError(f"{path} cannot be read as the settings of a stack: {what}", code="state.settings")


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def _has_secret(value: Any) -> bool:
    if _is_secret(value):
        return True
    if isinstance(value, dict):
        return any(_has_secret(item) for item in value.values())
    return isinstance(value, list) and any(_has_secret(item) for item in value)


def _opened(value: Any, decrypt: Crypt) -> Any:
    if _is_secret(value):
        return decrypt(value["secure"])
    if isinstance(value, dict):
        return {str(key): _opened(item, decrypt) for key, item in value.items()}
    return [_opened(item, decrypt) for item in value] if isinstance(value, list) else value
