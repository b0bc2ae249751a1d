"""What went over the wire: exchanges, the transport that writes them down, and the journal without what is private."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from modelform.azure.failures import redact
from modelform.record import dataclass
from modelform.sandbox.journal import redacted

if TYPE_CHECKING:
    from azure.core.pipeline.transport import HttpTransport

GUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
HEX = re.compile(r"\b[0-9a-fA-F]{32}\b")
MAIL = re.compile(r"\b[\w.+#-]+@[\w-]+(?:\.[\w-]+)+\b")
TOLD = (
    *("azure-asyncoperation", "operation-location", "location", "retry-after", "x-ms-retry-after-ms", "etag"),
    *("content-type", "x-ms-failure-cause", "x-ms-error-code"),
)
PEOPLE = ("createdBy", "lastModifiedBy")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer: `path` decoded and without its query, header names in lower case.

    `phase` is what the run was about: make, read, change, destroy, clean. `body` and `response` are JSON, or None.
    """

    phase: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    response: Any = None

    @property
    def version(self) -> str:
        """The api-version asked for."""
        return self.query.get("api-version", "")

    @property
    def code(self) -> str:
        """ARM's error code; empty where there is none."""
        if not isinstance(self.response, dict):
            return ""
        error = self.response.get("error", self.response)
        return str(error.get("code") or "") if isinstance(error, dict) else ""

    @property
    def message(self) -> str:
        """ARM's error message; empty where there is none."""
        error = self.response.get("error", self.response) if isinstance(self.response, dict) else None
        return str(error.get("message") or "") if isinstance(error, dict) else ""


class Recorder:
    """Writes down what goes through the transports that it makes; several threads may send at once."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.phase = "choose"
        self._lock = threading.Lock()

    def transport(self, inner: Any) -> HttpTransport[Any, Any]:
        """A transport that sends through another one and writes down."""
        from azure.core.pipeline.transport import HttpTransport

        recorder = self

        class Recording(HttpTransport[Any, Any]):
            """Sends, and writes down."""

            def send(self, request: Any, **options: Any) -> Any:
                response = inner.send(request, **options)
                recorder.note(request, response)
                return response

            def open(self) -> None:
                inner.open()

            def close(self) -> None:
                inner.close()

            def __enter__(self) -> Any:
                inner.__enter__()
                return self

            def __exit__(self, *error: Any) -> None:
                inner.__exit__(*error)

        return Recording()

    def note(self, request: Any, response: Any) -> None:
        """Writes an exchange down."""
        url = urlsplit(request.url)
        content = getattr(request, "content", None) or getattr(request, "data", None)
        headers = {name.lower(): value for name, value in response.headers.items()}
        found = Exchange(
            phase=self.phase,
            method=request.method.upper(),
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            body=_document(content),
            status=response.status_code,
            headers={name: headers[name] for name in TOLD if name in headers},
            response=_document(_content(response)),
        )
        with self._lock:
            self.exchanges.append(found)


def _content(response: Any) -> Any:
    """The bytes of an answer, of either generation of azure-core."""
    if hasattr(response, "read"):
        return response.read()
    return response.body()


def _document(content: Any) -> Any:
    if not content:
        return None
    text = content.decode("utf-8", "replace") if isinstance(content, bytes | bytearray) else str(content)
    try:
        return json.loads(text)
    except ValueError:
        return text


class Mask:
    """Puts made-up values in the place of private ones, the same for the same throughout a journal."""

    def __init__(self, named: Mapping[str, str]) -> None:
        """`named` are GUIDs by what they are: subscription, tenant; they come first in the numbering."""
        self._known: dict[str, str] = {}
        for guid in named.values():
            self.text(guid)

    def text(self, text: str) -> str:
        """A text without ids of subscriptions, tenants and people, without addresses, without tokens."""
        known = GUID.sub(lambda found: self._id(found[0]), redact(text))
        return MAIL.sub("someone@example.com", HEX.sub(lambda found: self._id(found[0]).replace("-", ""), known))

    def _id(self, guid: str) -> str:
        folded = guid.lower()
        if folded not in self._known:
            self._known[folded] = f"00000000-0000-0000-0000-{len(self._known) + 1:012}"
        return self._known[folded]

    def value(self, value: Any) -> Any:
        """The same for JSON."""
        if isinstance(value, dict):
            return {
                self.text(name): "someone" if name in PEOPLE and item else self.value(item)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def address(self, text: str) -> str:
        """A link without the signatures that ARM puts into the addresses of its monitors."""
        url = urlsplit(text)
        version = dict(parse_qsl(url.query)).get("api-version", "")
        return self.text(url._replace(query=f"api-version={version}" if version else "").geturl())

    def exchange(self, engine: str, one: Exchange) -> dict[str, Any]:
        """An exchange as a line of the journal."""
        links = ("azure-asyncoperation", "operation-location", "location")
        return {
            "engine": engine,
            "phase": one.phase,
            "method": one.method,
            "path": self.text(one.path),
            "api_version": one.version,
            "body": self.value(redacted(one.body)),
            "status": one.status,
            "headers": {
                name: self.address(value) if name in links else self.text(value) for name, value in one.headers.items()
            },
            "response": self.value(redacted(one.response)),
        }
