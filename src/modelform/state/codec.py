"""States as bytes: the checkpoint of Pulumi's file backend and the document of `stack export`, read and written.

Version 3 of the format, and version 4 as far as it says `replaceWith`; everything else is refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from modelform.errors import StateError, UnsupportedError
from modelform.state import faults
from modelform.state.fields import SUPPORTED_FEATURES, features, resource_from_json, resource_to_json
from modelform.state.model import (
    PENDING_TYPES,
    Manifest,
    PendingOperation,
    Resource,
    SecretsProvider,
    Snapshot,
)
from modelform.state.property_values import Crypt, MalformedValue

_KNOWN = frozenset({"manifest", "secrets_providers", "resources", "pending_operations", "metadata"})
_Kept = dict[int, tuple[Resource, bytes, frozenset[str]]]
_NEVER: Final = "0001-01-01T00:00:00Z"
_COMPRESSED: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))


def parse(raw: bytes | str | Mapping[str, Any], source: str = "the state") -> dict[str, Any]:
    """The deployment inside a document: what stands under `checkpoint.latest`, or under `deployment`.

    Checks the document's form and its version, nothing inside resources. An empty result is a stack without a state.
    """
    document = dict(raw) if isinstance(raw, Mapping) else _json(raw, source)
    _refuse_version(document, source)
    if "checkpoint" in document:
        checkpoint = _object(document["checkpoint"], "checkpoint", source)
        latest = checkpoint.get("latest")
    elif "deployment" in document:
        latest = document["deployment"]
    else:
        raise faults.corrupt(source, "it has neither `checkpoint` (a state file) nor `deployment` (an export)")
    return {} if latest is None else _object(latest, "latest", source)


def compressed(source: str, name: str) -> UnsupportedError:
    """The refusal of a state that Pulumi wrote in a compressed form."""
    return faults.unsupported(
        source,
        f"is compressed with {name}",
        "let the Pulumi CLI write it plain: unset PULUMI_DIY_BACKEND_GZIP and PULUMI_DIY_BACKEND_COMPRESSION, "
        "then `pulumi up`",
    )


def secrets_provider(deployment: Mapping[str, Any], source: str = "the state") -> SecretsProvider | None:
    """What a deployment's secrets are encrypted with; another provider than the passphrase one is refused."""
    found = deployment.get("secrets_providers")
    if found is None:
        return None
    provider = _object(found, "secrets_providers", source)
    kind = provider.get("type") or ""
    if not kind:
        return None
    if kind != "passphrase":
        raise faults.unsupported(
            source,
            f"keeps its secrets with the secrets provider {kind!r}, which only the Pulumi CLI can open",
            "name it in the stack file (`secretsProvider:`) and run with `--engine pulumi`; or change it: "
            "`pulumi stack change-secrets-provider passphrase`",
        )
    state = _object(provider.get("state") or {}, "secrets_providers.state", source)
    if not isinstance(state.get("salt"), str) or not state["salt"]:
        raise faults.corrupt(source, "`secrets_providers.state.salt` must be a text")
    return SecretsProvider(kind, state)


def decode(raw: bytes | str | Mapping[str, Any], decrypt: Crypt, source: str = "the state") -> Snapshot:
    """The snapshot that a state file or an export holds; `source` names it in messages."""
    return decode_deployment(parse(raw, source), decrypt, source)


def decode_deployment(deployment: Mapping[str, Any], decrypt: Crypt, source: str = "the state") -> Snapshot:
    """The snapshot of a parsed deployment. Its integrity is not checked here, except the manifest's seal."""
    if not deployment:
        return Snapshot()
    for key in ("snippets", "extensions"):
        if deployment.get(key):
            raise faults.unsupported(source, f"uses `{key}`")
    return Snapshot(
        manifest=_manifest(deployment.get("manifest"), source),
        secrets_providers=secrets_provider(deployment, source),
        resources=[
            _resource(item, decrypt, f"resource {number}", source)
            for number, item in enumerate(_list(deployment.get("resources"), "resources", source), 1)
        ],
        pending_operations=[
            _pending(item, decrypt, f"pending operation {number}", source)
            for number, item in enumerate(_list(deployment.get("pending_operations"), "pending_operations", source), 1)
        ],
        metadata=_object(deployment.get("metadata") or {}, "metadata", source),
        extra={key: value for key, value in deployment.items() if key not in _KNOWN},
    )


