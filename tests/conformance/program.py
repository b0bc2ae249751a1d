"""A Pulumi program for one step of a scenario: it declares what the step lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pulumi

PLAIN_OPTIONS = {
    "protect": "protect",
    "ignoreChanges": "ignore_changes",
    "deleteBeforeReplace": "delete_before_replace",
    "retainOnDelete": "retain_on_delete",
    "replaceOnChanges": "replace_on_changes",
    "additionalSecretOutputs": "additional_secret_outputs",
    "import": "import_",
}
REFERENCE_OPTIONS = frozenset({"parent", "dependsOn", "deletedWith", "replaceWith", "customTimeouts", "aliases"})


class Thing(pulumi.CustomResource):
    out: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("rec:index:Thing", name, {**inputs, "out": None, "rev": None}, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("rec:index:Group", name, {}, opts)
        self.register_outputs({})


def build(
    step: dict[str, Any], resources: list[dict[str, Any]], one_by_one: bool = False
) -> Callable[[], Awaitable[None]]:
    """The program of a step, which declares `resources` in the order given: `one_by_one`, each when the last is done.

    Else they register in the order in which their inputs come to be known, which is chance.
    """

    async def program() -> None:
        made: dict[str, Any] = {}
        for resource in resources:
            name, options = resource["name"], _options(resource.get("options", {}), made)
            if resource.get("component"):
                made[name] = Group(name, options)
            else:
                inputs = {key: _value(item, made) for key, item in resource.get("inputs", {}).items()}
                made[name] = Thing(name, inputs, options)
            if one_by_one:
                # One that fails is told by the engine, and whatever comes then is the engine's answer to it.
                with suppress(Exception):
                    await made[name].urn.future()
        for name, value in step.get("exports", {}).items():
            pulumi.export(name, _value(value, made))
        if step.get("raise"):
            raise RuntimeError("the program failed")

    return program


def _value(value: Any, made: dict[str, Any]) -> Any:
    """An input: `$ref` is an output of an earlier resource, `$secret` hides what it holds."""
    if isinstance(value, list):
        return [_value(item, made) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        name, attribute = value["$ref"].rsplit(".", 1)
        return getattr(made[name], attribute)
    if "$secret" in value:
        return pulumi.Output.secret(_value(value["$secret"], made))
    return {key: _value(item, made) for key, item in value.items()}


def _options(options: dict[str, Any], made: dict[str, Any]) -> pulumi.ResourceOptions:
    unheard = options.keys() - PLAIN_OPTIONS.keys() - REFERENCE_OPTIONS
    if unheard:
        raise AssertionError(f"the recording has options that this program does not know: {sorted(unheard)}")
    given: dict[str, Any] = {PLAIN_OPTIONS[key]: item for key, item in options.items() if key in PLAIN_OPTIONS}
    if "parent" in options:
        given["parent"] = made[options["parent"]]
    if "dependsOn" in options:
        given["depends_on"] = [made[name] for name in options["dependsOn"]]
    if "deletedWith" in options:
        given["deleted_with"] = made[options["deletedWith"]]
    if "replaceWith" in options:
        given["replace_with"] = [made[name] for name in options["replaceWith"]]
    if "customTimeouts" in options:
        given["custom_timeouts"] = pulumi.CustomTimeouts(**options["customTimeouts"])
    if "aliases" in options:
        given["aliases"] = [pulumi.Alias(**alias) for alias in options["aliases"]]
    return pulumi.ResourceOptions(**given)
