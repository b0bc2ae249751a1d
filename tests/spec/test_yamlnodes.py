"""The YAML front end: places, YAML 1.2's types, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import Report
from modelform.spec.scalars import LARGEST_INTEGER, NumberRefused, plain_value
from modelform.spec.source import LARGEST_FILE, Sources
from modelform.spec.yamlnodes import DEEPEST, Mapping, Node, Scalar, Sequence, parse


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def read(path: Path, content: bytes) -> tuple[Mapping | None, list[str]]:
    path.write_bytes(content)
    report = Report()
    tree = Sources(report).read(path)
    return tree, [item.code for item in report]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[
            (word, word)
            for word in ("NO", "no", "yes", "on", "off", "y", "12:30", "2024-11-20", "010", "007.5", "1_000")
        ],
        *[
            (word, word)
            for word in ("0b1", "0X1F", "0o8", "+", "-", ".", "1e", "1.2.3", "::", "TRue", "nULL", "=", "<")
        ],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        ("0", 0),
        ("-17", -17),
        ("+3", 3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("2.", 2.0),
        (str(LARGEST_INTEGER), LARGEST_INTEGER),
    ],
)
def test_plain_scalars_are_read_by_yaml_1_2(text: str, value: object) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [str(LARGEST_INTEGER + 1), "-9007199254740993", "0x" + "F" * 40, "9" * 9000, ".inf", "-.INF", ".nan", "1e999"],
)
def test_numbers_that_lose_digits_are_refused(text: str) -> None:
    with pytest.raises(NumberRefused):
        plain_value(text)


@given(st.text(max_size=12))
def test_a_plain_scalar_is_never_an_object_of_another_type(text: str) -> None:
    try:
        value = plain_value(text)
    except NumberRefused:
        return
    assert value is None or isinstance(value, bool | int | float | str)
    if isinstance(value, str):
        assert value == text


def test_every_key_and_value_knows_its_place() -> None:
    tree = parse("a: 1\nb:\n  - x\n  - {c: y}\n", "f.yaml", Report())
    assert tree is not None
    entry = tree.entries["b"]
    assert (entry.key_span.line, entry.key_span.column) == (2, 1)
    assert isinstance(entry.node, Sequence)
    inner = entry.node.items[1]
    assert isinstance(inner, Mapping)
    assert str(inner.entries["c"].key_span) == "f.yaml:4:6"
    assert str(inner.entries["c"].node.span) == "f.yaml:4:9"


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), trees, min_size=1, max_size=4)
)
def test_json_is_yaml_and_is_read_back(data: dict[str, object]) -> None:
    report = Report()
    tree = parse(json.dumps(data, ensure_ascii=False), "f.yaml", report)
    assert not list(report)
    assert tree is not None
    assert plain(tree) == data


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("{}[]:,-&*!|>'\"%@`#? \n\tab$<", max_size=60))
def test_no_text_is_more_than_a_report(text: str) -> None:
    report = Report()
    tree = parse(text, "f.yaml", report)
    assert (tree is None) == bool(report.errors)
    assert all(item.span is not None for item in report)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    tree, codes = read(tmp_path / "s.yaml", b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert codes == []
    assert tree is not None
    assert plain(tree) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a: 1\n".encode("utf-16"), "stack-file.encoding"),
        (b"a: caf\xe9\n", "stack-file.encoding"),
        (b"a: \x00b\n", "stack-file.encoding"),
        (b"a: \x1b[0m\n", "stack-file.encoding"),
        (b"a: " + b"x" * LARGEST_FILE, "stack-file.too-large"),
        (b"a: " + b"[" * 5000, "stack-file.too-deep"),
        (b"a: " + b"{a: " * (DEEPEST + 1), "stack-file.too-deep"),
        (b"\n" + b"- " * 3000, "stack-file.too-deep"),
        (b"", "stack-file.empty"),
        (b"---\n", "stack-file.empty"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, code: str) -> None:
    tree, codes = read(tmp_path / "s.yaml", content)
    assert tree is None
    assert codes == [code]


def test_the_place_of_a_bad_byte_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("a: 1\nbé: caf".encode() + b"\xe9\n")
    report = Report()
    assert Sources(report).read(path) is None
    (found,) = report
    assert found.span is not None
    assert (found.span.line, found.span.column) == (2, 8)


def test_an_alias_bomb_is_refused_before_it_is_expanded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 20)]
    tree, codes = read(tmp_path / "s.yaml", "\n".join(lines).encode())
    assert tree is None
    assert codes == ["stack-file.too-large"]


def test_an_alias_is_the_value_that_it_names() -> None:
    tree = parse("a: &x {b: 1}\nc: *x\n", "f.yaml", Report())
    assert tree is not None
    assert plain(tree) == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: {b: ${env:X}}\n", "stack-file.unquoted"),
        ("a: [x, ${param:y}]\n", "stack-file.unquoted"),
        ("a:\n  - {b: 1, c: ${stack.name}}\n", "stack-file.unquoted"),
        ("a: ${env:X}\nb: [c\n", "stack-file.syntax"),
        ('a: {b: "${env:X}", c: d: e}\n', "stack-file.syntax"),
    ],
)
def test_an_unquoted_interpolation_in_flow_style_has_a_message_of_its_own(text: str, code: str) -> None:
    report = Report()
    assert parse(text, "f.yaml", report) is None
    assert [item.code for item in report] == [code]


def test_a_quoted_scalar_is_text_whatever_it_says() -> None:
    tree = parse("a: '1'\nb: \"true\"\nc: |\n  5\n", "f.yaml", Report())
    assert tree is not None
    assert plain(tree) == {"a": "1", "b": "true", "c": "5\n"}
    node = tree.entries["a"].node
    assert isinstance(node, Scalar)
    assert not node.plain


def test_a_folder_or_a_missing_file_is_a_report(tmp_path: Path) -> None:
    report = Report()
    assert Sources(report).read(tmp_path) is None
    assert Sources(report).read(tmp_path / "missing.yaml") is None
    assert [item.code for item in report] == ["stack-file.unreadable", "stack-file.not-found"]
