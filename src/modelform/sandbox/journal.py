"""The journal: every exchange as one JSON line, with the secrets taken out."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from modelform.sandbox.exchange import Handler, Request, Response

HIDDEN = "REDACTED"
SECRET = frozenset(
    name.lower()
    for name in (
        *("key1", "key2", "primaryKey", "secondaryKey", "primarySharedKey", "secondarySharedKey", "access_token"),
        *(
            "ConnectionString",
            "InstrumentationKey",
            "userStorageKey",
            "appInsightsInstrumentationKey",
            "migrationToken",
        ),
        *("clientSecret", "client_secret", "client_assertion", "password", "secretAccessKey", "pat", "sas"),
        *("storageAccountConnectionString", "eventHubConnectionString", "qnaAzureSearchEndpointKey"),
    )
)


class Journal:
    """Appends exchanges to a file; several processes may share it, since a line is written at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, request: Request, inner: Handler) -> Response:
        """The layer: answers as the layers below do, and writes down what went through."""
        response = inner(request)
        line = {
            "method": request.method,
            "path": request.path,
            "api_version": request.api_version,
            "body": redacted(_without_secure(_document(request.body))),
            "status": response.status,
            "response": redacted(response.body),
        }
        data = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        try:
            with self._lock:
                file = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(file, data)
                finally:
                    os.close(file)
        except OSError as error:  # the exchange took place all the same, and its answer must reach the caller
            print(f"modelform sandbox: the journal {self.file} could not be written: {error}", file=sys.stderr)
        return response


def _document(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _without_secure(body: Any) -> Any:
    """A template deployment's body without the values of its secure parameters."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict) or not isinstance(properties.get("template"), dict):
        return body
    declared, given = properties["template"].get("parameters"), properties.get("parameters")
    if not isinstance(declared, dict) or not isinstance(given, dict):
        return body
    secure = {
        name.lower() for name, row in declared.items() if str((row or {}).get("type", "")).lower().startswith("secure")
    }
    shown = {name: {"value": HIDDEN} if name.lower() in secure else item for name, item in given.items()}
    return {**body, "properties": {**properties, "parameters": shown}}


def redacted(value: Any) -> Any:
    """The same value with every secret replaced, by the names that secrets have."""
    if isinstance(value, list):
        return [redacted(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_key = "keyName" in value and "value" in value  # an item of storage's listKeys
    hidden: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, str) and (name.lower() in SECRET or (is_key and name == "value")):
            hidden[name] = HIDDEN
        elif name == "credentials" and isinstance(item, dict):
            hidden[name] = {key: HIDDEN if isinstance(one, str) else redacted(one) for key, one in item.items()}
        else:
            hidden[name] = redacted(item)
    return hidden
