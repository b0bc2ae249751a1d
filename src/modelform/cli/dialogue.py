"""A question to a deployed model, through the data plane that applications use."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.azure import Connection

TOKEN_SCOPE = "https://cognitiveservices.azure.com/.default"
SERVERLESS_API_VERSION = "2025-12-01"
TIMEOUT = 60.0

Connect = Callable[[str], "Connection"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text, or why there is none."""

    name: str
    deployment: str
    model: str
    ok: bool
    text: str
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The shape under `answers` in `smoke --json`."""
        return {
            "name": self.name,
            "deployment": self.deployment,
            "model": self.model,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "answer" if self.ok else "error": self.text,
        }


class Dialogue:
    """Asks the models of one stack, as its outputs describe them; one pipeline for all."""

    def __init__(self, outputs: Mapping[str, Any], connect: Connect) -> None:
        self._outputs, self._connect = outputs, connect

    def ask(self, key: str, question: str) -> Reply:
        """Asks one deployment; a refusal, a timeout and a missing endpoint are replies too."""
        deployment = self._outputs["deployments"][key]
        name, model = str(deployment.get("deployment", key)), str(deployment.get("model", ""))
        endpoint = deployment.get("endpoint")
        if not isinstance(endpoint, str) or not endpoint.startswith("https://"):
            return Reply(key, name, model, False, "the stack has no endpoint for it; bring it up first")
        from azure.core.exceptions import AzureError

        began = time.monotonic()
        try:
            ok, text = self._send(deployment, endpoint, name, question)
        except AzureError as error:
            ok, text = False, f"{endpoint} does not answer: {error.message}"
        return Reply(key, name, model, ok, text, time.monotonic() - began)

    def _send(self, deployment: Mapping[str, Any], endpoint: str, name: str, question: str) -> tuple[bool, str]:
        from azure.core import PipelineClient
        from azure.core.pipeline.policies import RetryPolicy
        from azure.core.rest import HttpRequest

        home = self._home(deployment)
        connection = self._connect(str(home.get("subscription", "")))
        headers = self._identify(deployment, home, connection)
        body = {"model": name, "messages": [{"role": "user", "content": question}], "max_tokens": 200}
        url = f"{endpoint.rstrip('/')}{deployment.get('path', '')}/chat/completions"
        client: Any = PipelineClient(endpoint, policies=[RetryPolicy(retry_total=3)], transport=connection.transport)
        try:
            response = client.send_request(
                HttpRequest("POST", url, json=body, headers=headers), connection_timeout=TIMEOUT, read_timeout=TIMEOUT
            )
            return _read(response.status_code, response.text())
        finally:
            if connection.transport is None:
                client.close()

    def _home(self, deployment: Mapping[str, Any]) -> Mapping[str, Any]:
        """The workspace of a deployment."""
        key = str(deployment.get("workspace", "")).partition("/")[0]
        home = self._outputs.get("workspaces", {}).get(key, {})
        return home if isinstance(home, Mapping) else {}

    def _identify(
        self, deployment: Mapping[str, Any], home: Mapping[str, Any], connection: Connection
    ) -> dict[str, str]:
        """The header that proves who asks: a key where only keys are taken, else a token."""
        if deployment.get("auth") == "key":
            return {"Authorization": f"Bearer {self._endpoint_key(deployment, home, connection)}"}
        credential = connection.credential
        token = credential.get_token(TOKEN_SCOPE).token if credential is not None else ""
        return {"Authorization": f"Bearer {token}"}

    def _endpoint_key(self, deployment: Mapping[str, Any], home: Mapping[str, Any], connection: Connection) -> str:
        from modelform.azure import Arm

        project = str(deployment.get("workspace", "")).partition("/")[2]
        path = (
            f"/subscriptions/{home.get('subscription')}/resourceGroups/{home.get('resourceGroup')}"
            "/providers/Microsoft.MachineLearningServices"
            f"/workspaces/{home.get('projects', {}).get(project, project)}"
            f"/serverlessEndpoints/{deployment.get('deployment')}/listKeys"
        )
        answer = Arm(connection).post(path, SERVERLESS_API_VERSION)
        return str((answer or {}).get("primaryKey", ""))


def _read(status: int, text: str) -> tuple[bool, str]:
    """The answer's text, or the error's code and message."""
    try:
        body = json.loads(text)
    except ValueError:
        return False, f"HTTP {status}, and an answer that is no JSON"
    if status == 200:
        try:
            return True, str(body["choices"][0]["message"]["content"]).strip()
        except (KeyError, IndexError, TypeError):
            return False, "HTTP 200, and an answer without choices"
    error = body.get("error", {}) if isinstance(body, dict) else {}
    said = error if isinstance(error, dict) else {"message": error}
    return False, f"HTTP {status} {said.get('code', '')}: {said.get('message', '')}".replace("  ", " ")
