"""Property values as JSON: marks become Pulumi's tagged objects, numbers become doubles, and back.

Source of the forms: Pulumi's deployment format. A tagged object carries its kind under `SIGNATURE`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from modelform.values import UNKNOWN, Reference, Secret, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
FLOAT = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"
BYTES = "803fd3297a5875dc03ca845dda5d2a98"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_EXACT = 2**53

Crypt = Callable[[str], str]


class MalformedValue(Exception):
    """A value that has no meaning; the codec says where it stands."""


def compact(value: Any) -> str:
    """JSON as states have it: no blanks, sorted keys, no escapes that are not needed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def to_json(value: Value, encrypt: Crypt) -> Any:
    """What `json` can write for a value; assets and archives pass through as they were read."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int or kind is float:
        return _number_to_json(value)
    if kind is dict:
        if SIGNATURE in value and value[SIGNATURE] not in (ASSET, ARCHIVE):
            raise MalformedValue("an object has the key that marks Pulumi's tagged values")
        return {key: to_json(item, encrypt) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [to_json(item, encrypt) for item in value]
    if kind is Secret:
        # What is inside a secret is encrypted as a whole: inner secrets keep their mark, with the text in clear.
        return {SIGNATURE: SECRET, "ciphertext": encrypt(compact(to_json(value.value, str)))}
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if kind is Reference:
        return _reference_to_json(value)
    raise MalformedValue(f"a {kind.__name__} is no property value")


def from_json(value: Any, decrypt: Crypt) -> Value:
    """The value that a JSON value stands for; integral numbers become int."""
    kind = type(value)
    if kind is str:
        return UNKNOWN if value == UNKNOWN_TEXT else value
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else _double(value)
    if kind is float:
        return _double(value)
    if kind is list:
        return [from_json(item, decrypt) for item in value]
    if SIGNATURE in value:
        return _tagged(value, decrypt)
    return {key: from_json(item, decrypt) for key, item in value.items()}


def _tagged(value: dict[str, Any], decrypt: Crypt) -> Value:
    kind = value[SIGNATURE]
    if kind == SECRET:
        return _secret(value, decrypt)
    if kind == REFERENCE:
        return _reference(value)
    if kind in (ASSET, ARCHIVE):
        return value
    if kind == FLOAT:
        return _special_number(value.get("value"))
    if kind == BYTES:
        raise MalformedValue("a text is not UTF-8 (a byte string), which only the Pulumi CLI handles")
    raise MalformedValue(f"a value is tagged {kind!r}, which is no kind that is known")


def _secret(value: dict[str, Any], decrypt: Crypt) -> Secret:
    ciphertext, plaintext = value.get("ciphertext"), value.get("plaintext")
    if isinstance(ciphertext, str) and plaintext is None:
        text = decrypt(ciphertext)
    elif isinstance(plaintext, str) and ciphertext is None:
        text = plaintext
    else:
        raise MalformedValue("a secret needs either `ciphertext` or `plaintext`, a text")
    try:
        inner = json.loads(text)
    except ValueError:
        raise MalformedValue("what a secret holds is no JSON") from None
    return Secret(from_json(inner, str))


def _reference(value: dict[str, Any]) -> Reference:
    urn, identity, version = value.get("urn"), value.get("id"), value.get("packageVersion", "")
    if not isinstance(urn, str) or not isinstance(version, str) or not isinstance(identity, (str, type(None))):
        raise MalformedValue("a resource reference needs a text under `urn`, and texts under `id` and `packageVersion`")
    return Reference(urn, UNKNOWN if identity == UNKNOWN_TEXT else identity, version)


def _reference_to_json(value: Reference) -> dict[str, Any]:
    document: dict[str, Any] = {SIGNATURE: REFERENCE, "urn": value.urn, "packageVersion": value.package_version}
    if value.id is not None:
        document["id"] = UNKNOWN_TEXT if value.id is UNKNOWN else value.id
    return document


def _double(number: int | float) -> int | float:
    """A number as a double has it: integral ones as int, so that all readers hold the same value."""
    try:
        double = float(number)
    except OverflowError as error:
        raise MalformedValue("a number is greater than a double can hold") from error
    if math.isinf(double):
        raise MalformedValue("a number is greater than a double can hold")
    return int(double) if double.is_integer() else double


def _number_to_json(number: int | float) -> Any:
    if isinstance(number, int) and -_EXACT <= number <= _EXACT:
        return number
    try:
        double = float(number)
    except OverflowError as error:
        raise MalformedValue("a number is greater than a double can hold") from error
    if not math.isfinite(double):
        return {SIGNATURE: FLOAT, "value": struct.pack(">d", double).hex()}
    if double.is_integer() and abs(double) < 1e21:
        # The shortest digits that mean this double, filled up with zeros, as Go writes it.
        return int(Decimal(repr(double)))
    return double


def _special_number(digits: Any) -> int | float:
    try:
        number: float = struct.unpack(">d", bytes.fromhex(digits.rjust(16, "0")))[0]
    except (AttributeError, TypeError, ValueError, struct.error) as error:
        raise MalformedValue("a number's 16 hexadecimal digits are wrong") from error
    return _double(number) if math.isfinite(number) else number
