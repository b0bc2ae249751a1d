"""Values on Pulumi's wire, held against the SDK's own reading and writing of them."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pulumi
import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from modelform.errors import UnsupportedError
from modelform.values import UNKNOWN, Reference, Secret, equal, wire

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    st.just(UNKNOWN),
    st.builds(Reference, st.just("urn:x"), st.sampled_from([None, "id", UNKNOWN]), st.sampled_from(["", "1.0"])),
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        inner.filter(lambda v: not isinstance(v, Secret)).map(Secret),
    ),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_sent_is_received(properties: dict[str, Any]) -> None:
    sent = wire.encode(properties)
    received = wire.decode(struct_pb2.Struct.FromString(sent.SerializeToString()))
    assert equal(received, properties)


def test_integral_numbers_are_ints_and_large_ones_stay_doubles() -> None:
    read = wire.decode(wire.encode({"a": 3.0, "b": 3.5, "c": 1e300, "d": True, "e": -0.0}))
    assert (read["a"], type(read["a"])) == (3, int)
    assert type(read["c"]) is float
    assert read["d"] is True
    assert math.isinf(wire.decode(wire.encode({"x": math.inf}))["x"])


@pytest.mark.parametrize("text", sorted(wire.UNKNOWN_TEXTS))
def test_every_unknown_is_read(text: str) -> None:
    assert wire.decode(wire.encode({"x": [text]})) == {"x": [UNKNOWN]}


def test_the_sdk_reads_what_is_written() -> None:
    sent = wire.encode({"s": Secret({"a": [1]}), "u": UNKNOWN, "l": [], "d": {}, "n": None, "i": 5})
    read = rpc.deserialize_properties(sent, keep_unknowns=True)
    assert rpc.is_rpc_secret(read["s"])
    assert rpc.unwrap_rpc_secret(read["s"]) == {"a": [1]}
    assert type(read["u"]).__name__ == "Unknown"
    assert (read["l"], read["d"], read["i"]) == ([], {}, 5)


def test_what_the_sdk_writes_is_read() -> None:
    async def work() -> Any:
        return await rpc.serialize_properties({"a": [1, {"b": None}], "c": "x", "n": None}, {})

    assert wire.decode(asyncio.run(work())) == {"a": [1, {"b": None}], "c": "x"}


def tagged(tag: str, **fields: Any) -> struct_pb2.Struct:
    return wire.encode({"x": {wire.SIGNATURE: tag, **fields}})


@pytest.mark.parametrize("tag", [wire.ASSET, wire.ARCHIVE, wire.BYTES, "something new"])
def test_what_cannot_be_kept_is_refused(tag: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        wire.decode(tagged(tag, text="x"))
    assert "CLI" in raised.value.diagnostics[0].hint


def test_outputs_are_read_as_what_they_hold() -> None:
    assert wire.decode(tagged(wire.OUTPUT, value=1, dependencies=["urn"])) == {"x": 1}
    assert wire.decode(tagged(wire.OUTPUT, value=1, secret=True)) == {"x": Secret(1)}
    assert wire.decode(tagged(wire.OUTPUT)) == {"x": UNKNOWN}


def test_a_secret_in_a_secret_is_one() -> None:
    assert wire.decode(wire.encode({"x": Secret(Secret(1))})) == {"x": Secret(1)}


def test_a_reference_whose_id_is_empty_is_not_known_yet() -> None:
    assert wire.decode(tagged(wire.REFERENCE, urn="u", id="")) == {"x": Reference("u", UNKNOWN)}


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError):
        wire.encode({"x": pulumi.Output.from_input})
