"""The functions of ARM templates over texts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.parse
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from modelform.armtemplate.expression import ExpressionError

# The namespace of ARM's guid(), an RFC 4122 name-based UUID over its arguments with hyphens between them.
GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")


def text(value: Any) -> str:
    """A value as ARM's `string()` has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _text(value: Any, what: str = "a text") -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{what} is expected, and {_kind(value)} is given")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for kind, said in ((bool, "a boolean"), (dict, "an object"), (list, "an array"), (str, "a text")):
        if isinstance(value, kind):
            return said
    return "a number"


_PART = re.compile(r"\{\{|\}\}|\{(\d+)(,-?\d+)?(?::([^}]*))?\}|[{}]")


def format_(pattern: Any, *values: Any) -> str:
    """.NET's composite format: `{0}`, with a width, and with the number formats that templates use."""

    def put(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None:
            raise ExpressionError(f"a brace in the format {pattern!r} is not closed, or not doubled")
        if int(found[1]) >= len(values):
            raise ExpressionError(f"the format {pattern!r} asks for a value {found[1]} that is not given")
        said = _number_as(values[int(found[1])], found[3] or "")
        width = int((found[2] or ",0")[1:])
        return said.rjust(width) if width >= 0 else said.ljust(-width)

    return _PART.sub(put, _text(pattern))


def _number_as(value: Any, wanted: str) -> str:
    if not wanted:
        return text(value)
    if isinstance(value, int):
        if set(wanted) == {"0"}:
            return str(value).zfill(len(wanted))
        letter, digits = wanted[0].upper(), wanted[1:]
        if not digits or digits.isdigit():
            if letter == "D":
                return str(value).zfill(int(digits or 0))
            if letter == "N":
                return f"{value:,.{int(digits or 2)}f}"
            if letter == "X":
                return f"{value:{wanted[0]}}".zfill(int(digits or 0))
    raise ExpressionError(f"the number format {wanted!r} is not known here")


def replace(where: Any, old: Any, new: Any) -> str:
    return _text(where).replace(_text(old), _text(new))


def substring(where: Any, start: Any, length: Any = None) -> str:
    value = _text(where)
    end = len(value) if length is None else start + length
    if start < 0 or start > len(value) or end < start or end > len(value):
        raise ExpressionError(f"substring from {start} to {end} is outside of a text of {len(value)} characters")
    return value[start:end]


def split(where: Any, by: Any) -> list[str]:
    marks = [by] if isinstance(by, str) else list(by)
    return re.split("|".join(re.escape(_text(mark)) for mark in marks), _text(where)) if marks else [_text(where)]


def join(values: Any, by: Any) -> str:
    return _text(by).join(text(value) for value in values)


def pad_left(value: Any, width: Any, filler: Any = " ") -> str:
    return text(value).rjust(width, filler)


def starts_with(where: Any, what: Any) -> bool:
    return _text(where).lower().startswith(_text(what).lower())


def ends_with(where: Any, what: Any) -> bool:
    return _text(where).lower().endswith(_text(what).lower())


def unique_string(*values: Any) -> str:
    """Thirteen letters and digits that depend on the values alone; ARM makes others of them."""
    digest = hashlib.sha256("\x1f".join(_text(v) for v in values).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def guid(*values: Any) -> str:
    return str(uuid.uuid5(GUIDS, "-".join(_text(v) for v in values)))


def uri(base: Any, relative: Any) -> str:
    return urllib.parse.urljoin(_text(base), _text(relative))


def from_json(value: Any) -> Any:
    try:
        return json.loads(_text(value).lstrip("\ufeff"))
    except ValueError as error:
        raise ExpressionError(f"json() is given a text that is no JSON: {error}") from None


def to_int(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"int() cannot make a number of {text(value)!r}") from None


def to_float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"float() cannot make a number of {text(value)!r}") from None


def to_bool(value: Any) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False}
    if isinstance(value, bool):
        return value
    said = text(value).lower()
    if said not in known:
        raise ExpressionError(f"bool() cannot make a boolean of {said!r}")
    return known[said]


def from_base64(value: Any) -> str:
    try:
        return base64.b64decode(_text(value), validate=True).decode()
    except ValueError:
        raise ExpressionError("a text that is no base64 cannot be decoded") from None


_DURATION = re.compile(
    r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)
_MOMENT = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d):?(\d\d))?")
_NAMED_FORMATS = {"u": "yyyy-MM-dd HH:mm:ssZ", "d": "MM/dd/yyyy", "o": "yyyy-MM-ddTHH:mm:ss.0000000Z"}


def date_text(moment: datetime, wanted: str) -> str:
    """A moment in one of .NET's formats, as far as templates use them."""
    parts = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
    said = _NAMED_FORMATS.get(wanted, wanted)
    return re.sub("yyyy|MM|dd|HH|mm|ss", lambda found: moment.strftime(parts[found[0]]), said)


def moment_of(text: str) -> datetime:
    """The moment that an ISO 8601 text says."""
    found = _MOMENT.match(text)
    if found is None:
        raise ExpressionError(f"{text!r} is no date")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise ExpressionError(f"{text!r} is no date") from None


def date_add(base: Any, duration: Any, wanted: Any = "yyyy-MM-ddTHH:mm:ssZ") -> str:
    """A moment that is an ISO 8601 duration later; a month has 30 days and a year 365, as for ARM."""
    found = _DURATION.fullmatch(_text(duration))
    if found is None:
        raise ExpressionError(f"{duration!r} is no duration")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    step = timedelta(years * 365 + months * 30 + weeks * 7 + days, seconds, minutes=minutes, hours=hours)
    return date_text(moment_of(_text(base)) + (-step if found[1] else step), wanted)


TEXTS: dict[str, Any] = {
    "datetimeadd": date_add,
    "datetimetoepoch": lambda value: int(moment_of(_text(value)).timestamp()),
    "datetimefromepoch": lambda value: date_text(datetime.fromtimestamp(value, UTC), "yyyy-MM-ddTHH:mm:ssZ"),
    "format": format_,
    "replace": replace,
    "substring": substring,
    "split": split,
    "join": join,
    "padleft": pad_left,
    "startswith": starts_with,
    "endswith": ends_with,
    "tolower": lambda value: _text(value).lower(),
    "toupper": lambda value: _text(value).upper(),
    "trim": lambda value: _text(value).strip(),
    "uniquestring": unique_string,
    "guid": guid,
    "uri": uri,
    "uricomponent": lambda value: urllib.parse.quote(_text(value), safe=""),
    "uricomponenttostring": lambda value: urllib.parse.unquote(_text(value)),
    "base64": lambda value: base64.b64encode(_text(value).encode()).decode(),
    "base64tostring": from_base64,
    "base64tojson": lambda value: from_json(from_base64(value)),
    "string": text,
    "json": from_json,
    "int": to_int,
    "float": to_float,
    "bool": to_bool,
}
