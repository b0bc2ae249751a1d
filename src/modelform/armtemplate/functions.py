"""The functions of ARM templates that need nothing but their arguments, and how one is called."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import reduce as fold
from typing import Any

from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.texts import TEXTS, text
from modelform.armtemplate.value import Lambda, Runtime, unknown


def apply(name: str, arguments: tuple[Any, ...]) -> Any:
    """The result of a function, or a `Runtime` mark where an argument that it looks at is not known yet.

    Raises:
        ExpressionError: the arguments do not fit.
    """
    deferred = _deferred(name, arguments)
    if deferred is not None:
        return deferred
    try:
        return FUNCTIONS[name](*arguments)
    except ExpressionError as error:
        raise ExpressionError(f"{name}(): {error}" if not str(error).startswith(name) else str(error)) from None
    except (TypeError, ValueError, AttributeError, IndexError, KeyError, ZeroDivisionError, OverflowError) as error:
        said = "it divides by zero" if isinstance(error, ZeroDivisionError) else "its arguments do not fit"
        shown = ", ".join(text(a) if not isinstance(a, Lambda) else "lambda" for a in arguments)
        raise ExpressionError(f"{name}({shown[:80]}): {said}") from None


def _deferred(name: str, arguments: tuple[Any, ...]) -> Runtime | None:
    """The mark for a call that cannot be computed yet."""
    if name in _LAZY:
        return None
    if name == "createobject":
        waits = any(unknown(key) for key in arguments[::2])
    elif name in _SHALLOW:
        waits = any(isinstance(argument, Runtime) for argument in arguments)
    else:
        waits = any(unknown(argument) for argument in arguments)
    return Runtime(name, arguments) if waits else None


def access(target: Any, key: Any, safe: bool = False) -> Any:
    """A member (names in any case, as ARM has it) or an item; null where `safe` and there is none."""
    if isinstance(target, dict) and isinstance(key, str):
        if key in target:
            return target[key]
        for name, value in target.items():
            if isinstance(name, str) and name.lower() == key.lower():
                return value
        if safe:
            return None
        raise ExpressionError(f"there is no member {key!r}; there are {', '.join(map(str, target)) or 'none'}")
    if isinstance(target, (list, str)) and isinstance(key, int):
        if 0 <= key < len(target):
            return target[key]
        if safe:
            return None
        raise ExpressionError(f"there is no item {key}: it has {len(target)}")
    if safe and target is None:
        return None
    raise ExpressionError(f"{text(target)[:40]!r} has no member {text(key)!r}")


def _if(condition: Any, yes: Any, no: Any) -> Any:
    if isinstance(condition, Runtime):
        return Runtime("if", (condition, yes, no))
    return yes if condition else no


def _and(*values: Any) -> Any:
    if any(value is False for value in values):
        return False
    return Runtime("and", values) if any(map(unknown, values)) else all(values)


def _or(*values: Any) -> Any:
    if any(value is True for value in values):
        return True
    return Runtime("or", values) if any(map(unknown, values)) else any(values)


def _coalesce(*values: Any) -> Any:
    for at, value in enumerate(values):
        if isinstance(value, Runtime):
            return Runtime("coalesce", values[at:])
        if value is not None:
            return value
    return None


def concat(*values: Any) -> Any:
    """Texts one after the other, or arrays."""
    if any(isinstance(value, list) for value in values):
        if not all(isinstance(value, list) for value in values):
            raise ExpressionError("texts and arrays cannot be put together")
        return [item for value in values for item in value]
    if any(isinstance(value, dict) for value in values):
        raise ExpressionError("objects cannot be put together; union() merges them")
    return "".join(text(value) for value in values)


def union(*values: Any) -> Any:
    """Objects merged, the later over the earlier and member by member; or arrays without repetition."""
    if all(isinstance(value, dict) for value in values):
        merged: dict[str, Any] = {}
        return fold(_merge, values, merged)
    found: list[Any] = []
    for value in values:
        found += [item for item in value if item not in found]
    return found


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    made = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = _merge(made[key], value) if both else value
    return made


def _intersection(first: Any, *others: Any) -> Any:
    if isinstance(first, dict):
        return {k: v for k, v in first.items() if all(k in other and other[k] == v for other in others)}
    return [item for item in first if all(item in other for other in others)]


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, dict):
        return any(key.lower() == text(what).lower() for key in where)
    return text(what) in where if isinstance(where, str) else what in where


def _length(value: Any) -> int:
    if value is None or isinstance(value, (bool, int, float)):
        raise ExpressionError("a text, an array or an object is expected")
    return len(value)


def _empty(value: Any) -> bool:
    return value is None or len(value) == 0


def _ends(value: Any, at: int) -> Any:
    if isinstance(value, str):
        return value[at : at + 1] if at == 0 else value[-1:]
    return value[at] if value else None


def _try_get(value: Any, *keys: Any) -> Any:
    """A member of members, null wherever there is none."""
    for at, key in enumerate(keys):
        if isinstance(value, Runtime):
            return Runtime("tryget", (value, *keys[at:]))
        value = access(value, key, True) if isinstance(value, (dict, list)) else None
    return value


def _object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ExpressionError("a value is missing: names and values come in pairs")
    return {text(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _range(start: Any, count: Any) -> list[int]:
    if not 0 <= count <= 10_000:
        raise ExpressionError(f"a range has 0 to 10,000 numbers, not {count}")
    return list(range(start, start + count))


def _numbers(values: tuple[Any, ...]) -> list[Any]:
    return list(values[0]) if len(values) == 1 and isinstance(values[0], list) else list(values)


def _equals(left: Any, right: Any) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _divide(left: int, right: int) -> int:
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def _remainder(left: int, right: int) -> int:
    return left - right * _divide(left, right)


def _calls(function: Lambda, *values: Any) -> Any:
    return function.call(*values[: function.names])


def _map(values: Any, function: Lambda) -> list[Any]:
    return [_calls(function, value, at) for at, value in enumerate(values)]


def _filter(values: Any, function: Lambda) -> Any:
    kept = [(_calls(function, value, at), value) for at, value in enumerate(values)]
    if any(unknown(keep) for keep, _ in kept):
        return Runtime("filter", (values, function))
    return [value for keep, value in kept if keep]


def _reduce(values: Any, start: Any, function: Lambda) -> Any:
    found = start
    for at, value in enumerate(values):
        found = _calls(function, found, value, at)
    return found


def _sort(values: Any, function: Lambda) -> list[Any]:
    found: list[Any] = []
    for value in values:
        at = next((i for i, other in enumerate(found) if not _calls(function, other, value)), len(found))
        found.insert(at, value)
    return found


def _to_object(values: Any, key: Lambda, value: Lambda | None = None) -> dict[str, Any]:
    return {text(_calls(key, item)): item if value is None else _calls(value, item) for item in values}


def _cidr_subnet(network: Any, prefix: Any, index: Any) -> str:
    parts = ipaddress.ip_network(network, strict=False).subnets(new_prefix=prefix)
    for at, found in enumerate(parts):
        if at == index:
            return str(found)
    raise ExpressionError(f"{network} has no subnet {index} of /{prefix}")


def _fail(message: Any) -> Any:
    raise ExpressionError(f"fail: the template refuses: {message}")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **TEXTS,
    "access": access,
    "if": _if,
    "and": _and,
    "or": _or,
    "not": lambda value: not value,
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
    "equals": _equals,
    "less": lambda left, right: left < right,
    "lessorequals": lambda left, right: left <= right,
    "greater": lambda left, right: left > right,
    "greaterorequals": lambda left, right: left >= right,
    "coalesce": _coalesce,
    "concat": concat,
    "union": union,
    "shallowmerge": lambda values: {key: value for part in values for key, value in part.items()},
    "intersection": _intersection,
    "contains": _contains,
    "length": _length,
    "empty": _empty,
    "first": lambda value: _ends(value, 0),
    "last": lambda value: _ends(value, -1),
    "indexof": lambda where, what: (
        where.lower().find(what.lower()) if isinstance(where, str) else where.index(what) if what in where else -1
    ),
    "lastindexof": lambda where, what: where.lower().rfind(what.lower()),
    "skip": lambda value, count: value[max(count, 0) :],
    "take": lambda value, count: value[: max(count, 0)],
    "range": _range,
    "array": lambda value: value if isinstance(value, list) else [value],
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "flatten": lambda values: [item for value in values for item in value],
    "items": lambda value: [{"key": key, "value": value[key]} for key in sorted(value)],
    "objectkeys": lambda value: sorted(value),
    "tryget": _try_get,
    "tryindexfromend": lambda value, index: value[-index] if 0 < index <= len(value) else None,
    "min": lambda *values: min(_numbers(values)),
    "max": lambda *values: max(_numbers(values)),
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "mul": lambda left, right: left * right,
    "div": _divide,
    "mod": _remainder,
    "map": _map,
    "filter": _filter,
    "reduce": _reduce,
    "sort": _sort,
    "toobject": _to_object,
    "mapvalues": lambda values, function: {key: _calls(function, value) for key, value in values.items()},
    "cidrsubnet": _cidr_subnet,
    "cidrhost": lambda network, index: str(ipaddress.ip_network(network, strict=False)[index + 1]),
    "fail": _fail,
}
# These look at what they need themselves.
_LAZY = {"if", "and", "or", "coalesce", "fail"}
# These only look at a value's outside: an unknown value inside of it goes along.
_SHALLOW = {
    "access",
    "array",
    "concat",
    "createarray",
    "empty",
    "first",
    "flatten",
    "items",
    "last",
    "length",
    "map",
    "filter",
    "mapvalues",
    "objectkeys",
    "shallowmerge",
    "skip",
    "take",
    "tryget",
    "union",
}
