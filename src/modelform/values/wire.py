"""Property values to and from Pulumi's wire: `google.protobuf.Struct` with tagged objects for what JSON cannot say.

The tags are Pulumi's own: an object with the signature key says by its value whether it is a secret, a reference to a
resource, an output, an asset or an archive. An unknown is one of seven fixed texts; the one for strings is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

from modelform.errors import UnsupportedError
from modelform.values import UNKNOWN, UNKNOWN_TEXT, Properties, Reference, Secret, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
BYTES = "803fd3297a5875dc03ca845dda5d2a98"
UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
EXACT = 2**53


def decode(struct: struct_pb2.Struct) -> Properties:
    """The properties that a Struct carries; raises `UnsupportedError` for assets, archives and byte strings."""
    return {key: decode_value(item) for key, item in struct.fields.items()}


def decode_value(value: struct_pb2.Value) -> Value:
    """One value off the wire; integral numbers become int where a double holds them exactly."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if len(text) == 36 and text in UNKNOWN_TEXTS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields:
            return _decode_tagged(fields)
        return {key: decode_value(item) for key, item in fields.items()}
    if kind == "number_value":
        return number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [decode_value(item) for item in value.list_value.values]
    return None


def number(value: float) -> int | float:
    """A double as it is held: an int where it is integral and exact."""
    return int(value) if value.is_integer() and -EXACT <= value <= EXACT else value


def _decode_tagged(fields: Any) -> Value:
    """The object that its signature makes something else."""
    tag = fields[SIGNATURE].string_value
    if tag == SECRET:
        inner = decode_value(fields["value"])
        return inner if isinstance(inner, Secret) else Secret(inner)
    if tag == REFERENCE:
        version = fields["packageVersion"].string_value if "packageVersion" in fields else ""
        if "id" not in fields:
            return Reference(fields["urn"].string_value, None, version)
        identity = decode_value(fields["id"])
        return Reference(fields["urn"].string_value, UNKNOWN if identity == "" else identity, version)
    if tag == OUTPUT:
        inner = decode_value(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    names = {ASSET: "assets", ARCHIVE: "archives", BYTES: "texts that are not UTF-8"}
    raise UnsupportedError(
        f"the embedded engine does not take {names.get(tag, f'values tagged {tag}')}",
        hint="run this stack with the Pulumi CLI: `--engine pulumi`",
    )


def encode(properties: Properties) -> struct_pb2.Struct:
    """The Struct for properties, marks tagged."""
    struct = struct_pb2.Struct()
    _fill_object(struct, properties.items())
    return struct


def _fill_object(struct: struct_pb2.Struct, items: Iterable[tuple[str, Value]]) -> None:
    fields = struct.fields
    for key, item in items:
        _fill(fields[key], item)


def _fill(target: struct_pb2.Value, value: Value) -> None:
    """Writes one value into its place."""
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        _fill_object(target.struct_value, value.items())
    elif isinstance(value, list):
        target.list_value.SetInParent()
        add = target.list_value.values.add
        for item in value:
            _fill(add(), item)
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, Secret):
        _fill_object(target.struct_value, ((SIGNATURE, SECRET), ("value", value.value)))
    elif isinstance(value, Reference):
        _fill_object(target.struct_value, _reference_items(value))
    else:
        raise TypeError(f"{type(value).__name__} is no property value")


def _reference_items(reference: Reference) -> list[tuple[str, Value]]:
    items: list[tuple[str, Value]] = [(SIGNATURE, REFERENCE), ("urn", reference.urn)]
    if reference.id is not None:
        items.append(("id", reference.id))
    if reference.package_version:
        items.append(("packageVersion", reference.package_version))
    return items
