"""The parameters of a template: what is given, or their defaults, held against their declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelform.armtemplate.expression import ExpressionError
from modelform.armtemplate.failure import TemplateError, below
from modelform.armtemplate.value import Runtime

CODE = "arm-template.parameter"
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "securestring": (str,),
    "int": (int,),
    "bool": (bool,),
    "object": (dict,),
    "secureobject": (dict,),
    "array": (list,),
}


class Parameters:
    """A template's parameters by name, in any case; each is computed when it is asked for.

    `given` is as in a parameter file: `{name: {"value": …}}`, or `{"reference": …}` for a secret of a key vault, which
    only the deployment knows; a value may be a `Runtime` mark.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        given: Mapping[str, Any],
        pointer: str,
        default: Callable[[Any, str], Any],
    ) -> None:
        self.pointer = pointer
        self.declared: dict[str, tuple[str, dict[str, Any]]] = {}
        written = template.get("parameters") or {}
        if not isinstance(written, dict):
            raise TemplateError("parameters must be an object", pointer=below(pointer, "parameters"), code=CODE)
        for name, row in written.items():
            if not isinstance(row, dict):
                raise TemplateError("a parameter is an object with a type", pointer=self._at(name), code=CODE)
            self.declared[name.lower()] = (name, row)
        self.definitions: Mapping[str, Any] = template.get("definitions") or {}
        self.given = {name.lower(): (name, row) for name, row in given.items()}
        self.default = default
        self.known: dict[str, Any] = {}
        self.open: list[str] = []
        for key, (name, _) in self.given.items():
            if key not in self.declared:
                there = ", ".join(written for written, _ in self.declared.values()) or "none"
                raise TemplateError(
                    f"a value is given for the parameter {name!r}, which the template does not have",
                    pointer=below(pointer, "parameters"),
                    code=CODE,
                    hint=f"it has: {there}",
                )

    def value(self, name: str) -> Any:
        """The value of a parameter.

        Raises:
            TemplateError: it has none, or one that its declaration does not allow.
            ExpressionError: there is no such parameter, or defaults need each other.
        """
        key = name.lower()
        if key not in self.known:
            if key not in self.declared:
                raise ExpressionError(f"there is no parameter {name!r}")
            if key in self.open:
                raise ExpressionError(f"defaults of parameters need each other: {' -> '.join([*self.open, key])}")
            self.open.append(key)
            try:
                self.known[key] = self._computed(key)
            finally:
                self.open.pop()
        return self.known[key]

    def check(self) -> None:
        """Computes and checks every parameter, also those that nothing uses."""
        for name, _ in self.declared.values():
            try:
                self.value(name)
            except ExpressionError as error:
                raise TemplateError(str(error), pointer=self._at(name), code=CODE) from None

    def _at(self, name: str, *keys: str) -> str:
        return below(self.pointer, "parameters", name, *keys)

    def _computed(self, key: str) -> Any:
        name, row = self.declared[key]
        row = self._whole(row)
        said = self.given[key][1] if key in self.given else None
        # A null that is given is as if nothing were, which is how modules pass on what is optional.
        if said is not None and not (isinstance(said, dict) and said.get("value", said) is None):
            if isinstance(said, dict) and isinstance(said.get("reference"), dict):
                return Runtime("keyVaultSecret", (str(said["reference"].get("secretName", "")),))
            if not isinstance(said, dict) or "value" not in said:
                raise TemplateError(
                    f"the parameter {name!r} is given without a value", pointer=self._at(name), code=CODE
                )
            found = said["value"]
        elif "defaultValue" in row:
            found = self.default(row["defaultValue"], self._at(name, "defaultValue"))
        elif row.get("nullable") is True:
            return None
        else:
            raise TemplateError(
                f"the parameter {name!r} has no default, and no value is given",
                pointer=self._at(name),
                code=CODE,
                hint="give it in the parameter file",
            )
        self._hold(name, row, found)
        return found

    def _whole(self, row: dict[str, Any]) -> dict[str, Any]:
        """A declaration with the definition that it refers to."""
        named = str(row.get("$ref", "")).rpartition("/")[2]
        definition = self.definitions.get(named)
        return {**definition, **row} if named and isinstance(definition, dict) else row

    def _hold(self, name: str, row: dict[str, Any], value: Any) -> None:
        if isinstance(value, Runtime) or (value is None and row.get("nullable") is True):
            return
        kind = str(row.get("type", ""))
        fitting = KINDS.get(kind.lower())
        if fitting is None and "$ref" not in row:
            raise TemplateError(
                f"the parameter {name!r} has no known type: {kind!r}", pointer=self._at(name), code=CODE
            )
        wrong = fitting and (not isinstance(value, fitting) or (isinstance(value, bool) and bool not in fitting))
        if wrong:
            raise self._refused(name, f"must be of type {kind}")
        allowed = row.get("allowedValues")
        if isinstance(allowed, list) and not (
            all(item in allowed for item in value) if isinstance(value, list) else value in allowed
        ):
            raise self._refused(name, f"must be one of {', '.join(map(str, allowed))}", value, kind)
        for least, most, size, unit in _bounds(row, value):
            if isinstance(least, int) and size < least:
                raise self._refused(name, f"must be {unit.format('at least', least)}", value, kind)
            if isinstance(most, int) and size > most:
                raise self._refused(name, f"must be {unit.format('at most', most)}", value, kind)

    def _refused(self, name: str, must: str, value: Any = None, kind: str = "secure") -> TemplateError:
        shown = "" if value is None or kind.lower().startswith("secure") else f", not {str(value)[:60]!r}"
        return TemplateError(f"the parameter {name!r} {must}{shown}", pointer=self._at(name), code=CODE)


def _bounds(row: dict[str, Any], value: Any) -> list[tuple[Any, Any, int, str]]:
    if isinstance(value, (str, list)):
        what = "characters" if isinstance(value, str) else "items"
        return [(row.get("minLength"), row.get("maxLength"), len(value), f"{{}} {{}} {what} long")]
    if isinstance(value, int) and not isinstance(value, bool):
        return [(row.get("minValue"), row.get("maxValue"), value, "{} {}")]
    return []