def encode(snapshot: Snapshot, encrypt: Crypt, stack: str = "") -> dict[str, Any]:
    """The checkpoint of a snapshot as a JSON document; `stack` is `organization/PROJECT/STACK`."""
    document: dict[str, Any] = json.loads(Encoder(encrypt).checkpoint(snapshot, stack))
    return document


class Encoder:
    """Writes snapshots again and again: what was encoded before is kept for as long as the same resource is there.

    Kept by identity, which is sound because resources never change and are held here while their bytes are. That is
    also why an unchanged resource's ciphertexts stay as they are between two writes.
    """

    def __init__(self, encrypt: Crypt) -> None:
        self._encrypt = encrypt
        self._kept: _Kept = {}

    def checkpoint(
        self, snapshot: Snapshot, stack: str, provider: Callable[[], SecretsProvider | None] | None = None
    ) -> bytes:
        """The state file; `provider` is asked after everything was encrypted and stands in for a missing one."""
        name = f'"stack":{_text(stack)},' if stack else ""
        return self._document(snapshot, provider, f'"checkpoint":{{{name}"latest":', "}}")

    def deployment(self, snapshot: Snapshot, provider: Callable[[], SecretsProvider | None] | None = None) -> bytes:
        """The document of `stack export`."""
        return self._document(snapshot, provider, '"deployment":', "}")

    def _document(
        self, snapshot: Snapshot, provider: Callable[[], SecretsProvider | None] | None, opening: str, closing: str
    ) -> bytes:
        kept: _Kept = {}
        resources = [self._resource(resource, kept) for resource in snapshot.resources]
        pending = [
            (self._resource(operation.resource, kept), operation.type) for operation in snapshot.pending_operations
        ]
        self._kept = kept
        used = sorted(set().union(*(its for _, _, its in kept.values() if its)))
        secrets = snapshot.secrets_providers or (provider() if provider else None)
        # All the bytes are joined once: copies of a large state are what a write would spend its time on.
        parts = [_head(used), opening.encode(), b'{"manifest":', _dump(_manifest_to_json(snapshot.manifest))]
        if secrets is not None:
            parts += (b',"secrets_providers":', _dump({"type": secrets.type, "state": dict(secrets.state)}))
        for number, encoded in enumerate(resources):
            parts += (b"," if number else b',"resources":[', encoded)
        if resources:
            parts.append(b"]")
        for number, (encoded, kind) in enumerate(pending):
            parts += (b"," if number else b',"pending_operations":[', b'{"resource":', encoded)
            parts.append(f',"type":"{kind}"}}'.encode())
        if pending:
            parts.append(b"]")
        parts += (b',"metadata":', _dump(snapshot.metadata))
        for key, value in snapshot.extra.items():
            parts += (b",", _text(key).encode(), b":", _dump(value))
        parts += (b"}", closing.encode())
        return b"".join(parts)

    def _resource(self, resource: Resource, kept: _Kept) -> bytes:
        identity = id(resource)
        known = self._kept.get(identity) or kept.get(identity)
        if known is None:
            known = (resource, *self._encoded(resource))
        kept[identity] = known
        return known[1]

    def _encoded(self, resource: Resource) -> tuple[bytes, frozenset[str]]:
        used = frozenset(features(resource))
        if used - SUPPORTED_FEATURES:
            raise faults.unsupported(resource.urn, f"uses {', '.join(sorted(used - SUPPORTED_FEATURES))}")
        try:
            return _dump(resource_to_json(resource, self._encrypt)), used
        except MalformedValue as error:
            raise _unencodable(resource, str(error)) from error
        except RecursionError as error:
            raise _unencodable(resource, "a value is nested too deeply") from error
        except UnicodeEncodeError:
            raise _unencodable(resource, "a text is no Unicode (it has half a surrogate pair)") from None


def _unencodable(resource: Resource, what: str) -> StateError:
    return StateError(f"{resource.urn} cannot be written into the state: {what}", code="state.unwritable-value")


