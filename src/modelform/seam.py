"""The seam between an engine and what manages resources: the provider protocol and its results.

It says what Pulumi's plugin protocol says (check, diff, create, read, update, delete), in Python values
(`modelform.values`), plus `locate`. Every method may raise `ProviderError`. Methods are called from several threads
at once; an engine never holds a lock of its own while it calls one.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from modelform.plan import PropertyDiff
from modelform.record import dataclass
from modelform.values import Properties


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One input that a provider refuses: the property path (may be empty) and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The inputs with the provider's own defaults filled in, or what is wrong with them."""

    inputs: Properties
    failures: tuple[CheckFailure, ...] = ()


class DiffChanges(StrEnum):
    """Does anything differ? UNKNOWN lets the engine compare the inputs itself."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DiffResult:
    """What differs between a resource and its new inputs.

    `replaces` and `diffs` are property paths; `detailed` maps a leaf path to its kind. A replacement is asked for by a
    non-empty `replaces` or by a kind that ends in `-replace`.
    """

    changes: DiffChanges
    replaces: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: dict[str, PropertyDiff] = field(default_factory=dict)
    stables: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True, slots=True)
class CreateResult:
    """A new resource's id (empty in a preview) and all its outputs, inputs included."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What is there now; an empty `id` means that the resource is gone."""

    id: str
    inputs: Properties | None
    outputs: Properties


@runtime_checkable
class Provider(Protocol):
    """What manages the resources of one package, configured once before anything else.

    `type` is the Pulumi token (`azure-native:cognitiveservices:Account`); `timeout` is in seconds, 0 for the
    provider's own; with `preview` nothing may change anywhere and what is not known yet is `UNKNOWN`.
    """

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Checks the provider's own configuration."""
        ...

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        """Compares two configurations; `replaces` when every resource would have to be made anew."""
        ...

    def configure(self, inputs: Properties) -> None:
        """Takes a checked configuration; called once before resources are managed."""
        ...

    def check(self, urn: str, type: str, olds: Properties, news: Properties, seed: bytes) -> CheckResult:
        """Checks `news` and fills in defaults; `olds` are the old inputs, empty if there are none."""
        ...

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
        """Compares the state (`olds` are outputs) with checked inputs."""
        ...

    def create(self, urn: str, type: str, inputs: Properties, timeout: float, preview: bool) -> CreateResult:
        """Makes the resource; fails if it is there already."""
        ...

    def read(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """Reads the resource; `inputs` and `outputs` are the old ones, empty on an import."""
        ...

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
        """Changes the resource in place and returns all its outputs."""
        ...

    def delete(self, urn: str, type: str, id: str, inputs: Properties, outputs: Properties, timeout: float) -> None:
        """Deletes the resource; no error if it is gone already."""
        ...

    def locate(self, urn: str, type: str, inputs: Properties) -> str | None:
        """The id of the resource that a create with these inputs would have made, if it is there.

        Asked for after a killed process left a pending create. None where it is not there; a provider that cannot
        tell raises `UnsupportedError`, and the pending operation is carried over as Pulumi's engine does.
        """
        ...

    def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, tuple[CheckFailure, ...]]:
        """Calls a function of the package."""
        ...

    def close(self) -> None:
        """Gives back connections; called once, at the end."""
        ...
