"""A question to a deployed model, through the data plane that applications use."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from modelform.cli.keys import Connect, Keys
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.azure import Connection
    from modelform.catalog import Catalog

ACCOUNT_SCOPE = "https://cognitiveservices.azure.com/.default"
ENDPOINT_SCOPE = "https://ml.azure.com/.default"
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text, or why there is none. A model that takes no question is no failure: it is `skipped`."""

    name: str
    deployment: str
    model: str
    ok: bool
    text: str
    seconds: float = 0.0
    skipped: bool = False

    def to_json(self) -> dict[str, Any]:
        """The shape under `answers` in `smoke --json`."""
        return {
            "name": self.name,
            "deployment": self.deployment,
            "model": self.model,
            "ok": self.ok,
            "skipped": self.skipped,
            "seconds": round(self.seconds, 3),
            "answer" if self.ok else "error": self.text,
        }


class Dialogue:
    """Asks the models of one stack, as its outputs describe them; one pipeline for all."""

    def __init__(self, outputs: Mapping[str, Any], connect: Connect, catalog: Catalog) -> None:
        self._outputs, self._connect, self._catalog = outputs, connect, catalog
        self._keys = Keys(outputs, connect)

    def ask(self, key: str, question: str) -> Reply:
        """Asks one deployment; a refusal, a timeout and a missing endpoint are replies too."""
        deployment = self._outputs["deployments"][key]
        name, model = str(deployment.get("deployment", key)), str(deployment.get("model", ""))
        endpoint = deployment.get("endpoint")
        if not isinstance(endpoint, str) or not endpoint.startswith("https://"):
            return Reply(key, name, model, False, "the stack has no endpoint for it; bring it up first")
        features = _features(deployment, self._catalog)
        if features.isdisjoint(("chat", "embeddings")):
            does = ", ".join(sorted(features))
            return Reply(key, name, model, True, f"not asked: it takes no questions ({does})", skipped=True)
        from azure.core.exceptions import AzureError

        began = time.monotonic()
        try:
            if "chat" in features:
                ok, text = self._send(deployment, endpoint, "chat/completions", _conversation(name, question), _answer)
            else:
                ok, text = self._send(deployment, endpoint, "embeddings", {"model": name, "input": question}, _vector)
        except AzureError as error:
            ok, text = False, f"{endpoint} does not answer: {error.message}"
        return Reply(key, name, model, ok, text, time.monotonic() - began)

    def _send(
        self,
        deployment: Mapping[str, Any],
        endpoint: str,
        operation: str,
        body: dict[str, Any],
        read: Callable[[Any], str],
    ) -> tuple[bool, str]:
        from azure.core import PipelineClient
        from azure.core.pipeline.policies import RetryPolicy
        from azure.core.rest import HttpRequest

        connection = self._connect(str(self._keys.home(deployment).get("subscription", "")))
        headers = self._identify(deployment, connection)
        url = f"{endpoint.rstrip('/')}{deployment.get('path', '')}/{operation}"
        client: Any = PipelineClient(endpoint, policies=[RetryPolicy(retry_total=3)], transport=connection.transport)
        try:
            request = HttpRequest("POST", url, json=body, headers=headers)
            response = client.send_request(request, connection_timeout=TIMEOUT, read_timeout=TIMEOUT)
            return _read(response.status_code, response.text(), read)
        finally:
            if connection.transport is None:
                client.close()

    def _identify(self, deployment: Mapping[str, Any], connection: Connection) -> dict[str, str]:
        """The header that proves who asks: a key where only keys are taken, else a token."""
        if deployment.get("auth") == "key":
            return {"Authorization": f"Bearer {self._keys.key(deployment)}"}
        credential = connection.credential
        scope = ENDPOINT_SCOPE if deployment.get("sku") == "serverless" else ACCOUNT_SCOPE
        token = credential.get_token(scope).token if credential is not None else ""
        return {"Authorization": f"Bearer {token}"}


def _features(deployment: Mapping[str, Any], catalog: Catalog) -> set[str]:
    """What the model does, by the catalogue and its overlay; one that they do not have is taken to chat."""
    known = catalog.versions(str(deployment.get("model", "")))
    exact = [m for m in known if m.version == deployment.get("version")] or list(known)
    return {feature for model in exact for feature in model.features} or {"chat"}


def _conversation(name: str, question: str) -> dict[str, Any]:
    return {"model": name, "messages": [{"role": "user", "content": question}]}


def _answer(body: Any) -> str:
    return str(body["choices"][0]["message"]["content"]).strip()


def _vector(body: Any) -> str:
    return f"a vector of {len(body['data'][0]['embedding'])} numbers"


def _read(status: int, text: str, read: Callable[[Any], str]) -> tuple[bool, str]:
    """The answer in words, or the error's code and message."""
    try:
        body = json.loads(text)
    except ValueError:
        return False, f"HTTP {status}, and an answer that is no JSON"
    if status == 200:
        try:
            return True, read(body)
        except (KeyError, IndexError, TypeError):
            return False, "HTTP 200, and an answer of another shape"
    error = body.get("error", body) if isinstance(body, dict) else {}
    said = error if isinstance(error, dict) else {"message": error}
    code = said.get("code") or said.get("statusCode") or ""
    return False, " ".join(f"HTTP {status} {code}: {said.get('message', '')}".split())
