"""Providers as resources: which instance serves which reference, each configured once before it is used."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

from modelform.engine import urns
from modelform.engine.slots import Slot
from modelform.errors import ProviderError, StateError
from modelform.seam import CheckResult, CreateResult, DiffChanges, DiffResult, Provider
from modelform.state import Resource
from modelform.values import UNKNOWN_TEXT, Properties, bare, equal, has_unknown

INTERNAL = "__internal"


class DiffUnavailable(ProviderError):
    """A provider that is not configured yet cannot compare: the resource counts as changed."""

    default_code = "provider.diff-unavailable"


class Instances:
    """Makes providers by package and version, and keeps them by reference (URN and id)."""

    def __init__(self, make: Callable[[str, str], Provider], preview: bool) -> None:
        self._make = make
        self._preview = preview
        self._lock = threading.Lock()
        self._starting: dict[str, threading.Lock] = {}
        self._by_reference: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._unknown: set[str] = set()
        self._all: list[Provider] = []
        self._aliases: dict[str, str] = {}

    def alias(self, urn: str, old: str) -> None:
        """A provider resource was found under another name: references may say either."""
        with self._lock:
            self._aliases[urn] = old

    def get(self, reference: str) -> Provider | None:
        """The configured instance for a reference."""
        return self._by_reference.get(reference)

    def is_unknown(self, reference: str) -> bool:
        """Is its configuration not known yet? Only in a preview."""
        return reference in self._unknown

    def ensure(self, reference: str, state: Sequence[Slot]) -> Provider:
        """The instance for a reference of the old state, configured as it was then."""
        found = self.get(reference)
        if found is not None:
            return found
        with self._lock:
            starting = self._starting.setdefault(reference, threading.Lock())
        with starting:
            found = self.get(reference)
            if found is not None:
                return found
            urn, identity = urns.split_reference(reference)
            for slot in state:
                if slot.urn == urn and slot.resource.id == identity:
                    instance = self._load(slot.resource.type, slot.resource.inputs)
                    self._install(urn, identity, instance, slot.resource.inputs)
                    return instance
        raise StateError(f"the state has no provider {reference}", code="state.provider-missing")

    def check(self, urn: str, type: str, olds: Properties, news: Properties) -> CheckResult:
        """Checks a provider resource's inputs; what is not the provider's own stays aside and comes back."""
        instance = self._load(type, news)
        result = instance.check_config(urn, _own(olds), _own(news))
        if result.failures:
            return result
        with self._lock:
            self._checked[urn] = instance
        kept = {key: news[key] for key in ("version", INTERNAL) if key in news}
        return CheckResult({**result.inputs, **kept})

    def diff(self, urn: str, resource: Resource, news: Properties) -> DiffResult:
        """Compares a provider resource's old inputs with checked ones."""
        with self._lock:
            instance = self._checked.get(urn) or self._by_reference.get(f"{urn}::{resource.id}")
        if instance is None:
            instance = self._load(resource.type, resource.inputs)
        result = instance.diff_config(urn, _own(resource.inputs), _own(news))
        if result.changes is not DiffChanges.UNKNOWN:
            return result
        same = equal(bare(resource.outputs), bare(_own(news)))
        return DiffResult(DiffChanges.NONE if same else DiffChanges.SOME)

    def changed(self, reference: str, olds: Properties, news: Properties) -> DiffResult:
        """How a resource's new provider (`reference`) differs from its old one."""
        instance = self.get(reference)
        if instance is None:
            raise StateError(f"the provider {reference} is not registered", code="state.provider-missing")
        return instance.diff_config(urns.split_reference(reference)[0], _own(olds), _own(news))

    def create(self, urn: str, type: str, inputs: Properties) -> CreateResult:
        """Configures a new provider; in a preview its id is not known."""
        identity = UNKNOWN_TEXT if self._preview else str(uuid.uuid4())
        self._install(urn, identity, self._take(urn, type, inputs), inputs)
        return CreateResult(identity, _own(inputs))

    def update(self, urn: str, type: str, identity: str, inputs: Properties) -> Properties:
        """Configures an instance with the new inputs; the old one stays open for whoever still uses it."""
        self._install(urn, identity, self._take(urn, type, inputs), inputs)
        return _own(inputs)

    def same(self, resource: Resource, inputs: Properties) -> None:
        """A provider that has not changed is configured with its old inputs."""
        if self.get(f"{resource.urn}::{resource.id}") is None:
            self._install(resource.urn, resource.id, self._take(resource.urn, resource.type, inputs), inputs)

    def _load(self, type: str, inputs: Properties) -> Provider:
        version = bare(inputs.get("version", ""))
        instance = self._make(urns.package_of(type), version if isinstance(version, str) else "")
        with self._lock:
            self._all.append(instance)
        return instance

    def _take(self, urn: str, type: str, inputs: Properties) -> Provider:
        with self._lock:
            instance = self._checked.pop(urn, None)
        return instance or self._load(type, inputs)

    def _install(self, urn: str, identity: str, instance: Provider, inputs: Properties) -> None:
        own = _own(inputs)
        unknown = has_unknown(own)
        if not unknown:
            instance.configure(own)
        names = [urn, self._aliases[urn]] if urn in self._aliases else [urn]
        with self._lock:
            for name in names:
                self._by_reference[f"{name}::{identity}"] = instance
                if unknown:
                    self._unknown.add(f"{name}::{identity}")

    def close(self) -> None:
        """Closes every instance, each once."""
        for instance in {id(instance): instance for instance in self._all}.values():
            with suppress(ProviderError):
                instance.close()


def _own(inputs: Properties) -> Properties:
    """What the provider itself is configured with."""
    return {key: item for key, item in inputs.items() if key != INTERNAL}
