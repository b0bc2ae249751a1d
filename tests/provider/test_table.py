"""Each row against the SDK's typed class: no input, output or computed property of it may be unknown to the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from modelform.errors import UnsupportedError
from modelform.provider import ROWS, Row, row_of
from modelform.provider.row import IDENTITIES

EVERY = pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))


def objects(inputs: dict[str, Any], outputs: dict[str, Any], at: str = "") -> Iterator[tuple[str, bool, bool]]:
    """Every property path of the SDK's objects: is it an input, is it an output?"""
    for name in inputs.keys() | outputs.keys():
        path = f"{at}{name}"
        yield path, name in inputs, name in outputs
        mine, theirs = inputs.get(name), outputs.get(name)
        while mine and theirs and mine[0] == theirs[0] == "list":
            path, mine, theirs = f"{path}[]", mine[1], theirs[1]
        if mine and theirs and mine[0] == theirs[0] == "object":
            yield from objects(mine[1], theirs[1], f"{path}.")


def maps(tree: dict[str, Any], at: str = "") -> Iterator[str]:
    for name, inner in tree.items():
        path = f"{at}{name}"
        while inner[0] == "list":
            path, inner = f"{path}[]", inner[1]
        if inner[0] == "map":
            yield path
        elif inner[0] == "object":
            yield from maps(inner[1], f"{path}.")


@EVERY
def test_inputs_and_outputs_are_the_classes(row: Row, sdk: Callable[[str], Any]) -> None:
    found = sdk(row.token)
    assert row.inputs == set(found.inputs)
    assert row.outputs == set(found.outputs)
    assert row.api_version == found.api_version


@EVERY
def test_every_computed_property_is_known(row: Row, sdk: Callable[[str], Any]) -> None:
    found = sdk(row.token)
    paths = list(objects(found.inputs, found.outputs))
    computed = {path for path, is_input, is_output in paths if is_output and not is_input}
    assert set(row.computed_outputs) == computed
    written = {path for path, is_input, is_output in paths if is_input and not is_output}
    never = written - row.path_names
    assert never <= set(row.write_only)


@EVERY
def test_maps_are_known(row: Row, sdk: Callable[[str], Any]) -> None:
    assert set(row.maps) == set(maps(sdk(row.token).inputs))


@EVERY
def test_paths_of_a_row_exist(row: Row, sdk: Callable[[str], Any]) -> None:
    found = sdk(row.token)
    known = {path for path, *_ in objects(found.inputs, found.outputs)}
    roots = {path.split("[")[0].split(".")[0] for path in known}
    needs = {need for needed in row.stable.values() for need in needed}
    for path in {*row.stable, *needs, *row.replace, *row.required, *row.maintain, *row.resets, *row.secrets} - {"type"}:
        assert path in known, path
    for path in {*row.renames, *row.lifted, *row.filled}:
        assert path.split("[")[0].split(".")[0] in roots, path
    assert row.envelope <= row.inputs | row.outputs
    assert set(row.stable) <= set(row.computed_outputs) | {"name"}


@EVERY
def test_the_path_is_made_of_its_parameters(row: Row) -> None:
    assert [part[1:-1] for part in row.path.split("/") if part.startswith("{")] == [
        *(() if row.extends else ("subscriptionId",)),
        *(parameter.name for parameter in row.parameters),
    ]
    namespace = row.arm_type.split("/")[0]
    assert row.arm_type == "Microsoft.Resources/resourceGroups" or f"/providers/{namespace}/" in row.path
    assert not row.serial or row.serial in row.path_names


@EVERY
def test_identities_are_a_list_here_and_a_map_there(row: Row, sdk: Callable[[str], Any]) -> None:
    found = sdk(row.token)
    if "identity" in found.inputs:
        assert found.inputs["identity"][1]["userAssignedIdentities"][0] == "list"
        assert found.outputs["identity"][1]["userAssignedIdentities"][0] == "map"
        assert IDENTITIES == "identity.userAssignedIdentities"


def test_another_type_is_a_clear_error() -> None:
    with pytest.raises(UnsupportedError, match="does not manage azure-native:compute:VirtualMachine") as caught:
        row_of("azure-native:compute:VirtualMachine")
    assert "--engine pulumi" in caught.value.diagnostics[0].hint
