"""States as bytes: what is read is written again, in Pulumi's own form, and what is no state is refused by name."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import ModelformError, StateError, UnsupportedError
from modelform.state import Manifest, PendingOperation, Resource, SecretsProvider, Snapshot, codec
from modelform.state.property_values import ARCHIVE, ASSET, SECRET, SIGNATURE
from modelform.values import UNKNOWN, Reference, Secret, equal

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "refused.yaml").read_text())


def seal(text: str) -> str:
    return "sealed:" + text[::-1]


def unseal(text: str) -> str:
    assert text.startswith("sealed:"), "only what was encrypted is decrypted"
    return text.removeprefix("sealed:")[::-1]


def written(resource: Resource) -> dict[str, Any]:
    document = codec.encode(Snapshot(resources=[resource]), seal)
    found: dict[str, Any] = document["checkpoint"]["latest"]["resources"][0]
    return found


def input_as_written(value: Any) -> Any:
    return written(Resource("urn:x", "t", inputs={"v": value}))["inputs"]["v"]


def reread(snapshot: Snapshot) -> Snapshot:
    return codec.decode(codec.Encoder(seal).checkpoint(snapshot, "organization/shop/dev"), unseal)


# Texts that JSON and UTF-8 can hold, apart from the one that stands for an unknown.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False).map(
    lambda n: int(n) if math.isfinite(n) and n.is_integer() else n
)
scalars = st.none() | st.booleans() | numbers | texts | st.just(UNKNOWN)
references = st.builds(Reference, texts, st.none() | texts | st.just(UNKNOWN), texts)
assets = st.builds(lambda text: {SIGNATURE: ASSET, "hash": "00", "text": text}, texts)
values = st.recursive(
    scalars | references | assets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3) | st.builds(Secret, inner),
    max_leaves=12,
)
properties = st.dictionaries(texts, values, max_size=3)
tuples = st.lists(texts, max_size=3).map(tuple)
lists = st.dictionaries(texts, tuples, max_size=3)
resources = st.builds(
    Resource,
    urn=texts,
    type=texts,
    custom=st.booleans(),
    id=texts,
    delete=st.booleans(),
    inputs=properties,
    outputs=properties,
    parent=texts,
    protect=st.booleans(),
    external=st.booleans(),
    dependencies=tuples,
    init_errors=tuples,
    provider=texts,
    property_dependencies=lists,
    pending_replacement=st.booleans(),
    additional_secret_outputs=tuples,
    aliases=tuples,
    custom_timeouts=st.dictionaries(st.sampled_from(["create", "update", "delete"]), st.floats(0, 1e6)),
    import_id=texts,
    retain_on_delete=st.booleans(),
    deleted_with=texts,
    replace_with=tuples,
    created=texts,
    modified=texts,
    ignore_changes=tuples,
    replace_on_changes=tuples,
    hide_diff=tuples,
    replacement_trigger=values,
)
snapshots = st.builds(
    Snapshot,
    manifest=st.builds(Manifest, st.just("2026-11-22T00:00:00Z"), texts),
    secrets_providers=st.none() | st.just(SecretsProvider("passphrase", {"salt": "v1:x:y"})),
    resources=st.lists(resources, max_size=3),
    pending_operations=st.lists(
        st.builds(PendingOperation, resources, st.sampled_from(["creating", "updating", "deleting"])), max_size=2
    ),
    extra=st.dictionaries(texts.map(lambda key: "x" + key), st.lists(texts), max_size=1),
)


def same(left: Resource, right: Resource) -> bool:
    """Equal in every field, values as `modelform.values` compares them."""
    return all(
        equal(getattr(left, name), getattr(right, name))
        if name in ("inputs", "outputs", "replacement_trigger")
        else getattr(left, name) == getattr(right, name)
        for name in Resource.__dataclass_fields__
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(snapshots)
def test_what_is_written_is_read_again(snapshot: Snapshot) -> None:
    again = reread(snapshot)
    assert (again.manifest, again.secrets_providers) == (snapshot.manifest, snapshot.secrets_providers)
    assert again.extra == snapshot.extra
    assert len(again.resources) == len(snapshot.resources)
    assert all(same(a, b) for a, b in zip(again.resources, snapshot.resources, strict=True))
    pending = list(zip(again.pending_operations, snapshot.pending_operations, strict=True))
    assert all(a.type == b.type and same(a.resource, b.resource) for a, b in pending)


@settings(max_examples=20, deadline=None)
@given(snapshots)
def test_an_export_says_what_the_file_says(snapshot: Snapshot) -> None:
    encoder = codec.Encoder(seal)
    file = json.loads(encoder.checkpoint(snapshot, "organization/shop/dev"))
    export = json.loads(encoder.deployment(snapshot))
    assert export["deployment"] == file["checkpoint"]["latest"]
    assert codec.decode(export, unseal).manifest == snapshot.manifest


def test_the_form_of_the_file_is_pulumis_own() -> None:
    resource = Resource(
        "urn:x", "t", custom=True, id="<é>", inputs={"n": 3.0}, property_dependencies={"v": ()}, import_id="i"
    )
    snapshot = Snapshot(
        Manifest("2026-11-22T00:00:00Z", "v3.260.0"),
        SecretsProvider("passphrase", {"salt": "v1:a:b"}),
        [resource],
        [PendingOperation(resource, "creating")],
    )
    expected = (
        '{"urn":"urn:x","custom":true,"id":"<é>","type":"t","inputs":{"n":3},'
        '"propertyDependencies":{"v":[]},"importID":"i"}'
    )
    raw = codec.Encoder(seal).checkpoint(snapshot, "organization/shop/dev").decode()
    digest = hashlib.sha256(b"v3.260.0").hexdigest()
    assert raw == (
        '{"version":3,"checkpoint":{"stack":"organization/shop/dev","latest":{"manifest":{"time":"2026-11-22T00:00:00Z",'
        f'"magic":"{digest}","version":"v3.260.0"}},'
        '"secrets_providers":{"type":"passphrase","state":{"salt":"v1:a:b"}},'
        f'"resources":[{expected}],"pending_operations":[{{"resource":{expected},"type":"creating"}}],"metadata":{{}}}}}}}}'
    )


def test_empty_fields_are_left_out_and_a_stack_without_resources_has_no_such_key() -> None:
    assert written(Resource("urn:x", "t")) == {"urn": "urn:x", "custom": False, "type": "t"}
    latest = codec.encode(Snapshot(), seal)["checkpoint"]["latest"]
    assert sorted(latest) == ["manifest", "metadata"]
    assert latest["manifest"] == {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (3, "3"),
        (-0.0, "0"),
        (2**53, "9007199254740992"),
        (12345678901234567890, "12345678901234567000"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_doubles_with_the_shortest_digits(value: float, text: str) -> None:
    raw = codec.Encoder(seal).checkpoint(Snapshot(resources=[Resource("urn:x", "t", inputs={"v": value})]), "")
    assert f'"inputs":{{"v":{text}}}' in raw.decode()
    assert reread(Snapshot(resources=[Resource("u", "t", inputs={"v": value})])).resources[0].inputs["v"] == float(
        value
    )


@pytest.mark.parametrize(
    ("value", "digits"),
    [(math.inf, "7ff0000000000000"), (-math.inf, "fff0000000000000"), (math.nan, "7ff8000000000000")],
)
def test_what_json_has_no_number_for_is_written_as_its_bits(value: float, digits: str) -> None:
    assert input_as_written(value) == {SIGNATURE: "8ad145fe-0d11-4827-bfd7-1abcbf086f5c", "value": digits}
    again = reread(Snapshot(resources=[Resource("u", "t", inputs={"v": value})])).resources[0].inputs["v"]
    assert str(again) == str(value)


def test_a_secret_is_the_ciphertext_of_the_json_inside_and_inner_secrets_keep_their_mark() -> None:
    inner = f'{{"{SIGNATURE}":"{SECRET}","ciphertext":"\\"b\\""}}'
    assert input_as_written(Secret({"n": 1.0, "a": Secret("b")})) == {
        SIGNATURE: SECRET,
        "ciphertext": seal(f'{{"a":{inner},"n":1}}'),
    }


def test_a_secret_in_clear_is_accepted() -> None:
    document = written(Resource("urn:x", "t"))
    document["inputs"] = {"v": {SIGNATURE: SECRET, "plaintext": '{"a":[1.0]}'}}
    snapshot = codec.decode({"version": 3, "deployment": {"manifest": {}, "resources": [document]}}, unseal)
    assert snapshot.resources[0].inputs == {"v": Secret({"a": [1]})}


def test_no_secret_is_in_the_file() -> None:
    resource = Resource("urn:x", "t", inputs={"a": [Secret("hunter2")]}, outputs={"b": Secret({"c": "hunter2"})})
    assert b"hunter2" not in codec.Encoder(seal).checkpoint(Snapshot(resources=[resource]), "")


def test_assets_and_archives_pass_through_as_they_are() -> None:
    asset = {SIGNATURE: ASSET, "hash": "ab", "path": "x.txt"}
    archive = {SIGNATURE: ARCHIVE, "hash": "cd", "assets": {"x": asset}}
    assert input_as_written([asset, archive]) == [asset, archive]
    again = reread(Snapshot(resources=[Resource("u", "t", inputs={"v": archive})]))
    assert again.resources[0].inputs["v"] == archive


def test_version_4_is_written_only_for_replace_with() -> None:
    document = codec.encode(Snapshot(resources=[Resource("urn:x", "t", replace_with=("urn:y",))]), seal)
    assert (document["version"], document["features"]) == (4, ["replaceWith"])
    assert codec.decode(document, unseal).resources[0].replace_with == ("urn:y",)
    with pytest.raises(UnsupportedError, match="views"):
        codec.encode(Snapshot(resources=[Resource("urn:x", "t", view_of="urn:y")]), seal)


def test_fields_that_nobody_knows_yet_stay_at_the_top_and_go_from_resources() -> None:
    document = {
        "version": 3,
        "deployment": {"manifest": {}, "later": {"a": [1]}, "resources": [{"urn": "u", "type": "t", "newer": 1}]},
    }
    again = codec.encode(codec.decode(document, unseal), seal)["checkpoint"]["latest"]
    assert again["later"] == {"a": [1]}
    assert again["resources"] == [{"urn": "u", "custom": False, "type": "t"}]


def test_what_go_writes_as_null_is_empty() -> None:
    resource = {"urn": "u", "type": "t", "custom": True, "inputs": None, "propertyDependencies": {"a": None}}
    document = {"version": 3, "checkpoint": {"latest": {"manifest": {}, "resources": [resource], "metadata": None}}}
    snapshot = codec.decode(document, unseal)
    assert snapshot.resources[0].property_dependencies == {"a": ()}
    assert codec.decode({"version": 3, "checkpoint": {"stack": "x", "latest": None}}, unseal) == Snapshot()


def test_half_a_surrogate_pair_is_replaced_on_reading_and_refused_on_writing() -> None:
    inputs = r'"inputs":{"a":"x\ud800","b":"\ud83d\ude00"}'
    raw = f'{{"version":3,"deployment":{{"manifest":{{}},"resources":[{{"urn":"u","type":"t",{inputs}}}]}}}}'
    snapshot = codec.decode(raw, unseal)
    assert snapshot.resources[0].inputs == {"a": "x\ufffd", "b": "😀"}
    with pytest.raises(StateError, match=r"urn:x .*surrogate"):
        written(Resource("urn:x", "t", inputs={"a": "\ud800"}))


@pytest.mark.parametrize("value", [10**400, object(), {SIGNATURE: "other"}], ids=["too big", "an object", "a tag"])
def test_a_value_that_cannot_be_written_is_named_by_its_resource(value: Any) -> None:
    with pytest.raises(StateError, match="urn:x cannot be written"):
        input_as_written(value)


def test_a_value_of_endless_depth_is_an_error_both_ways() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(StateError, match="nested too deeply"):
        input_as_written(deep)
    with pytest.raises(StateError, match=r"nested too deeply|no JSON"):
        codec.decode(b'{"version":3,"deployment":' + b"[" * 200_000 + b"]" * 200_000 + b"}", unseal)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_no_state_is_refused_with_a_reason(case: dict[str, Any]) -> None:
    raw = case["raw"].encode() if "raw" in case else json.dumps(case["document"]).encode()
    with pytest.raises(ModelformError) as caught:
        codec.decode(raw, unseal, source="/somewhere/dev.json")
    finding = caught.value.diagnostics[0]
    assert case["says"] in finding.summary
    assert "/somewhere/dev.json" in finding.summary
    assert (finding.code, bool(finding.hint)) == (case["code"], True)
    # The driver of `--engine pulumi` reads the same file and would refuse it, too.
    assert "--engine pulumi" not in finding.hint or "secretsProvider" in finding.hint


@pytest.mark.parametrize(("raw", "name"), [(gzip.compress(b"{}", mtime=0), "gzip"), (b"\x28\xb5\x2f\xfd....", "zstd")])
def test_a_compressed_state_is_refused(raw: bytes, name: str) -> None:
    with pytest.raises(UnsupportedError, match=name):
        codec.decode(raw, unseal)


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(StateError, match="not UTF-8"):
        codec.decode(b"\xff\xfe\x00", unseal)


@settings(max_examples=40, deadline=None)
@given(snapshots, st.data())
def test_a_file_cut_anywhere_is_one_clear_error(snapshot: Snapshot, data: st.DataObject) -> None:
    raw = codec.Encoder(seal).checkpoint(snapshot, "organization/shop/dev")
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(StateError):
        codec.decode(raw[:cut], unseal)


def test_an_unchanged_resource_is_encrypted_once(thing: Callable[..., Resource]) -> None:
    calls: list[str] = []

    def counting(text: str) -> str:
        calls.append(text)
        return seal(text)

    encoder = codec.Encoder(counting)
    first, second = (thing(name, outputs={"key": Secret(name)}) for name in ("first", "second"))
    before = encoder.checkpoint(Snapshot(resources=[first, second]), "")
    assert encoder.checkpoint(Snapshot(resources=[first, second]), "") == before
    assert len(calls) == 2
    after = encoder.checkpoint(Snapshot(resources=[first, second.with_(id="second/1")]), "")
    assert len(calls) == 3
    assert b"second/1" in after
