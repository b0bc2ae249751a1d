"""Imports go one way: the table of docs/architecture.md, held against every file of the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "modelform"

LOW = {"errors", "record"}
ALLOWED: dict[str, set[str]] = {
    "record": set(),
    "errors": {"record"},
    "pace": set(),
    "values": LOW,
    "plan": LOW | {"values"},
    "seam": LOW | {"values", "plan"},
    "armtemplate": LOW,
    "catalog": LOW,
    "spec": LOW | {"values", "catalog"},
    "checks": LOW | {"spec", "catalog"},
    "beside": LOW | {"spec", "catalog", "checks", "armtemplate"},
    "azure": LOW | {"values"},
    "program": LOW | {"pace", "values", "spec", "checks", "catalog"},
    "state": LOW | {"values"},
    "provider": LOW | {"values", "plan", "seam", "azure"},
    "engine": LOW | {"pace", "values", "plan", "seam", "state"},
    "drivers": LOW
    | {
        "pace",
        "values",
        "plan",
        "seam",
        "catalog",
        "spec",
        "checks",
        "program",
        "state",
        "provider",
        "engine",
        "azure",
    },
    "sandbox": LOW | {"catalog.data", "armtemplate"},
    "report": LOW | {"values", "plan"},
    "verification": LOW | {"values", "plan", "catalog", "spec", "azure", "provider", "drivers", "sandbox"},
    "cli": LOW
    | {
        "values",
        "plan",
        "catalog",
        "spec",
        "checks",
        "azure",
        "program",
        "provider",
        "drivers",
        "sandbox",
        "report",
        "beside",
        "verification",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
# Libraries that have one home only, since whoever else reached for them would go around a layer.
HOMES = {
    "pulumi_azure_native": {"program"},
    "pulumi": {"pace", "program", "engine", "values", "provider", "drivers"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
    "azure.ai": {"azure"},
    "azure.identity": {"azure"},
    "rich": {"report", "cli"},
    "click": {"cli"},
}


def layer_of(file: Path) -> str:
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def imports(source: str, package: tuple[str, ...]) -> list[tuple[int, str]]:
    """Every name that a module of `package` imports, at the top or inside a function, with its line."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            found += [(node.lineno, f"{module}.{name.name}") for name in node.names]
    return found


def complaints(source: str, layer: str, package: tuple[str, ...]) -> list[str]:
    found = []
    for line, module in imports(source, package):
        if module.startswith("modelform."):
            inner = module.removeprefix("modelform.")
            target = inner.split(".")[0]
            if not (SOURCE / target).exists() and not (SOURCE / f"{target}.py").exists():
                continue  # a name of modelform/__init__ itself, such as __version__
            allowed = ALLOWED[layer] | {layer}
            if not any(inner == name or inner.startswith(f"{name}.") for name in allowed):
                found.append(f"line {line}: {layer} must not import {module}")
        for library, homes in HOMES.items():
            if (module == library or module.startswith(f"{library}.")) and layer not in homes:
                found.append(f"line {line}: {library} is only for {', '.join(sorted(homes))}")
    return found


FILES = sorted(SOURCE.rglob("*.py"))


def test_every_layer_is_in_the_table() -> None:
    layers = {p.stem for p in SOURCE.iterdir() if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))}
    assert layers <= ALLOWED.keys()


@pytest.mark.parametrize("file", FILES, ids=[str(f.relative_to(SOURCE)) for f in FILES])
def test_imports_go_one_way(file: Path) -> None:
    package = ("modelform", *file.relative_to(SOURCE).parent.parts)
    assert complaints(file.read_text(), layer_of(file), package) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    from modelform.provider import table\n",
        "import modelform.engine.decide\n",
        "from ..provider import table\n",
        "from modelform.catalog import Catalog\n",
        "import azure.ai.ml\n",
    ],
)
def test_a_wrong_import_is_found(source: str) -> None:
    assert len(complaints(source, "sandbox", ("modelform", "sandbox"))) == 1


def test_a_right_import_is_not() -> None:
    source = "from modelform.catalog import data\nfrom . import store\nimport starlette.routing\n"
    assert complaints(source, "sandbox", ("modelform", "sandbox")) == []
