"""An azure-core transport into a sandbox of this process: no socket, no server, safe for many threads at once."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator, MutableMapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.core.utils import case_insensitive_dict

from modelform.sandbox.control import Control
from modelform.sandbox.exchange import Dropped, Request

if TYPE_CHECKING:
    from starlette.applications import Starlette


class SandboxTransport(HttpTransport[HttpRequest, HttpResponse]):
    """Sends every request, whatever its host, to a control plane, or to that of an application of `create_app`."""

    def __init__(self, app: Starlette | Control) -> None:
        self.control: Control = app if isinstance(app, Control) else app.state.control

    def send(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Answers a request of azure-core, of either generation; a dropped connection raises what a socket's would."""
        url = urlsplit(request.url)
        asked = Request(
            method=request.method.upper(),
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=_content(request),
            base=f"{url.scheme}://{url.netloc}",
        )
        try:
            answer = self.control.handle(asked)
        except Dropped as drop:
            raise (ServiceResponseError if drop.done else ServiceRequestError)(str(drop), error=drop) from drop
        headers = {**answer.headers}
        if answer.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        return Answer(request, answer.status, headers, b"" if request.method == "HEAD" else answer.content())

    def open(self) -> None:
        """Opens nothing."""

    def close(self) -> None:
        """Closes nothing: the application belongs to who made it."""

    def __enter__(self) -> SandboxTransport:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Closes nothing."""


def _content(request: Any) -> bytes:
    """The bytes of a request's body; both generations of azure-core keep what is sent under other names."""
    content = getattr(request, "_data", None)
    if content is None:
        content = getattr(request, "data", None)
    if content is None:
        content = getattr(request, "content", None)
    if content is None:
        return b""
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    return b"".join(content)


class Answer(HttpResponse):
    """The answer in azure-core's shape, with everything read already."""

    def __init__(self, request: HttpRequest, status: int, headers: dict[str, str], content: bytes) -> None:
        self._request, self._status, self._content = request, status, content
        self._headers: MutableMapping[str, str] = case_insensitive_dict(headers)
        self.internal_response: Any = None
        self.block_size = 4096

    @property
    def request(self) -> HttpRequest:
        """The request that was answered."""
        return self._request

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names in any case."""
        return self._headers

    @property
    def reason(self) -> str:
        """The status in words."""
        return HTTPStatus(self._status).phrase

    @property
    def content_type(self) -> str | None:
        """The media type of the body."""
        return self._headers.get("content-type")

    @property
    def is_closed(self) -> bool:
        """Always: there is nothing behind it."""
        return True

    @property
    def is_stream_consumed(self) -> bool:
        """Always: the body is here."""
        return True

    @property
    def encoding(self) -> str | None:
        """The body's encoding."""
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        """Ignored: a sandbox answers in UTF-8."""

    @property
    def url(self) -> str:
        """The address that was asked."""
        return self._request.url

    @property
    def content(self) -> bytes:
        """The body."""
        return self._content

    def body(self) -> bytes:
        """The body, by the name that azure-core's older half knows."""
        return self._content

    def text(self, encoding: str | None = None) -> str:
        """The body as text."""
        return self._content.decode(encoding or "utf-8")

    def json(self) -> Any:
        """The body as JSON."""
        return json_text.loads(self._content)

    def raise_for_status(self) -> None:
        """Raises `HttpResponseError` for a status from 400 on."""
        if self._status >= 400:
            raise HttpResponseError(response=self)

    def read(self) -> bytes:
        """The body."""
        return self._content

    def iter_bytes(self, **kwargs: Any) -> Iterator[bytes]:
        """The body in one piece."""
        yield self._content

    def iter_raw(self, **kwargs: Any) -> Iterator[bytes]:
        """The body in one piece."""
        yield self._content

    def stream_download(self, pipeline: Any, **kwargs: Any) -> Iterator[bytes]:
        """The body in one piece, for the older half of azure-core."""
        return self.iter_bytes()

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *args: Any) -> None:
        """Nothing to close."""
