"""Templates and new projects."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from modelform.errors import UsageError
from modelform.spec import find_stacks, load_stack
from modelform.spec.templates import PACKAGED, available, init_project

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)


def test_the_packaged_templates_are_those_of_the_repository() -> None:
    packaged = {file.name: file.read_text() for file in PACKAGED.glob("*.yaml")}
    assert packaged == {file.name: file.read_text() for file in (ROOT / "stacks/templates").glob("*.yaml")}
    assert "quickstart.yaml" in packaged


def test_a_template_says_what_it_asks_for() -> None:
    template = available()["quickstart"]
    assert template.packaged
    assert template.summary
    assert {item.name: item.default for item in template.parameters}["location"] == "swedencentral"
    assert all(item.description for item in template.parameters)


@pytest.mark.parametrize("name", sorted(available()))
def test_every_packaged_template_makes_a_stack(name: str, tmp_path: Path) -> None:
    init_project(tmp_path, "dev", template=name)
    stack, report = load_stack(tmp_path / "stacks/dev.yaml", environment={}, today=TODAY)
    assert stack is not None, [str(item) for item in report]
    assert not list(report)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Über Zug", "Uber-Zug"), ("2026", "2026"), ("on", "on"), ("模型", "modelform"), ("a.b_c", "a.b_c")],
)
def test_a_project_is_called_as_its_folder_as_far_as_that_can_be(folder: str, name: str, tmp_path: Path) -> None:
    init_project(tmp_path / folder, "dev")
    assert yaml.safe_load((tmp_path / folder / "Pulumi.yaml").read_text())["name"] == name


def test_init_writes_a_whole_project(tmp_path: Path) -> None:
    folder = tmp_path / "my models"
    written = init_project(folder, "eu-dev", values={"location": "francecentral", "tokensPerMinute": "20k"})
    assert sorted(str(path.relative_to(folder)) for path in written) == [
        ".gitignore",
        "Pulumi.yaml",
        "__main__.py",
        "stacks/eu-dev.yaml",
    ]
    assert (folder / "Pulumi.yaml").read_text().startswith("name: my-models\n")
    assert ".modelform/" in (folder / ".gitignore").read_text()
    stack, _ = load_stack(find_stacks(folder)["eu-dev"], environment={}, today=TODAY)
    assert stack is not None
    assert stack.location == "francecentral"
    assert {item.capacity.sku_capacity for item in stack.deployments.values() if item.capacity} == {20}


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: mine\n")
    (tmp_path / ".gitignore").write_text("*.log")
    written = init_project(tmp_path, "dev")
    assert (tmp_path / "Pulumi.yaml").read_text() == "name: mine\n"
    assert (tmp_path / ".gitignore").read_text().startswith("*.log\n.modelform/")
    assert tmp_path / "Pulumi.yaml" not in written
    before = (tmp_path / "stacks/dev.yaml").read_text()
    with pytest.raises(UsageError, match="exists already"):
        init_project(tmp_path, "dev")
    assert (tmp_path / "stacks/dev.yaml").read_text() == before
    assert init_project(tmp_path, "prod") == [tmp_path / "stacks/prod.yaml"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"template": "quickstat"}, "no template"),
        ({"values": {"locaton": "x"}}, "no parameter"),
    ],
)
def test_init_refuses_what_does_not_exist(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        init_project(tmp_path, "dev", **options)  # type: ignore[arg-type]
    assert "Did you mean" in caught.value.diagnostics[0].hint
    assert not (tmp_path / "stacks").exists()


@pytest.mark.parametrize("name", ["a/b", "..", "", "a b"])
def test_init_refuses_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        init_project(tmp_path, name)


def test_a_project_may_have_templates_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "stacks/templates"
    own.mkdir(parents=True)
    (own / "team.yaml").write_text(
        "# For teams.\napiVersion: modelform/v1\nparameters:\n"
        "  team: {description: who owns it}\n  tags: {type: list, default: [aa]}\n"
        "location: swedencentral\ntags: {team: '${param:team}'}\n"
    )
    assert available(tmp_path)["team"].packaged is False
    with pytest.raises(UsageError, match="needs a value for 'team'"):
        init_project(tmp_path, "dev", template="team")
    init_project(tmp_path, "dev", template="team", values={"team": "10"})
    stack, report = load_stack(tmp_path / "stacks/dev.yaml", environment={}, today=TODAY)
    assert stack is not None, [str(item) for item in report]
    assert stack.tags == {"team": "10"}
