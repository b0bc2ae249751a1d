"""`dataclass` for frozen values with slots, made with one compilation instead of eight.

The standard decorator compiles every method of every class at each start. modelform has more than a hundred value
classes on the way to a plan, and making them was a quarter of what a plan of a small stack cost beyond the SDK itself
(counted in instructions). Here only `__init__` is compiled; the others are shared functions over the fields. The result
is a dataclass to everybody who asks: `fields`, `replace`, `asdict`, pattern matching and copying work. Whatever is not
frozen with slots, or uses more than defaults, goes to the standard decorator.
"""

from __future__ import annotations

import dataclasses
import inspect
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, **others: Any) -> Any:
        """As `dataclasses.dataclass`."""

        def decorate(cls: type) -> type:
            found = _fields(cls) if frozen and slots and not others else None
            if found is None:
                return dataclasses.dataclass(frozen=frozen, slots=slots, **others)(cls)
            return _make(cls, found)

        return decorate if cls is None else decorate(cls)


@dataclasses.dataclass(frozen=True, slots=True)
class _Donor:
    """A class of the standard decorator, for the two marks that the library keeps to itself."""

    field: int


_PARAMS: Any = getattr(_Donor, "__dataclass_params__", None)
_FIELD: Any = getattr(_Donor.__dataclass_fields__["field"], "_field_type", None)


def _fields(cls: type) -> dict[str, dataclasses.Field[Any]] | None:
    """The fields that a class declares, or None where only the standard decorator will do."""
    if cls.__bases__ != (object,) or _PARAMS is None or _FIELD is None or "__init__" in cls.__dict__:
        return None
    found: dict[str, dataclasses.Field[Any]] = {}
    for name, kind in inspect.get_annotations(cls).items():
        if not isinstance(kind, str) or "ClassVar" in kind or "InitVar" in kind or "KW_ONLY" in kind:
            return None
        given = cls.__dict__.get(name, dataclasses.MISSING)
        field: Any = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
        plain = field.init and field.repr and field.compare and field.hash is None
        mutable = field.default is not dataclasses.MISSING and field.default.__class__.__hash__ is None
        if not plain or mutable or field.kw_only is True:
            return None
        field.name, field.type, field._field_type, field.kw_only = name, kind, _FIELD, False
        found[name] = field
    return found


def _make(cls: type, fields: dict[str, dataclasses.Field[Any]]) -> type:
    names = tuple(fields)
    body = {key: value for key, value in cls.__dict__.items() if key not in fields}
    body.pop("__dict__", None)
    body.pop("__weakref__", None)
    body.update(
        __slots__=names,
        __match_args__=names,
        __dataclass_fields__=fields,
        __dataclass_params__=_PARAMS,
        __init__=_init(cls, fields),
        __setattr__=_refuse_set,
        __delattr__=_refuse_delete,
        __getstate__=_state,
        __setstate__=_take_state,
    )
    get: Any = attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)

    def equal(self: Any, other: object) -> Any:
        return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: Any) -> int:
        return hash(get(self))

    if "__eq__" not in body:
        body["__eq__"] = equal
    if body.get("__hash__") is None:
        body["__hash__"] = digest
    body.setdefault("__repr__", _show)
    return type(cls)(cls.__name__, cls.__bases__, body)


def _init(cls: type, fields: dict[str, dataclasses.Field[Any]]) -> Any:
    given, lines = [], []
    scope: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    for number, (name, field) in enumerate(fields.items()):
        value = name
        if field.default is not dataclasses.MISSING:
            scope[f"_default{number}"] = field.default
            given.append(f"{name}=_default{number}")
        elif field.default_factory is not dataclasses.MISSING:
            scope[f"_make{number}"] = field.default_factory
            given.append(f"{name}=_missing")
            value = f"_make{number}() if {name} is _missing else {name}"
        else:
            given.append(name)
        lines.append(f" _set(self, {name!r}, {value})")
    if "__post_init__" in cls.__dict__:
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(['self', *given])}):\n" + ("\n".join(lines) or " pass"), scope)
    made = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _show(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{self.__class__.__qualname__}({fields})"


def _refuse_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_fields__]


def _take_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__dataclass_fields__, state, strict=True):
        object.__setattr__(self, name, value)
