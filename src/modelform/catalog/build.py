"""Makes `data/catalog.json` from the YAML for people: `python -m modelform.catalog.build` (`--check` only compares).

The same YAML gives the same bytes, so that a test can hold the two against each other.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from modelform.catalog.assemble import assemble
from modelform.catalog.data import FILE
from modelform.catalog.verify import problems

DATA = FILE.parent
PARTS = ("catalog", "sources", "regions", "skus", "quotas", "prices", "lifecycle", "serverless")


class CatalogLoader(yaml.CSafeLoader):
    """The safe loader (in C), with dates and country codes as text (`NO` is Norway), that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; a repeated key is an error with its place, where YAML would take the last one in silence."""
        seen: set[object] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


CatalogLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
CatalogLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


def read(folder: Path = DATA) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The parts of the catalogue by name, and its publishers in the order of their files."""
    parts = {name: _yaml(folder / f"{name}.yaml") for name in PARTS}
    return parts, [_yaml(file) for file in sorted((folder / "models").glob("*.yaml"))]


def _yaml(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as stream:
        # The loader is a subclass of the safe one.
        data: dict[str, Any] = yaml.load(stream, Loader=CatalogLoader)
    return data


def render(data: dict[str, Any]) -> str:
    """The text of `catalog.json`: one line a model, so that a difference can be read."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list):
            rows = ",\n".join(_compact(row) for row in value)
            lines.append(f"{_compact(key)}:[\n{rows}\n]")
        else:
            lines.append(f"{_compact(key)}:{_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    """Writes the file; exit status 1 with what is wrong in the YAML, or when the file is not what the YAML gives."""
    data = assemble(*read())
    wrong = problems(data)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    text = render(data)
    if "--check" in arguments:
        if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{FILE.name} is not what the YAML gives: run python -m modelform.catalog.build", file=sys.stderr)
        return 1
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
