"""The published schema and the reference page: made from the models, true of every stack file that there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import Report
from modelform.spec import json_schema
from modelform.spec.interpolate import Scope, substitute
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.records import Record
from modelform.spec.reference import inner_records, reference
from modelform.spec.schema import schema_text
from modelform.spec.stackfile import stack_kind
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence, parse

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
GUIDS = ("OTHER_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID", "APP_PRINCIPAL_ID")
ENVIRONMENT = dict.fromkeys(GUIDS, "11111111-1111-4111-8111-111111111111")


def stack_files() -> list[Path]:
    folders = [ROOT / "stacks", ROOT / "src/modelform/spec/templates", *(ROOT / "examples").iterdir()]
    files = {file for folder in folders for file in folder.rglob("*.yaml")}
    others = ("Pulumi.", ".", "company.")
    return sorted(
        f for f in files if not f.name.startswith(others) and ".lock." not in f.name and ".modelform" not in f.parts
    )


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def data_of(text: str) -> object:
    """A file as an editor with YAML 1.2 sees it."""
    tree = parse(text, "f.yaml", Report())
    assert tree is not None
    return plain(tree)


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("file", stack_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_stack_template_and_fragment_satisfies_the_schema(file: Path) -> None:
    found = list(validator().iter_errors(data_of(file.read_text())))
    assert [item.message for item in found] == []


TAKEN = [folder.name for folder in CASES.iterdir() if (folder / "expected.txt").read_text().endswith("stack stack\n")]


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_the_reader_takes_the_schema_takes(name: str) -> None:
    found = list(validator().iter_errors(data_of((CASES / name / "stack.yaml").read_text())))
    assert [item.message for item in found] == []


@pytest.mark.parametrize("name", ["keys-unknown", "types-wrong", "yaml-not-text", "api-version"])
def test_what_is_wrong_in_form_the_schema_refuses(name: str) -> None:
    assert list(validator().iter_errors(data_of((CASES / name / "stack.yaml").read_text())))


def test_the_published_files_are_the_generated_ones() -> None:
    assert (ROOT / "schema/stack.schema.json").read_text() == schema_text()
    assert (ROOT / "docs/stack-file.md").read_text() == reference()


def records(record: Record, seen: set[type[Any]]) -> Iterator[Record]:
    if record.model not in seen:
        seen.add(record.model)
        yield record
        for item in record.fields.values():
            for kind, _ in inner_records(item.metadata["kind"]):
                yield from records(kind, seen)


def root() -> Record:
    kind = stack_kind()
    assert isinstance(kind, Record)
    return kind


def test_every_key_is_described_and_every_example_is_right() -> None:
    for record in records(root(), set()):
        assert record.model.__doc__
        for name, item in record.fields.items():
            assert item.metadata["text"].endswith((".", "?")), (record.model, name)
    examples = re.findall(r"^\| `(\w+)` .* \| `\1: (.*)` \|$", reference(), re.MULTILINE)
    assert len(examples) == sum(len(record.fields) for record in records(root(), set()))


@pytest.mark.parametrize("record", list(records(root(), set())), ids=lambda record: record.model.__name__)
def test_the_examples_of_the_reference_are_read_without_a_complaint(record: Record) -> None:
    page = reference()
    heading = (record.model.__doc__ or "").strip()
    section = page[page.index(f"\n{heading}\n") :].partition("\n### ")[0]
    for name, text in re.findall(r"^\| `(\w+)` .* \| `\1: (.*)` \|$", section, re.MULTILINE):
        report = Report()
        tree = parse(f"{name}: {text}\n", "example.yaml", report)
        assert tree is not None, (name, text)
        filled = substitute(tree, Scope(ENVIRONMENT, "dev"))
        assert isinstance(filled, Mapping)
        kind = record.fields[name].metadata["kind"]
        assert kind.read(filled.entries[name].node, name, Reading(report)) is not BROKEN
        assert not list(report), (name, text)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**6)
    | st.sampled_from(["50k", "60d", "foundry", "${env:X}", "a b", "", "sandbox", "1"])
)
wrong = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tpm", "existing", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(list(records(root(), set()))), st.data())
def test_reader_and_schema_agree_about_single_values(record: Record, data: st.DataObject) -> None:
    """Whatever value stands under a key: what the reader takes, the schema takes."""
    name = data.draw(st.sampled_from(sorted(record.fields)))
    value = data.draw(wrong)
    definitions: dict[str, Any] = {}
    record.schema(definitions)
    schema = {"$ref": f"#/$defs/{record.model.__name__}", "$defs": definitions}
    definitions[record.model.__name__] = {**definitions[record.model.__name__], "required": []}
    report = Report()
    tree = parse(json.dumps({name: value}), "f.yaml", report)
    assert tree is not None
    reading = Reading(report)
    node = substitute(tree.entries[name].node, Scope({"X": "1"}, "dev"))
    if isinstance(node, Scalar) and node.value is None:
        return
    taken = record.fields[name].metadata["kind"].read(node, name, reading)
    if taken is not BROKEN and not reading.failures:
        assert jsonschema.Draft202012Validator(schema).is_valid({name: value}), (name, value)


def test_an_interpolation_may_stand_wherever_a_scalar_may() -> None:
    text = "apiVersion: modelform/v1\nprotect: ${env:A}\ntarget: ${env:B}\npolicy: {retirementNotice: '${env:C}'}\n"
    text += "deployments: {a1: {model: 'gpt-${env:D}', capacity: {tpm: '${env:E}', ptu: '${param:f}'}}}\n"
    assert validator().is_valid(data_of(text))
