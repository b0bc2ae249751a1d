"""The keys of deployed models: read from ARM when somebody asks for them, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelform.azure import Connection

ACCOUNT_API_VERSION = "2025-06-01"
SERVERLESS_API_VERSION = "2025-12-01"
TAKES_KEYS = frozenset({"key", "entraOrKey"})

Connect = Callable[[str], "Connection"]


class Keys:
    """Reads the primary keys behind a stack's outputs, each account and each endpoint once.

    ARM's refusal (an `ArmError`, or an `AccessError` where nobody may list keys) goes to the caller.
    """

    def __init__(self, outputs: Mapping[str, Any], connect: Connect) -> None:
        self._outputs, self._connect = outputs, connect
        self._read: dict[str, str] = {}

    def key(self, deployment: Mapping[str, Any]) -> str:
        """The key that opens a deployment's endpoint."""
        home = self.home(deployment)
        subscription = str(home.get("subscription", ""))
        scope = f"/subscriptions/{subscription}/resourceGroups/{home.get('resourceGroup')}/providers"
        if deployment.get("sku") == "serverless":
            project = str(deployment.get("workspace", "")).partition("/")[2]
            workspace = home.get("projects", {}).get(project, project)
            path = f"{scope}/Microsoft.MachineLearningServices/workspaces/{workspace}"
            path = f"{path}/serverlessEndpoints/{deployment.get('deployment')}/listKeys"
            return self._list(path, SERVERLESS_API_VERSION, "primaryKey", subscription)
        path = f"{scope}/Microsoft.CognitiveServices/accounts/{home.get('name')}/listKeys"
        return self._list(path, ACCOUNT_API_VERSION, "key1", subscription)

    def home(self, deployment: Mapping[str, Any]) -> Mapping[str, Any]:
        """The workspace of a deployment."""
        key = str(deployment.get("workspace", "")).partition("/")[0]
        home = self._outputs.get("workspaces", {}).get(key, {})
        return home if isinstance(home, Mapping) else {}

    def revealed(self) -> dict[str, Any]:
        """The outputs, with the key beside every deployment and member of a route that takes one."""
        found = dict(self._outputs)
        if isinstance(deployments := found.get("deployments"), Mapping):
            found["deployments"] = {name: self._with_key(item) for name, item in deployments.items()}
        if isinstance(routes := found.get("routes"), Mapping):
            found["routes"] = {
                name: [self._with_key(item) for item in members] if isinstance(members, list) else members
                for name, members in routes.items()
            }
        return found

    def _with_key(self, deployment: Any) -> Any:
        if not isinstance(deployment, Mapping) or deployment.get("auth") not in TAKES_KEYS:
            return deployment
        return {**deployment, "apiKey": self.key(deployment)}

    def _list(self, path: str, api_version: str, name: str, subscription: str) -> str:
        if path not in self._read:
            from modelform.azure import Arm

            answer = Arm(self._connect(subscription)).post(path, api_version)
            self._read[path] = str((answer or {}).get(name) or "")
        return self._read[path]
