"""Files that are not what they should be get one clear error, whatever is in them."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.beside import arm, checking, held, jsontext, pulumi, terraform
from modelform.beside.assemble import assemble
from modelform.catalog import Catalog
from modelform.errors import StackFileError
from modelform.spec.resolved import Policy

pytestmark = pytest.mark.slow

CASES = Path(__file__).parent / "cases"
FILES = [
    *CASES.glob("terraform/*/plan.json"),
    *CASES.glob("pulumi/*/preview.json"),
    *CASES.glob("arm/*/template.json"),
]
CATALOG = Catalog.load()
POLICY = Policy(residency="eu", local_keys="deny", public_network="deny", outbound="deny", diagnostics="required")
ODD = st.sampled_from([None, True, 7, -1.5, "", "x", "[parameters('x')]", [], [1], {}, {"a": 1}, [{}], {"": None}])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*found, *(inner for key, item in items for inner in places(item, (*path, key)))]


DOCUMENTS = [
    (file.parent.parent.name, jsontext.read(file.read_text(), file.name))
    for file in FILES
    if file.parent.name != "streamed"
]
PLACES = [places(document) for _, (document, _) in DOCUMENTS]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_to_a_file_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(DOCUMENTS) - 1))
    kind, (document, spans) = DOCUMENTS[at]
    changed = copy.deepcopy(document)
    for path in data.draw(st.lists(st.sampled_from(PLACES[at]), min_size=1, max_size=3)):
        target = changed
        try:
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = copy.deepcopy(data.draw(ODD))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    refused: StackFileError | None = None
    found: list[Any] = []
    records: list[Any] = []
    try:
        if kind == "arm":
            given = {"product": {"value": "search"}, "models": {"value": []}} if "product" in str(changed) else {}
            where = arm.Where("", "", "westeurope")
            source = jsontext.shaped(lambda: arm.read(changed, given, "x.json", spans, where), "x.json", kind)
        else:
            reader = terraform if kind == "terraform" else pulumi
            source = jsontext.shaped(lambda: reader.read(changed, "x.json"), "x.json", kind)
            there = held.of_terraform if kind == "terraform" else held.of_pulumi
            records = jsontext.shaped(lambda: there(changed), "x.json", kind)
        made = assemble(source, "x", POLICY, CATALOG, {})
        found = checking.check(made, CATALOG, date(2026, 11, 22), held.unasked(made.stack, CATALOG, records))
        checking.document(made, CATALOG)
    except StackFileError as error:
        refused = error
    assert refused is None or refused.diagnostics[0].summary
    assert "\0" not in "".join(str(finding) for finding in found)


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(ODD | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))
)
def test_json_is_read_as_json_is(value: Any) -> None:
    text = json.dumps(value, indent=1)
    found, spans = jsontext.read(text, "x.json")
    assert found == value
    assert (spans[""].line, spans[""].column) == (1, 1)


def test_comments_and_texts_over_lines_are_read_with_their_places() -> None:
    text = '// a\n{ /* b */ "a~/": [1, "two\nlines"],\n  "c": {"d": null} }\n'
    found, spans = jsontext.read(text, "x.json")
    assert found == {"a~/": [1, "two\nlines"], "c": {"d": None}}
    places = {pointer: (span.line, span.column) for pointer, span in spans.items()}
    assert places == {
        "": (2, 1),
        "/a~0~1": (2, 11),
        "/a~0~1/0": (2, 19),
        "/a~0~1/1": (2, 22),
        "/c": (4, 3),
        "/c/d": (4, 9),
    }


REFUSED = [
    ("--terraform-plan", '{"a": 1', "expecting ',' delimiter"),
    ("--terraform-plan", '{"@level": "info"}\n{"@level": "info"}', "a stream of documents"),
    ("--arm-template", '{"a": 1', "a comma or } is expected"),
    ("--arm-template", '{"a" 1}', "a colon is expected"),
    ("--arm-template", "[" * 300, "nested too deeply"),
    ("--arm-template", '{"a": tru}', "a value is expected"),
    ("--arm-template", "{} {}", "something follows its end"),
    ("--terraform-plan", "[]", "no Terraform plan: it is no JSON object"),
    ("--terraform-plan", '{"version": 4, "serial": 1, "lineage": "x"}', "a state as it is kept"),
    ("--terraform-plan", '{"format_version": "9.0", "resource_changes": []}', "the format 9.0"),
    ("--terraform-plan", '{"format_version": "1.2", "resource_changes": [], "errored": true}', "ended with errors"),
    ("--terraform-plan", '{"format_version": "1.2", "resource_changes": [7]}', "not of the form that Terraform"),
    ("--pulumi-preview", "[]", "neither a preview of Pulumi's nor"),
    ("--pulumi-preview", '{"deployment": {"resources": 7}}', "neither a preview of Pulumi's nor"),
    ("--arm-template", '{"parameters": {}}', "a parameter file, and no ARM template"),
    ("--arm-template", '{"resources": 7}', "it has no resources"),
    ("--bicep-params", "{}", "no parameters of Bicep"),
    ("--bicep-params", "param a = 1", "do not say what they are for"),
    ("--bicep-params", "using 'x.bicep'\nparam a = f()", "needs Bicep's own compiler"),
    ("--bicep-params", "using 'x.bicep'", "there is no x.json"),
]


@pytest.mark.parametrize(("flag", "text", "said"), REFUSED, ids=[r[2] for r in REFUSED])
def test_a_file_of_another_form_is_refused(check: Any, flag: str, text: str, said: str) -> None:
    ran = check(flag, check.write("file", text))
    assert ran.code == 4
    assert said in " ".join(ran.err.split())


def test_a_plan_as_terraform_keeps_it_is_told_apart(check: Any) -> None:
    (check.folder / "tfplan").write_bytes(b"PK\x03\x04\xff\xfe")
    ran = check("--terraform-plan", "tfplan")
    assert ran.code == 4
    assert "terraform show -json" in ran.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "there is nothing to check"),
        (["--terraform-plan", "a", "--pulumi-preview", "b"], "are two things to check"),
        (["--terraform-plan", "a", "--arm-parameters", "b"], "goes with --arm-template"),
    ],
)
def test_a_wrong_command_line_is_refused(check: Any, argv: list[str], said: str) -> None:
    ran = check(*argv)
    assert ran.code == 64
    assert said in ran.err


def test_a_file_that_is_not_there_is_said(check: Any) -> None:
    assert "there is no file none.json" in check("--arm-template", "none.json").err
    assert "is a folder" in check("--arm-template", ".").err
