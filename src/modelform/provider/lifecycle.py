"""The one lifecycle of every type in the table: check, diff, create, read, update, delete, locate, over ARM."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modelform.errors import ProviderError, UnsupportedError
from modelform.provider import configuration, difference
from modelform.provider.body import inputs_of, to_body, to_outputs
from modelform.provider.names import MADE_UP, check_names, made_up_name, parse_id, resource_id
from modelform.provider.row import Row
from modelform.provider.table import row_of
from modelform.seam import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult
from modelform.values import UNKNOWN, Properties, Secret, bare, has_unknown

if TYPE_CHECKING:
    from modelform.azure import Arm, ArmError


class AzureNative:
    """The package `azure-native` over ARM's REST API: `modelform.seam.Provider`.

    `connect` gives the client for a subscription, when the first request is made and not before: a preview that
    reads nothing needs neither network nor Azure's libraries. Methods may be called from several threads.
    """

    def __init__(self, connect: Callable[[str], Arm]) -> None:
        self._connect = connect
        self._config: Properties = {}
        self._client: Arm | None = None
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    # ---- configuration

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Checks the provider's own configuration."""
        return configuration.check_config(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        """Compares two configurations."""
        return configuration.diff_config(olds, news)

    def configure(self, inputs: Properties) -> None:
        """Takes a checked configuration."""
        self._config = {key: bare(value) for key, value in inputs.items()}

    def close(self) -> None:
        """Gives back the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # ---- decisions, without a request

    def check(self, urn: str, type: str, olds: Properties, news: Properties, seed: bytes) -> CheckResult:
        """Fills in name, location and api-version; finds names that are not legal, and inputs that do not exist."""
        row = row_of(type)
        inputs = {key: value for key, value in news.items() if value is not None}
        if row.name_parameter.name not in inputs:
            inputs[row.name_parameter.name], unique = made_up_name(row, urn, olds, seed)
            if unique:
                inputs[MADE_UP] = True
        if "location" in row.required and "location" not in inputs:
            location = olds.get("location") or self._config.get("location")
            if location:
                inputs["location"] = location
        failures = check_names(row, inputs)
        failures += [CheckFailure(key, f"{row.token} needs {key}") for key in row.required if inputs.get(key) is None]
        failures += [
            CheckFailure(key, f"{row.token} has no input '{key}'")
            for key in sorted(inputs.keys() - row.inputs - {"azureApiVersion", MADE_UP})
        ]
        inputs["azureApiVersion"] = row.api_version
        return CheckResult(inputs, tuple(failures))

    def diff(
        self,
        urn: str,
        type: str,
        id: str,
        olds: Properties,
        old_inputs: Properties,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Compares old inputs with new ones; what ARM filled in is no change."""
        return difference.difference(row_of(type), old_inputs, news)

    # ---- requests

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        """Makes the resource; fails if it is there already."""
        row = row_of(type)
        if preview:
            return CreateResult("", difference.preview_create(row, inputs))
        from modelform.azure.failures import ArmError

        id = resource_id(row, self._subscription(), inputs)
        body = to_body(row, inputs)
        for path, value in row.maintain.items():
            _set_unless_given(body, path, value)
        arm = self._arm()
        if arm.find(id, row.api_version) is not None:
            raise ProviderError(
                f"cannot create already existing resource '{id}'",
                code="provider.exists",
                hint="give this one another name, or delete that one; a resource group that is there already is used "
                "with `resourceGroup: {existing: NAME}`",
            )
        with self._turn(row, id):
            try:
                found = arm.put(id, row.api_version, body, timeout=timeout)
            except ArmError as error:
                raise self._with_what_is_there(row, id, inputs, error) from error
        return CreateResult(str(found.get("id") or id), self._outputs(row, found, inputs))

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """Reads the resource; what the program said of it changes only where what it is did."""
        row = row_of(type)
        names = parse_id(row, id)
        found = self._arm().find(id, row.api_version)
        if found is None:
            return ReadResult("", None, {})
        known = str(found.get("id") or id)
        if not inputs:
            live = to_outputs(row, found)
            return ReadResult(known, inputs_of(row, live, names), self._outputs(row, found, names))
        live = self._outputs(row, found, inputs)
        return ReadResult(known, difference.drifted(row, inputs, outputs, bare(live)), live)

    def update(
        self,
        urn: str,
        type: str,
        id: str,
        olds: Properties,
        old_inputs: Properties,
        news: Properties,
        timeout: float,
        ignore_changes: tuple[str, ...],
        preview: bool,
    ) -> Properties:
        """Changes the resource by a PUT of all its inputs."""
        row = row_of(type)
        if preview:
            return difference.preview_update(row, olds, old_inputs, news)
        inputs = dict(news)
        for key, value in row.resets.items():
            if inputs.get(key) is None and old_inputs.get(key) is not None:
                inputs[key] = value
        body = to_body(row, inputs)
        arm = self._arm()
        with self._turn(row, id):
            if unset := [path for path in row.maintain if _at(body, path) is None]:
                live = arm.find(id, row.api_version) or {}
                for path in unset:
                    value = _at(live, path)
                    _set_unless_given(body, path, row.maintain[path] if value is None else value)
            found = arm.put(id, row.api_version, body, timeout=timeout)
        return self._outputs(row, found, news)

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        """Deletes the resource; no error if it is gone already."""
        row = row_of(type)
        parse_id(row, id)
        with self._turn(row, id):
            self._arm().delete(id, row.api_version, params=row.delete_query, timeout=timeout)

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        """The id that a create with these inputs would have made, if it is there."""
        row = row_of(type)
        if any(has_unknown(inputs.get(parameter.name)) for parameter in row.parameters):
            raise UnsupportedError(f"the names of {urn} are not known, so that it cannot be looked for")
        id = resource_id(row, self._subscription(), inputs)
        found = self._arm().find(id, row.api_version)
        return None if found is None else str(found.get("id") or id)

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        """No function is provided: nothing in modelform's programs calls one."""
        raise UnsupportedError(
            f"the embedded provider has no function {token}",
            code="provider.unknown-function",
            hint="use `--engine pulumi`, with the official azure-native plugin",
        )

    # ---- the parts

    def _arm(self) -> Arm:
        with self._lock:
            if self._client is None:
                self._client = self._connect(str(self._config.get("subscriptionId") or ""))
            return self._client

    def _subscription(self) -> str:
        given = self._config.get("subscriptionId")
        if given is UNKNOWN:
            raise ProviderError("the provider's subscription is not known yet", code="provider.no-id")
        return str(given) if given else self._arm().connection.subscription

    def _outputs(self, row: Row, found: Mapping[str, Any], inputs: Mapping[str, Any]) -> Properties:
        """The SDK's outputs, the names in the path among them, with secrets marked."""
        outputs = {name: bare(inputs[name]) for name in row.path_names if name in inputs} | to_outputs(row, found)
        marked: Properties = difference.with_marks(outputs, dict(inputs))
        for name in row.secrets:
            if name in marked and not isinstance(marked[name], Secret):
                marked[name] = Secret(marked[name])
        return marked

    def _with_what_is_there(self, row: Row, id: str, inputs: Properties, error: ArmError) -> ArmError:
        """The error of a create, with the resource that it left behind, if it did: the engine must keep that one."""
        try:
            found = self._arm().find(id, row.api_version, timeout=30)
        except ProviderError:  # what ARM said first matters more than why it cannot be asked again
            if not error.uncertain:
                return error
            found = {"id": id}  # it may be there; a PUT of the next run is right in either case, a create only in one
        if found is None and error.accepted:
            found = {"id": id}
        if found is None:
            return error
        return error.with_partial((str(found.get("id") or id), dict(inputs), self._outputs(row, found, inputs)))

    @contextmanager
    def _turn(self, row: Row, id: str) -> Iterator[None]:
        """One write at a time where ARM takes no more: in an account and all that is in it."""
        if not row.serial:
            yield
            return
        names = parse_id(row, id)
        key = "/".join(names[name].lower() for name in ("subscriptionId", "resourceGroupName", row.serial))
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            yield


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for name in path.split("."):
        value = value.value if isinstance(value, Secret) else value
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _set_unless_given(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    holder: Any = body
    for name in parents:
        holder = holder.setdefault(name, {})
        holder = holder.value if isinstance(holder, Secret) else holder
    if isinstance(holder, dict) and holder.get(last) is None:
        holder[last] = value
