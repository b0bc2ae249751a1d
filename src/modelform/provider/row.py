"""What is to be known of one azure-native type; the table has one row for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from modelform.record import dataclass

# Outputs that every type has, besides what ARM answers.
COMMON_OUTPUTS = frozenset({"azureApiVersion", "name", "type"})
IDENTITIES = "identity.userAssignedIdentities"


GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
IDENTITY = ("identity.principalId", "identity.tenantId")
IDENTITY_STABLE = {"identity.principalId": ("identity.type",), "identity.tenantId": ("identity.type",)}
SETTLED: dict[str, tuple[str, ...]] = {"azureApiVersion": (), "name": (), "type": ()}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name in a type's path: the input that gives it, and what it must look like."""

    name: str
    pattern: str
    shortest: int = 1
    longest: int = 260


@dataclass(frozen=True)
class Row:
    """One type. Property paths are the SDK's (`properties.model.name`, `networkRuleSet.ipRules[].value`).

    inputs, outputs: every top-level name of the SDK's class.
    envelope: what stays beside `properties` on the wire.
    flat: the SDK lifts what is under `properties` on the wire to the top.
    renames: SDK path -> the last name on the wire, where it is another.
    lifted: items of lists that the SDK flattens as well.
    required: inputs without which nothing is sent.
    replace: what azure-native itself replaces for; path parameters always do.
    computed: nested outputs that are no inputs; top-level ones follow from inputs and outputs.
    stable: computed outputs that an update leaves alone, each with the inputs that change it nevertheless.
    secrets: outputs that are secret; write_only: inputs that never come back.
    maps: dictionaries with keys of the user's.
    defaults: what ARM fills in where the program says nothing, and modelform's programs do not say: an import leaves
        it out. filled: inputs that it fills in with values of its own; inherited: those that it takes from another
        resource, by the input that names that one.
    made: maps with names of the user's, in which the service puts entries of its own: how the names of those begin.
    maintain: SDK paths that an update takes from ARM where the program says nothing; a create sends the value.
    resets: what is sent when an input is taken out of the program.
    serial: the path parameter of the resource that takes one write at a time.
    soft_delete: what a delete leaves behind, and for how long.
    """

    token: str
    arm_type: str
    api_version: str
    path: str
    parameters: tuple[Parameter, ...]
    inputs: frozenset[str]
    outputs: frozenset[str]
    envelope: frozenset[str] = frozenset()
    flat: bool = False
    renames: Mapping[str, str] = field(default_factory=dict)
    lifted: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    stable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    write_only: tuple[str, ...] = ()
    maps: tuple[str, ...] = ("tags",)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    inherited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    maintain: Mapping[str, Any] = field(default_factory=dict)
    resets: Mapping[str, Any] = field(default_factory=dict)
    serial: str = ""
    delete_query: Mapping[str, str] = field(default_factory=dict)
    soft_delete: Literal["", "account", "vault", "ml-workspace", "log-analytics"] = ""
    child: bool = False

    @cached_property
    def name_parameter(self) -> Parameter:
        """The parameter that is the resource's own name."""
        return self.parameters[-1]

    @cached_property
    def extends(self) -> bool:
        """Does it hang on any resource, whose id its path begins with?"""
        return self.path.startswith("/{")

    @cached_property
    def path_names(self) -> frozenset[str]:
        """The inputs that are in the path."""
        return frozenset(parameter.name for parameter in self.parameters)

    @cached_property
    def body_inputs(self) -> frozenset[str]:
        """The inputs that are sent in the body."""
        return self.inputs - self.path_names

    @cached_property
    def computed_outputs(self) -> tuple[str, ...]:
        """Every output that is no input, top-level and nested. A name in the path is an input, and known."""
        own = {"name"} if "name" in self.path_names else set()
        return (*sorted((self.outputs | COMMON_OUTPUTS) - self.inputs - own), *self.computed)

    @cached_property
    def sdk_names(self) -> dict[tuple[str, str], str]:
        """(parent's SDK path, name on the wire) -> the SDK's name."""
        paths = ((path.rpartition("."), wire) for path, wire in self.renames.items())
        return {(parent, wire): name for (parent, _, name), wire in paths}

    @cached_property
    def replace_paths(self) -> frozenset[str]:
        """Every property path whose change makes a new resource."""
        return frozenset(self.path_names | set(self.replace))


GROUP_NAME = Parameter("resourceGroupName", r"[-\w._()]*[-\w_()]", 1, 90)


def words(text: str) -> frozenset[str]:
    """The names in a text."""
    return frozenset(text.split())
