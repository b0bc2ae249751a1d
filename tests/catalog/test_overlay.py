"""The overlay: Azure's answers as facts above the catalogue's; what they contradict is kept; a bad file says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelform.catalog import Catalog
from modelform.catalog.changes import changes, count
from modelform.catalog.data import find_overlay
from modelform.catalog.live import kind_of, settle, take_accounts, take_models, take_parts, take_prices, take_rooms
from modelform.catalog.overlay import empty, problems, read, render, write

TODAY = date(2026, 11, 22)
DAY = "2026-11-20"
MINI = "openai/gpt-5.4-mini@2026-03-17"


@dataclass(frozen=True)
class Sku:
    name: str
    usage_name: str = "OpenAI.GlobalStandard.gpt-5.4-mini"
    minimum: int | None = 1
    maximum: int | None = 1_000_000
    step: int | None = 1
    default: int | None = 10
    meters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offered:
    format: str = "OpenAI"
    name: str = "gpt-5.4-mini"
    version: str = "2026-03-17"
    publisher: str = "OpenAI"
    lifecycle: str = "GenerallyAvailable"
    retires: str = "2027-09-21T00:00:00Z"
    capabilities: tuple[str, ...] = ("chatCompletion", "agentsV2", "unheardOf")
    skus: tuple[Sku, ...] = field(default=(Sku("GlobalStandard"),))


@dataclass(frozen=True)
class Meter:
    id: str
    name: str
    price: float
    unit: str = "1M"


def overlay(*answer: Offered, region: str = "swedencentral") -> dict[str, Any]:
    made = empty("azure", "USD")
    take_models(made, region, DAY, answer)
    settle(made, DAY, [], [region])
    return made


def catalogue(document: dict[str, Any]) -> Catalog:
    assert list(problems(document)) == []
    return Catalog.with_overlay(document, "catalog.overlay.json")


def test_of_a_region_that_was_asked_the_answer_is_all_there_is() -> None:
    after = catalogue(overlay(Offered()))
    model = after.model(MINI)
    assert model is not None
    assert after.skus_in(model, "swedencentral") == ("GlobalStandard",)
    before = Catalog.load().model(MINI)
    assert before is not None
    assert set(before.regions_for("DataZoneStandard")) - set(model.regions_for("DataZoneStandard")) == {"swedencentral"}
    offer = model.offers["DataZoneStandard"]
    assert (offer.at("swedencentral").confidence, offer.at("swedencentral").as_of) == ("live", DAY)
    assert offer.at("eastus2") == before.offers["DataZoneStandard"].evidence


def test_what_is_contradicted_is_kept() -> None:
    after = catalogue(overlay(Offered(retires="2027-03-01T00:00:00Z", lifecycle="Deprecating")))
    model = after.model(MINI)
    assert model is not None
    assert (model.lifecycle.status, model.lifecycle.retirement) == ("deprecated", date(2027, 3, 1))
    assert model.lifecycle.evidence.confidence == "live"
    assert "retires 2027-03-01 (Azure, 2026-11-20), 2027-09-21 (retirement-20261005, " in model.lifecycle.conflict
    assert any(
        text.startswith("DataZoneStandard is not in swedencentral (Azure, 2026-11-20); it is (region-std-20261005")
        for text in model.raw["conflicts"]
    )


def test_what_agrees_is_no_conflict() -> None:
    before = Catalog.load().model(MINI)
    assert before is not None
    skus = tuple(
        Sku(sku, offer.usage_name, offer.capacity.minimum, offer.capacity.maximum, offer.capacity.step)
        for sku, offer in before.offers.items()
        if "swedencentral" in offer.regions
    )
    model = catalogue(overlay(Offered(skus=skus))).model(MINI)
    assert model is not None
    assert "conflicts" not in model.raw
    assert model.lifecycle.conflict == before.lifecycle.conflict


def test_a_new_version_is_sold_and_hosted_as_its_kin() -> None:
    after = catalogue(overlay(Offered(name="gpt-7", version="2026-11-19")))
    model = after.find("gpt-7", today=TODAY)
    assert not hasattr(model, "reason")
    assert (model.id, model.hosting, model.sold_by) == ("openai/gpt-7@2026-11-19", "azure", "Azure")  # type: ignore[union-attr]
    assert model.features == ("chat", "tools")  # type: ignore[union-attr]
    assert after.capacity_rules(model, "GlobalStandard").amount_per_unit == 1000  # type: ignore[arg-type, union-attr]
    assert after.allowed_by("eu-data-zone", "GlobalStandard", "swedencentral").allowed is False


@pytest.mark.parametrize("format", ["Anthropic", "NewCo"])
def test_a_model_whose_host_is_not_known_satisfies_no_residency_but_global(format: str) -> None:
    new = Offered(format=format, publisher=format, name="wonder", version="1", skus=(Sku("DataZoneStandard"),))
    after = catalogue(overlay(new))
    model = after.find("wonder", today=TODAY)
    assert not after.allowed_by("eu-data-zone", "DataZoneStandard", "swedencentral", model)  # type: ignore[arg-type]
    assert after.allowed_by("global", "DataZoneStandard", "swedencentral", model)  # type: ignore[arg-type]


def test_a_sku_that_nobody_knows_the_meaning_of_is_left_out() -> None:
    model = catalogue(overlay(Offered(skus=(Sku("LunarStandard"), Sku("GlobalStandard"))))).model(MINI)
    assert model is not None
    assert "LunarStandard" not in model.offers


@pytest.mark.parametrize(
    ("stage", "retires", "status"),
    [
        ("Deprecated", "2026-11-19T00:00:00Z", "retired"),
        ("Deprecated", "", "retired"),
        ("Deprecated", "2027-01-01T00:00:00Z", "deprecated"),
        ("Deprecating", "2027-01-01T09:00:00+09:00", "deprecated"),
        ("Stable", "", "ga"),
        ("Unheard", "", "ga"),
    ],
)
def test_stages(stage: str, retires: str, status: str) -> None:
    after = catalogue(overlay(Offered(lifecycle=stage, retires=retires)))
    model = after.model(MINI)
    assert model is not None
    assert after.lifecycle(model, TODAY).status == status


def test_prices_are_joined_by_their_meters_and_others_stay() -> None:
    made = overlay()
    answer = [Offered(skus=(Sku("GlobalStandard", meters=("A", "B")), Sku("GlobalBatch", meters=("C", "D"))))]
    take_models(made, "swedencentral", DAY, answer)
    listed = [
        Meter("a", "gpt Inp glbl Tokens", 0.001, "1K"),
        Meter("b", "gpt Outp glbl Tokens", 5),
        Meter("c", "gpt Batch Inp glbl Tokens", 1),
        Meter("d", "gpt Batch Inp lng glbl Tokens", 2),
    ]
    assert take_prices(made, "swedencentral", DAY, listed, answer) == 1
    after = catalogue(made)
    model = after.model(MINI)
    assert model is not None
    here = after.price(model, "GlobalStandard", "swedencentral")
    assert here is not None
    assert dict(here.rates) == {"input": 1.0, "output": 5.0}
    assert (here.evidence.confidence, here.evidence.as_of) == ("live", DAY)
    there = after.price(model, "GlobalStandard", "eastus2")
    assert there == Catalog.load().price(model, "GlobalStandard", "eastus2")
    assert after.price(model, "GlobalBatch", "swedencentral") == Catalog.load().price(
        model, "GlobalBatch", "swedencentral"
    )
    moved = changes(Catalog.load(), after, TODAY)["prices"]
    assert {(row["kind"], row["before"], row["after"]) for row in moved} == {("input", 0.75, 1.0), ("output", 4.5, 5.0)}


def test_prices_in_another_currency_are_kept_beside_the_catalogues() -> None:
    made = overlay()
    answer = [Offered(skus=(Sku("GlobalStandard", meters=("A", "B")),))]
    take_models(made, "swedencentral", DAY, answer)
    listed = [Meter("a", "gpt Inp glbl Tokens", 0.69), Meter("b", "gpt Outp glbl Tokens", 4.1)]
    assert take_prices(made, "swedencentral", DAY, listed, answer, "EUR") == 0
    take_parts(made, "EUR", DAY, {"logsGb": {"swedencentral": 2.5}, "privateEndpointHour": {"*": 0.009}})
    after = catalogue(json.loads(render(made)))
    model = after.model(MINI)
    assert model is not None
    assert after.currencies == ("USD", "EUR")
    euros = after.price(model, "GlobalStandard", "swedencentral", "EUR")
    assert euros is not None
    assert dict(euros.rates) == {"input": 0.69, "output": 4.1}
    assert (euros.currency, euros.evidence.confidence, euros.evidence.as_of) == ("EUR", "live", DAY)
    before = Catalog.load()
    assert after.price(model, "GlobalStandard", "swedencentral") == before.price(
        model, "GlobalStandard", "swedencentral"
    )
    for sku, region, currency in (
        ("GlobalStandard", "eastus2", "EUR"),
        ("GlobalStandard", "swedencentral", "CHF"),
        ("GlobalBatch", "swedencentral", "EUR"),
        ("serverless", "swedencentral", "EUR"),
    ):
        assert after.price(model, sku, region, currency) is None
    assert (after.priced_on("swedencentral", "EUR"), after.priced_on("eastus2", "EUR")) == (DAY, "")
    parts = {name: after.part_price(name, "swedencentral", "EUR") for name in ("logsGb", "privateEndpointHour")}
    assert {name: price.rates[name] for name, price in parts.items() if price} == {
        "logsGb": 2.5,
        "privateEndpointHour": 0.009,
    }
    assert after.part_price("logsGb", "eastus2", "EUR") is None
    dollars = after.part_price("logsGb", "eastus2")
    assert dollars is not None
    assert (dollars.currency, dollars.evidence.confidence) == ("USD", "third-party")
    found = changes(before, after, TODAY)
    assert found["currencies"] == [{"currency": "EUR", "regions": ["swedencentral"]}]
    assert found["prices"] == []


def test_a_currencys_changes_are_told_once_it_is_known() -> None:
    documents = []
    for price in (0.69, 0.72):
        made = overlay()
        answer = [Offered(skus=(Sku("GlobalStandard", meters=("A",)),))]
        take_models(made, "swedencentral", DAY, answer)
        take_prices(made, "swedencentral", DAY, [Meter("a", "gpt Inp glbl Tokens", price)], answer, "EUR")
        take_parts(made, "EUR", DAY, {"logsGb": {"swedencentral": price}})
        documents.append(made)
    found = changes(catalogue(documents[0]), catalogue(documents[1]), TODAY)
    moved = {"currency": "EUR", "before": 0.69, "after": 0.72, "regions": ["swedencentral"]}
    assert found["prices"] == [{"model": MINI, "sku": "GlobalStandard", "kind": "input", **moved}]
    assert found["parts"] == [{"part": "logsGb", **moved}]
    assert (found["currencies"], count(found)) == ([], 2)


def test_what_a_currency_lacked_stays_noted_until_it_is_asked_again() -> None:
    made = overlay(Offered())
    settle(
        made, DAY, [{"region": "swedencentral", "api": "prices", "why": "429", "currency": "EUR"}], ["swedencentral"]
    )
    settle(made, DAY, [], ["swedencentral"], ["USD"])
    assert [row["currency"] for row in made["missing"]] == ["EUR"]
    settle(made, DAY, [], ["swedencentral"], ["EUR"])
    assert made["missing"] == []


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        ("gpt 4o 0513 Input global Tokens", "1K", "input"),
        ("gpt-4o-0806-Outp-regnl Tokens", "1K", "output"),
        ("gpt 5 pro out glbl Tokens", "1K", "output"),
        ("gpt-5-codex-ccchd-inp-glbl Tokens", "1M", "cachedInput"),
        ("gpt 4.1 cached Inp glbl Tokens", "1K", "cachedInput"),
        ("gpt-4.1-nano FT Training global Tokens", "1K", ""),
        ("Provisioned Managed Global Unit", "1 Hour", "ptuHour"),
        ("FT Hosting Unit", "1 Hour", ""),
        ("gpt 4o Inp Tokens", "1 GB", ""),
    ],
)
def test_what_a_meter_counts(name: str, unit: str, kind: str) -> None:
    assert kind_of(name, unit) == kind


def test_a_region_asked_again_forgets_what_it_had_and_others_keep_it() -> None:
    made = overlay(Offered())
    take_models(made, "eastus2", DAY, [Offered()])
    take_models(made, "swedencentral", "2026-11-21", [])
    (row,) = made["models"].values()
    assert row["skus"]["GlobalStandard"]["regions"] == ["eastus2"]
    take_models(made, "eastus2", "2026-11-21", [])
    assert made["models"] == {}


def test_accounts_and_rooms() -> None:
    made = overlay(Offered(skus=(Sku("GlobalProvisionedManaged"),)))
    take_accounts(made, DAY, ["swedencentral"])
    take_rooms(made, MINI, DAY, [("GlobalProvisionedManaged", "swedencentral", 40.0)], ["swedencentral"])
    after = catalogue(made)
    model = after.model(MINI)
    assert model is not None
    assert [name for name, row in after.regions.items() if row.ai_services_accounts] == ["swedencentral"]
    assert after.rooms(model, "GlobalProvisionedManaged") == (DAY, {"swedencentral": 40.0})


def test_nothing_changes_nothing() -> None:
    before = Catalog.load()
    assert count(changes(before, before, TODAY)) == 0


# the file


def test_a_file_is_written_whole_and_read_as_it_was(tmp_path: Path) -> None:
    file, made = tmp_path / "catalog.overlay.json", overlay(Offered())
    write(file, made)
    assert [found.name for found in tmp_path.iterdir()] == [file.name]
    found, document = read(str(file), "azure", "2026-10-09")
    assert document == made
    assert found.used
    assert Catalog.load(str(file), "azure").digest != Catalog.load().digest
    file.write_text(render({**made, "asOf": "2026-11-21"}))
    assert Catalog.load(str(file), "azure").overlay.as_of == "2026-11-21"  # type: ignore[union-attr]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "catalog.overlay.json"
    file.write_text("before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(file, overlay())
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [(file.name, "before")]


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    assert find_overlay(tmp_path, {}) == ""
    (tmp_path / "catalog.overlay.json").write_text("{}")
    assert find_overlay(tmp_path, {}) == str(tmp_path / "catalog.overlay.json")
    assert find_overlay(tmp_path, {"MODELFORM_CATALOG": "/elsewhere"}) == "/elsewhere"
    assert find_overlay(tmp_path, {"MODELFORM_CATALOG": ""}) == ""


def test_a_file_that_is_not_there_is_a_problem_and_the_catalogue_is_as_without() -> None:
    found = Catalog.load("/nowhere/overlay.json", "azure")
    assert found.overlay is not None
    assert "cannot be read" in found.overlay.problem
    assert found.digest == Catalog.load().digest


def filled() -> dict[str, Any]:
    made = overlay(Offered(skus=(Sku("GlobalStandard", meters=("a",)),)))
    answer = [Offered(skus=(Sku("GlobalStandard", meters=("a",)),))]
    take_prices(made, "swedencentral", DAY, [Meter("a", "x Inp Tokens", 1)], answer)
    take_prices(made, "swedencentral", DAY, [Meter("a", "x Inp Tokens", 0.9)], answer, "EUR")
    take_parts(made, "EUR", DAY, {"logsGb": {"swedencentral": 2.5, "*": 2.6}})
    take_accounts(made, DAY, ["swedencentral"])
    take_rooms(made, MINI, DAY, [("GlobalProvisionedManaged", "swedencentral", 1.0)], ["swedencentral"])
    return made


FILLED = filled()


def spots(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        found += spots(value, (*path, key))
    return found


@given(
    st.sampled_from(spots(FILLED)),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just([]), st.just({}), st.just([{}]), st.just(-1)),
)
def test_a_damaged_overlay_is_either_a_problem_or_usable(spot: tuple[Any, ...], value: Any) -> None:
    damaged = json.loads(json.dumps(FILLED))
    node = damaged
    for key in spot[:-1]:
        node = node[key]
    node[spot[-1]] = value
    if next(problems(damaged), None) is None:
        after = Catalog.with_overlay(damaged, "x")
        for model in after.models:
            after.lifecycle(model, TODAY)
            for sku in model.offers:
                for region in model.regions_for(sku):
                    for currency in after.currencies:
                        after.price(model, sku, region, currency)
        for currency in after.currencies:
            after.part_price("logsGb", "swedencentral", currency)
            after.priced_on("swedencentral", currency)


@given(st.integers(0, len(render(FILLED)) - 2))
def test_a_cut_overlay_is_a_problem(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    file = tmp_path_factory.mktemp("cut") / "o.json"
    file.write_text(render(FILLED)[:length])
    found, document = read(str(file), "azure", "2026-10-09")
    assert found.problem
    assert document == {}
