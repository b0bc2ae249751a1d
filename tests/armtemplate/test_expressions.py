"""Expressions of ARM templates give what ARM gives, or one clear sentence."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelform.armtemplate import Runtime, Scope, TemplateError, evaluate, resolve

CASES = yaml.safe_load((Path(__file__).parent / "expressions.yaml").read_text())
SCOPE = Scope(
    subscription="00000000-0000-4000-8000-000000000001",
    resource_group="rg",
    location="westeurope",
    tenant="00000000-0000-4000-8000-00000000aaaa",
)
TEMPLATE: dict[str, Any] = {
    "parameters": {
        "name": {"type": "string", "defaultValue": "acme"},
        "tags": {"type": "object", "defaultValue": {"team": "search"}},
        "zones": {"type": "array", "defaultValue": ["a", "b", "c"]},
    },
    "variables": {
        "long": "[concat(parameters('name'), '-weu')]",
        "one": "[variables('two')]",
        "two": "[variables('one')]",
        "copy": [{"name": "late", "count": "[reference('x').n]", "input": 1}],
    },
    "functions": [
        {
            "namespace": "acme",
            "members": {
                "twice": {
                    "parameters": [{"name": "what", "type": "string"}],
                    "output": {"type": "string", "value": "[concat(parameters('what'), parameters('what'))]"},
                }
            },
        }
    ],
    "resources": [],
}


def value_of(expression: Any) -> Any:
    template = {**TEMPLATE, "outputs": {"it": {"type": "string", "value": expression}}}
    return evaluate(template, {}, SCOPE).outputs["it"]["value"]


@pytest.mark.parametrize(("expression", "expected"), CASES["values"], ids=[str(c[0]) for c in CASES["values"]])
def test_an_expression_gives_its_value(expression: Any, expected: Any) -> None:
    found = value_of(expression)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("expression", "shown"), CASES["unknown"], ids=[str(c[0]) for c in CASES["unknown"]])
def test_what_only_the_deployment_knows_is_a_mark(expression: Any, shown: str) -> None:
    found = value_of(expression)
    assert isinstance(found, Runtime)
    assert str(found) == shown


@pytest.mark.parametrize(("expression", "said"), CASES["refused"], ids=[str(c[0]) for c in CASES["refused"]])
def test_a_wrong_expression_is_refused_in_words(expression: Any, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        value_of(expression)
    assert said in caught.value.summary
    assert caught.value.pointer.startswith(("/outputs/it/value", "/variables"))


def test_a_mark_is_computed_with_the_answers() -> None:
    value = value_of("[concat('https://', if(reference('x').on, toUpper(reference('x').host), 'none'), '/')]")

    def answer(mark: Runtime) -> Any:
        return {"on": True, "host": "a.example"} if mark.call == "reference" else mark

    assert resolve(value, answer) == "https://A.EXAMPLE/"
    assert resolve(value, lambda mark: mark) == value


PIECES = [
    "concat",
    "(",
    ")",
    "'a'",
    ",",
    "parameters",
    "variables",
    "'name'",
    ".x",
    "[0]",
    "1",
    "-2",
    "if",
    "copyIndex",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(string.printable, max_size=30))
def test_every_text_is_computed_or_refused(inside: str) -> None:
    refused: TemplateError | None = None
    try:
        value_of(f"[{inside}]")
    except TemplateError as error:
        refused = error
    assert refused is None or (refused.pointer and refused.summary)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(string.ascii_letters + "' -.", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(string.ascii_letters, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_a_value_without_expressions_stays_as_it_is(value: Any) -> None:
    assert value_of(value) == value


@given(st.text(string.printable, max_size=20), st.text(string.printable, max_size=20))
def test_texts_go_through_quotes_and_concat(left: str, right: str) -> None:
    quoted = [text.replace("'", "''") for text in (left, right)]
    assert value_of(f"[concat('{quoted[0]}', '{quoted[1]}')]") == left + right
