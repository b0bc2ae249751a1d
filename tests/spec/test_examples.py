"""The stacks of the repository and of its examples: real models, resolved without a word, and past every check."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from modelform import checks
from modelform.catalog import Catalog
from modelform.spec import find_stacks, load_stack
from modelform.spec.resolved import SERVERLESS, Stack

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
PROJECTS = [ROOT, *sorted(folder for folder in (ROOT / "examples").iterdir() if (folder / "stacks").is_dir())]
STACKS = [(project, name) for project in PROJECTS for name in find_stacks(project)]


def load(file: Path) -> Stack:
    stack, report = load_stack(file, environment={}, today=TODAY)
    assert stack is not None, [str(item) for item in report]
    assert [str(item) for item in report] == []
    return stack


@pytest.mark.parametrize(("project", "name"), STACKS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_every_stack_resolves_and_passes_the_checks(project: Path, name: str) -> None:
    stack = load(find_stacks(project)[name])
    assert [str(item) for item in checks.run(stack, Catalog.load(), today=TODAY)] == []


@pytest.mark.parametrize("project", PROJECTS[1:], ids=lambda project: project.name)
def test_every_example_is_a_project_with_a_readme(project: Path) -> None:
    assert find_stacks(project)
    assert (project / "Pulumi.yaml").is_file()
    readme = (project / "README.md").read_text()
    assert f"modelform -C examples/{project.name} up" in readme
    for name in find_stacks(project):
        assert f"{name}.yaml" in readme


def example(name: str) -> Stack:
    (file,) = find_stacks(ROOT / "examples" / name).values()
    return load(file)


def test_the_quickstart_is_mistral_large_with_a_gpt_fallback() -> None:
    stack = example("quickstart")
    (workspace,) = stack.workspaces.values()
    assert (workspace.kind, len(workspace.projects)) == ("foundry", 1)
    first, second = (stack.deployments[member.deployment] for member in stack.routes["chat"].members)
    assert (first.model.name, first.sku) == ("Mistral-Large-3", "DataZoneStandard")
    assert second.model.format == "OpenAI"


def test_the_hub_serves_mistral_models_as_endpoints() -> None:
    stack = example("hub-mistral")
    names = {item.model.name for item in stack.deployments.values()}
    assert names == {"mistral-medium-2505", "mistral-small-2503", "Codestral-2501", "Ministral-3B"}
    for item in stack.deployments.values():
        assert item.sku == SERVERLESS
        assert item.marketplace is not None
        assert item.marketplace.terms_accepted


def test_the_openai_account_has_three_models_with_filters() -> None:
    stack = example("azure-openai")
    (account,) = stack.workspaces.values()
    assert (account.kind, account.outbound, account.local_keys) == ("openai", (), False)
    assert account.diagnostics is not None
    filters = {item.content_filter for item in stack.deployments.values()}
    assert (len(stack.deployments), filters) == (3, {"Microsoft.DefaultV2", "Microsoft.Default"})


def test_the_portfolio_is_broad() -> None:
    stack = example("portfolio")
    assert len(stack.deployments) >= 25
    assert len({item.model.publisher for item in stack.deployments.values()}) >= 5
    assert len({item.location for item in stack.workspaces.values()}) >= 3
