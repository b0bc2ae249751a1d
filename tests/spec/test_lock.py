"""The lock: what it keeps, when it gives way, and what an upgrade shows."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path

from modelform.catalog import Catalog
from modelform.catalog.data import load as catalog_data
from modelform.errors import Report
from modelform.spec import load_stack, lock
from modelform.spec.resolved import Stack

TODAY = date(2026, 11, 22)
TEXT = """apiVersion: modelform/v1
location: swedencentral
policy: {residency: eu-data-zone}
deployments:
  assistant: {model: mistral-large-3, capacity: {tpm: 50k}}
  mini: {model: gpt-5.4-mini, sku: dataZoneStandard, capacity: {tpm: 50k}}
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "dev.yaml"
    path.write_text(text)
    return path


def load(path: Path, catalog: Catalog | None = None, use_lock: bool = True) -> tuple[Stack, Report]:
    stack, report = load_stack(path, environment={}, today=TODAY, catalog=catalog, use_lock=use_lock)
    assert stack is not None, [str(item) for item in report]
    return stack, report


def newer() -> Catalog:
    """The catalogue of a later day: Mistral-Large-3 has a second version, and gpt-5.4-mini has left the region."""
    data = copy.deepcopy(catalog_data())
    data["version"] = "2027-01-01"
    for row in list(data["models"]):
        if row["id"] == "mistral-ai/Mistral-Large-3@1":
            data["models"].append({**copy.deepcopy(row), "id": "mistral-ai/Mistral-Large-3@2", "version": "2"})
        if row["name"] == "gpt-5.4-mini":
            for fact in row["deployment"]["skus"].values():
                fact["regions"] = [region for region in fact["regions"] if region != "swedencentral"]
    return Catalog(data)


def test_a_locked_version_outlives_a_newer_catalogue(tmp_path: Path) -> None:
    path = write(tmp_path)
    stack, _ = load(path)
    lock.write(path, lock.compute(stack))
    later, report = load(path, newer())
    assert later.deployments["assistant"].model.version == "1"
    assert later.deployments["assistant"].sku_chosen
    assert later.deployments["mini"].sku == "DataZoneStandard"
    assert [item.code for item in report] == ["lock.not-in-catalog"]


def test_an_upgrade_decides_anew_and_shows_the_difference(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.partition("  mini")[0])
    stack, _ = load(path)
    lock.write(path, lock.compute(stack))
    upgraded, _ = load(path, newer(), use_lock=False)
    assert upgraded.deployments["assistant"].model.version == "2"
    changes = {
        item.path: (item.old, item.new) for item in lock.differences(lock.read(path, Report()), lock.compute(upgraded))
    }
    assert changes["deployments.assistant.model"] == ("mistral-ai/Mistral-Large-3@1", "mistral-ai/Mistral-Large-3@2")
    assert changes["catalog.version"] == ("2026-11-22", "2027-01-01")
    assert "deployments.assistant.sku" not in changes


def test_a_lock_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = write(tmp_path)
    stack, _ = load(path)
    written = lock.write(path, lock.compute(stack))
    assert written.name == "dev.lock.yaml"
    report = Report()
    assert lock.read(path, report) == lock.compute(stack)
    assert not list(report)
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []
    again, found = load(path)
    assert lock.differences(lock.compute(stack), lock.compute(again)) == []
    assert not list(found)


def test_a_changed_deployment_alone_is_decided_anew(tmp_path: Path) -> None:
    path = write(tmp_path)
    stack, _ = load(path)
    lock.write(path, lock.compute(stack))
    write(tmp_path, TEXT.replace("model: mistral-large-3,", "model: mistral-large-3@2,"))
    later, report = load(path, newer())
    assert later.deployments["assistant"].model.version == "2"
    assert later.deployments["mini"].model.version == "2026-03-17"
    assert sorted(item.code for item in report) == ["lock.not-in-catalog", "lock.stale"]


def test_a_renamed_deployment_keeps_its_entry(tmp_path: Path) -> None:
    path = write(tmp_path)
    stack, _ = load(path)
    lock.write(path, lock.compute(stack))
    write(tmp_path, TEXT.replace("assistant: {", "helper: {formerly: assistant, "))
    later, _ = load(path, newer())
    assert later.deployments["helper"].model.version == "1"


def test_a_changed_template_of_the_project_is_a_warning(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "team.yaml").write_text(TEXT)
    path = write(tmp_path, "apiVersion: modelform/v1\nextends: team\n")
    stack, _ = load(path)
    assert list(stack.lock["templates"]) == ["team"]
    lock.write(path, lock.compute(stack))
    (templates / "team.yaml").write_text(TEXT + "# changed\n")
    _, report = load(path)
    assert [(item.code, str(item.severity)) for item in report] == [("lock.template-changed", "warning")]
    assert "modelform lock --upgrade" in next(iter(report)).hint


def test_a_base_file_belongs_to_the_stack_and_is_not_locked(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(TEXT)
    stack, _ = load(write(tmp_path, "apiVersion: modelform/v1\nextends: base.yaml\n"))
    assert "templates" not in stack.lock


def test_a_newer_catalogue_or_template_alone_does_not_change_a_lock(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "team.yaml").write_text(TEXT.partition("  mini")[0])
    path = write(tmp_path, "apiVersion: modelform/v1\nextends: team\n")
    stack, _ = load(path)
    lock.write(path, lock.compute(stack))
    (templates / "team.yaml").write_text((templates / "team.yaml").read_text() + "# changed\n")
    later, _ = load(path, newer())
    assert lock.compute(later) == lock.compute(stack)
    upgraded, report = load(path, newer(), use_lock=False)
    assert not list(report)
    changed = {item.path for item in lock.differences(lock.compute(stack), lock.compute(upgraded))}
    assert changed == {"catalog.digest", "catalog.version", "templates.team", "deployments.assistant.model"}
