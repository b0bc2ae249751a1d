"""The reference page of the stack file, made from the models that read it: `python -m modelform.spec.reference`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from modelform.spec.kinds import Choice, Duration, Flag, Kind, Number, Quantity, Text
from modelform.spec.records import Either, ListOf, MapOf, Record
from modelform.spec.stackfile import stack_kind

_INTRO = """# The stack file

One YAML file says which models a team wants, where they may run, how much quota they get and what applications call.
`stacks/NAME.yaml` is the stack NAME; `modelform validate` says what is wrong with it, each problem with its line.

```yaml
apiVersion: modelform/v1
location: swedencentral
policy:
  residency: eu-data-zone
workspaces:
  foundry: {kind: foundry, projects: [legal]}
deployments:
  assistant: {model: mistral-large-3@1, capacity: {tpm: 50k}}
  assistant-fallback: {model: gpt-5.4-mini, capacity: {tpm: 50k}}
routes:
  chat: {members: [{deployment: assistant}, {deployment: assistant-fallback}]}
```

## How it is read

* **YAML 1.2's core types.** `NO`, `on`, `12:30`, `2024-11-20` and `010` are text. Numbers above 2^53 are refused. Keys
  that stand twice, unknown keys, tags and `<<` are errors; anchors and aliases work. A file has at most 1 MiB, is
  UTF-8, and holds one document.
* **Values from outside.** `${env:NAME}`, `${env:NAME:-default}`, `${param:name}` and `${stack.name}`. Alone, one is
  read as the type that its place wants; inside a longer text it is put in as text. One without a value is an error;
  an empty variable counts as none. `$${` stands for `${`. In flow style (`{}` and `[]`) it must be quoted. On the
  sandbox the `AZURE_*` and `ARM_*` variables of an identity have the sandbox's own values. What a variable gave is
  in no message.
* **`extends`** names a base file (a path, relative to the file) or a template (a name: the project's
  `stacks/templates/`, then those of the installed package). Maps merge by key, scalars and lists replace, and `null`
  removes what the base has; a null that removes nothing is an error.
* **`include`** adds fragments: files that hold only `deployments`, `routes` and `access`. A key that is given twice is
  an error. They lie in the file's folder or below it.
* **Units.** Quantities are `800`, `50k`, `1.5M` or `2G`; durations `60d` or `8w`.
* **Models** are named as ARM names them, in any case: `Mistral-Large-3` is `mistral-large-3`. A publisher may stand
  before (`mistral-ai/…`), `@version` behind. An **sku** is ARM's name in lower camel case (`dataZoneStandard`), or
  `serverless`.
* **Renaming** a key: `formerly: oldKey` keeps the physical name and the state. Without it, a rename is a delete and a
  create. After several renames, give the former keys as a list, oldest first.
* **What the file leaves open** (versions, skus) is decided once and kept in `NAME.lock.yaml`: a new release or a newer
  catalogue changes no plan by itself. `modelform lock --upgrade` decides anew and shows the difference.
* **Base files** in `stacks/` are told by their names: `base.yaml`, `base-….yaml`, or an underscore in front.

Your editor knows all of this with a first line such as
`# yaml-language-server: $schema=../schema/stack.schema.json` (`modelform schema` writes that file).

## Not supported yet

These keys are read and checked, and then refused with `not-supported-yet`: `networks`, `identities`, `access`,
`policy.packs`, and of a workspace `exposure: private`, `network`, `existing` and `manage`; of
`contentFilter`, the words `strict` and `default` (a policy's own name works).

## Every key
"""


def reference() -> str:
    """The page as Markdown."""
    root = stack_kind()
    assert isinstance(root, Record)
    parts = [_INTRO]
    for title, record in _records(root, "The file itself", set()):
        parts.append(_section(title, record))
    return "\n".join(parts)


def _records(record: Record, title: str, seen: set[type[Any]]) -> Iterator[tuple[str, Record]]:
    """Every record that can be reached, each once, under the key that leads to it first."""
    if record.model in seen:
        return
    seen.add(record.model)
    yield title, record
    for name, item in record.fields.items():
        for kind, suffix in inner_records(item.metadata["kind"]):
            prefix = "" if title == "The file itself" else f"{title}."
            yield from _records(kind, f"{prefix}{name}{suffix}", seen)


def inner_records(kind: Kind, suffix: str = "") -> Iterator[tuple[Record, str]]:
    """The records inside a kind, each with what leads to it: `.NAME` into a map, `[]` into a list."""
    if isinstance(kind, Record):
        yield kind, suffix
    elif isinstance(kind, MapOf):
        yield from inner_records(kind.value, f"{suffix}.NAME")
    elif isinstance(kind, ListOf):
        yield from inner_records(kind.item, f"{suffix}[]")
    elif isinstance(kind, Either):
        for one in (kind.scalar, kind.sequence, kind.mapping):
            if one is not None:
                yield from inner_records(one, suffix)


def _section(title: str, record: Record) -> str:
    heading = title if title == "The file itself" else f"`{title}`"
    lines = [f"### {heading}", "", (record.model.__doc__ or "").strip(), "", "| key | value | what it says | example |"]
    lines.append("|---|---|---|---|")
    for name, item in record.fields.items():
        said = item.metadata["text"]
        required = " **Required.**" if name in record.required else ""
        lines.append(
            f"| `{name}` | {_cell(_named(item.metadata['kind']))} | {_cell(said)}{required} | {_example(name, item)} |"
        )
    return "\n".join([*lines, ""])


def _named(kind: Kind) -> str:
    """A kind in a few words."""
    if isinstance(kind, Choice):
        return " or ".join(f"`{word}`" for word in kind.words)
    if isinstance(kind, ListOf):
        return f"list of {_named(kind.item)}"
    if isinstance(kind, MapOf):
        return f"map from {kind.name} to {_named(kind.value)}"
    if isinstance(kind, Either):
        return ", or ".join(_named(one) for one in (kind.scalar, kind.sequence, kind.mapping) if one is not None)
    if isinstance(kind, Text):
        return kind.form or "text"
    simple = {Flag: "`true` or `false`", Number: "number", Quantity: "quantity", Duration: "duration", Record: "map"}
    return simple.get(type(kind), "any value")


def _example(name: str, item: Field[Any]) -> str:
    kind, example = item.metadata["kind"], item.metadata["example"]
    if example is None and isinstance(kind, Choice):
        example = kind.words[0]
    if example is None and isinstance(kind, Text):
        example = kind.example
    if example is None:
        example = False
    return f"`{name}: {_cell(_yaml(example))}`"


def _yaml(value: Any, inner: bool = False) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item, True)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item, True) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value) if value.isdigit() or (inner and value.startswith("${")) else value
    return json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
