"""The data: the JSON is what the YAML gives, it is consistent, and mistakes in it are found."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.catalog import build
from modelform.catalog.assemble import assemble
from modelform.catalog.data import FILE, load
from modelform.catalog.verify import problems

LARGE = "mistral-ai/Mistral-Large-3@1"


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    return assemble(*build.read())


def test_json_is_what_the_yaml_gives(made: dict[str, Any]) -> None:
    assert FILE.read_text(encoding="utf-8") == build.render(made)


def test_data_is_consistent(made: dict[str, Any]) -> None:
    assert problems(made) == []
    assert load() == made


def test_it_is_large_enough_to_be_of_use() -> None:
    data = load()
    live = [model for model in data["models"] if model["lifecycle"]["status"] != "retired"]
    assert len(data["models"]) == 119
    assert len({model["publisher"] for model in live}) == 10
    assert len(data["regions"]) == 38
    assert len(data["retired"]) == 109


def test_every_fact_has_source_day_and_confidence() -> None:
    data = load()
    for model in data["models"]:
        facts = [model["identity"], model["lifecycle"], model["capabilities"]]
        for offer in (model["deployment"] or {"skus": {}})["skus"].values():
            facts += [offer, offer["quota"], offer["quota"]["capacity"]]
            if offer["price"] and "ref" not in offer["price"]:
                facts.append(offer["price"])
        if model["serverless"]:
            facts.append(model["serverless"])
        for fact in facts:
            assert {"source", "asOf", "confidence"} <= fact.keys(), (model["id"], fact)
    for name, limit in data["quotaLimits"].items():
        assert {"limit", "source", "asOf", "confidence"} <= limit.keys(), name


def broken(change: Callable[[dict[str, Any]], None]) -> list[str]:
    data = copy.deepcopy(load())
    change(data)
    return problems(data)


def large(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(model for model in data["models"] if model["id"] == LARGE)
    return found


def offer(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = large(data)["deployment"]["skus"]["DataZoneStandard"]
    return found


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "source": (lambda d: large(d)["lifecycle"].update(source="hearsay"), "no source 'hearsay'"),
    "date": (lambda d: large(d)["lifecycle"].update(retirementDate="2026-02-30"), "'2026-02-30' is no day"),
    "future": (lambda d: large(d)["lifecycle"].update(asOf="2031-01-01"), "after the catalogue's own day"),
    "status": (lambda d: large(d)["lifecycle"].update(status="fine"), "no status 'fine'"),
    "retired": (lambda d: large(d)["lifecycle"].update(status="retired"), "retired without a day in the past"),
    "version": (lambda d: large(d).update(version="2"), "the id is not the name and version"),
    "region": (lambda d: offer(d)["regions"].append("atlantis"), "no region 'atlantis'"),
    "zone": (lambda d: offer(d)["regions"].append("uksouth"), "uksouth is in no data zone"),
    "twice": (lambda d: offer(d)["regions"].append("swedencentral"), "one given twice"),
    "sku": (lambda d: large(d)["deployment"]["skus"].update(Cheap=offer(d)), "no such sku"),
    "price": (lambda d: offer(d)["price"]["eu"].update(input=0), "the price of input in eu is 0"),
    "cached": (lambda d: offer(d)["price"]["eu"].update(cachedInput=9), "cached input is dearer"),
    "capacity": (lambda d: offer(d)["quota"]["capacity"].update(minimum=9999999), "capacity from 9999999"),
    "counter": (lambda d: offer(d)["quota"].update(usageName="nobody"), "no limit of nobody"),
    "boundary": (lambda d: d["regions"]["uksouth"].update(euDataBoundary=True), "the EU Data Boundary is"),
    "copy": (lambda d: d["models"].append(large(d)), "given twice"),
    "confidence": (lambda d: large(d)["lifecycle"].update(confidence="sure"), "no confidence 'sure'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found(name: str) -> None:
    change, says = MISTAKES[name]
    assert any(says in problem for problem in broken(change))


def test_yaml_keeps_norway_and_dates_as_text_and_refuses_a_key_twice() -> None:
    read = yaml.load("{country: NO, day: 2026-11-22, ok: true}", Loader=build.CatalogLoader)
    assert read["country"] == "NO"
    assert read["day"] == "2026-11-22"
    assert read["ok"] is True
    with pytest.raises(yaml.YAMLError, match="'a' is given twice"):
        yaml.load("a: 1\na: 2", Loader=build.CatalogLoader)


def test_check_says_when_the_json_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "FILE", tmp_path / "catalog.json")
    assert build.main(["--check"]) == 1
    assert "is not what the YAML gives" in capsys.readouterr().err
    assert build.main([]) == 0
    assert (tmp_path / "catalog.json").read_bytes() == FILE.read_bytes()


def test_page_names_every_part_of_the_data() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "catalog.md").read_text()
    assert [key for key in load() if f"`{key}`" not in page] == []


def test_reading_it_needs_no_yaml() -> None:
    program = (
        "import sys; from modelform.catalog import Catalog; Catalog.load();"
        " sys.exit(bool({'yaml', 'pydantic', 'azure', 'pulumi'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