def _head(used: list[str]) -> bytes:
    return b'{"version":4,"features":' + _dump(used) + b"," if used else b'{"version":3,'


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(raw: bytes | str, source: str) -> dict[str, Any]:
    if isinstance(raw, bytes):
        for magic, name in _COMPRESSED:
            if raw.startswith(magic):
                raise compressed(source, name)
        try:
            raw = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise faults.corrupt(source, f"it is not UTF-8 text (byte {error.start})") from error
    if not raw.strip():
        raise faults.corrupt(source, "it is empty (cut short)")
    try:
        document = json.loads(raw, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(raw.rstrip()) - 1 or "Unterminated" in error.msg
        place = f"line {error.lineno}, column {error.colno}"
        what = "it is cut short" if cut else "it is no JSON"
        raise faults.corrupt(source, f"{what} ({error.msg}: {place})") from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise faults.corrupt(source, f"it is no JSON ({reason})") from error
    if re.search(r"\\u[dD][89a-fA-F]", raw):
        document = _without_half_pairs(document)
    return _object(document, "", source)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _without_half_pairs(value: Any) -> Any:
    """Replaces what is no character, as Go's reader does; such a text could be read but never written again."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_half_pairs(item) for item in value]
    if isinstance(value, dict):
        return {_without_half_pairs(key): _without_half_pairs(item) for key, item in value.items()}
    return value


def _refuse_version(document: Mapping[str, Any], source: str) -> None:
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise faults.corrupt(source, "it has no `version`")
    if version < 3:
        raise faults.unsupported(
            source,
            f"is of version {version}, older than what this engine reads (3)",
            "let the Pulumi CLI write it anew: `pulumi stack export --file FILE`, `pulumi stack import --file FILE`",
        )
    if version > 4:
        raise faults.unsupported(
            source,
            f"is of version {version}, newer than what this modelform reads (4)",
            f"nothing was changed; use a newer modelform, or {faults.ALONE}",
        )
    declared = document.get("features") or []
    if not isinstance(declared, list) or not all(isinstance(feature, str) for feature in declared):
        raise faults.corrupt(source, "`features` must be a list of texts")
    # Pulumi looks at features from version 4 on.
    unknown = sorted(set(declared) - SUPPORTED_FEATURES) if version == 4 else []
    if unknown:
        raise faults.unsupported(source, f"uses features that this engine does not have: {', '.join(unknown)}")


def _manifest(found: Any, source: str) -> Manifest:
    document = _object(found if found is not None else {}, "manifest", source)
    values = {key: document.get(key) or "" for key in ("time", "version", "magic")}
    if not all(isinstance(value, str) for value in values.values()):
        raise faults.corrupt(source, "`manifest` must have texts under `time`, `version` and `magic`")
    plugins = _list(document.get("plugins"), "manifest.plugins", source)
    manifest = Manifest(
        values["time"], values["version"], tuple(_object(p, "manifest.plugins", source) for p in plugins)
    )
    if values["magic"] != manifest.magic:
        raise faults.corrupt(source, "its manifest's seal (`magic`) is not that of its version: it was tampered with")
    return manifest


def _manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    document: dict[str, Any] = {
        "time": manifest.time or _NEVER,
        "magic": manifest.magic,
        "version": manifest.version,
    }
    if manifest.plugins:
        document["plugins"] = [dict(plugin) for plugin in manifest.plugins]
    return document


def _resource(item: Any, decrypt: Crypt, place: str, source: str) -> Resource:
    urn = item.get("urn") if isinstance(item, dict) else None
    if isinstance(urn, str) and urn:
        place = f"{place} ({urn})"
    try:
        resource = resource_from_json(item, decrypt)
    except MalformedValue as error:
        raise faults.corrupt(source, f"{place}: {error}") from error
    refused = sorted(set(features(resource)) - SUPPORTED_FEATURES)
    if refused:
        raise faults.unsupported(source, f"uses {', '.join(refused)} in {place}")
    return resource


def _pending(item: Any, decrypt: Crypt, place: str, source: str) -> PendingOperation:
    document = _object(item, place, source)
    if document.get("type") not in PENDING_TYPES:
        raise faults.corrupt(source, f"{place}: `type` must be one of {', '.join(PENDING_TYPES)}")
    return PendingOperation(_resource(document.get("resource"), decrypt, place, source), document["type"])


def _object(value: Any, key: str, source: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise faults.corrupt(source, f"`{key}` must be an object" if key else "it must be a JSON object")
    return value


def _list(value: Any, key: str, source: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise faults.corrupt(source, f"`{key}` must be a list")
    return value
