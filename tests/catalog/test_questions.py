"""What the catalogue answers: names, offers, residency, life, quota, price."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.catalog import SERVERLESS, Candidates, Catalog, Model, Region
from modelform.catalog.search import version_key

TODAY = date(2026, 11, 22)
CATALOG = Catalog.load()
MODELS = st.sampled_from(CATALOG.models)
REGIONS = st.sampled_from(sorted(CATALOG.regions))
RESIDENCIES = st.sampled_from(CATALOG.residencies())


def model(text: str) -> Model:
    found = CATALOG.find(text, today=TODAY)
    assert isinstance(found, Model), found
    return found


def candidates(text: str) -> Candidates:
    found = CATALOG.find(text, today=TODAY)
    assert isinstance(found, Candidates), found
    return found


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("mistral-large-3", "mistral-ai/Mistral-Large-3@1"),
        ("Mistral-Large-3@1", "mistral-ai/Mistral-Large-3@1"),
        ("mistral-ai/mistral-large-3", "mistral-ai/Mistral-Large-3@1"),
        ("Mistral AI/MISTRAL-LARGE-3@1", "mistral-ai/Mistral-Large-3@1"),
        (" gpt-5.4-mini ", "openai/gpt-5.4-mini@2026-03-17"),
        ("gpt-4o", "openai/gpt-4o@2024-11-20"),
        ("gpt-4o@2024-05-13", "openai/gpt-4o@2024-05-13"),
        ("claude-opus-5", "anthropic/claude-opus-5@2"),
        ("openai/model-router", "microsoft/model-router@2025-11-18"),
    ],
)
def test_find(text: str, id: str) -> None:
    assert model(text).id == id


@pytest.mark.parametrize(
    ("text", "reason", "near"),
    [
        ("gpt-5.4-mni", "unknown", "gpt-5.4-mini"),
        ("mistrallarge3", "unknown", "Mistral-Large-3"),
        ("codestral", "unknown", "Codestral-2501"),
        ("openai/mistral-large-3", "unknown", "mistral-ai/Mistral-Large-3"),
        ("gpt-4o@2025-01-01", "version", "gpt-4o@2024-11-20"),
        ("claude-mythos-5", "no-facts", "claude-opus-5"),
    ],
)
def test_what_is_not_found_has_its_reason_and_what_comes_near(text: str, reason: str, near: str) -> None:
    found = candidates(text)
    assert found.reason == reason
    assert near in found.near
    assert near in found.hint()
    assert text.partition("@")[0] in found.explain()


def test_retired_model_says_when_and_what_replaced_it() -> None:
    found = candidates("gpt-4.5-preview")
    assert (found.reason, found.retired_on) == ("retired", date(2025, 7, 14))
    assert found.explain() == "gpt-4.5-preview was retired on 2025-07-14"
    assert "gpt-4.1" in found.hint()


def test_retired_version_of_a_model_that_lives_on() -> None:
    assert candidates("gpt-chat-latest@2026-05-05").reason == "retired"


@pytest.mark.parametrize("text", ["", "@", "/", "zzzzzzzz", "@1", "mistral-ai/"])
def test_nonsense_is_unknown(text: str) -> None:
    assert candidates(text).reason == "unknown"


@given(MODELS)
@settings(deadline=None)
def test_every_id_finds_its_model_in_any_case(known: Model) -> None:
    assert model(known.id) is known
    assert model(known.id.upper()) is known
    assert CATALOG.model(known.id) is known
    assert CATALOG.by_arm(known.format, known.name, known.version) is known


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=50)
def test_any_text_has_an_answer(text: str) -> None:
    found = CATALOG.find(text, today=TODAY)
    assert isinstance(found, Model) or found.explain()


def test_versions_are_ordered_as_people_count() -> None:
    versions = ["10", "2", "2024-05-13", "2024-11-20", "1"]
    assert sorted(versions, key=version_key) == ["1", "2", "10", "2024-05-13", "2024-11-20"]


# Offers


def test_skus_and_regions() -> None:
    large = model("mistral-large-3")
    assert CATALOG.skus_in(large, "swedencentral") == ("GlobalStandard", "DataZoneStandard")
    assert CATALOG.skus_in(large, "norwayeast") == ("GlobalStandard",)
    assert "norwayeast" not in CATALOG.regions_for(large, "DataZoneStandard")
    assert CATALOG.serverless_regions(large) == ()


def test_serverless_offer() -> None:
    small = model("mistral-small-2503")
    assert SERVERLESS in CATALOG.skus_in(small, "swedencentral")
    assert small.serverless is not None
    assert small.serverless.asset == "azureml://registries/azureml-mistral/models/mistral-small-2503"
    assert small.serverless.needs_marketplace
    phi = model("phi-4").serverless
    assert phi is not None
    assert not phi.needs_marketplace


def test_counter_names_are_arms_and_limits_are_found_in_any_case() -> None:
    assert CATALOG.usage_name(model("gpt-4.1@2025-04-14"), "GlobalStandard") == "OpenAI.GlobalStandard.gpt4.1"
    assert CATALOG.usage_name(model("mistral-large-3"), "Standard") is None
    assert CATALOG.quota_limit("openai.globalstandard.GPT4.1").limit == 1000
    assert CATALOG.quota_limit("nobody.knows.this").limit == CATALOG.quota_limit("*").limit == 400
    assert CATALOG.quota_limit("OpenAI.S0.AccountCount").limit == 30
    assert CATALOG.limit("standardDeploymentsPerAccount").value == 32


@pytest.mark.parametrize(
    ("text", "sku", "unit", "per_unit"),
    [
        ("mistral-large-3", "GlobalStandard", "tpm", 1000),
        ("o1", "GlobalStandard", "tpm", 6000),
        ("gpt-5.4-mini", "GlobalProvisionedManaged", "ptu", 1),
        ("gpt-5.4-mini", "GlobalBatch", "enqueuedTokens", 1000),
        ("codestral-2501", "GlobalStandard", "units", 1),
        ("flux.2-pro", "GlobalStandard", "units", 1),
    ],
)
def test_unit_of_capacity(text: str, sku: str, unit: str, per_unit: int) -> None:
    rules = CATALOG.capacity_rules(model(text), sku)
    assert rules is not None
    assert (rules.unit, rules.amount_per_unit) == (unit, per_unit)


@given(MODELS)
@settings(deadline=None)
def test_every_default_capacity_is_within_its_bounds(known: Model) -> None:
    for offer in known.offers.values():
        assert offer.capacity.problem(offer.capacity.default) == ""
        assert offer.capacity.problem(offer.capacity.minimum - 1) != ""


# Where prompts are processed


@pytest.mark.parametrize(
    ("residency", "sku", "region", "allowed"),
    [
        (None, "GlobalStandard", "eastus", True),
        ("global", "GlobalStandard", "eastus", True),
        ("eu-data-zone", "GlobalStandard", "swedencentral", False),
        ("eu-data-zone", "DeveloperTier", "swedencentral", False),
        ("eu-data-zone", "DataZoneStandard", "swedencentral", True),
        ("eu-data-zone", "DataZoneStandard", "eastus", False),
        ("eu-data-zone", "DataZoneStandard", "uksouth", False),
        ("eu-data-zone", "Standard", "switzerlandwest", True),
        ("eu-data-zone", "Standard", "uksouth", False),
        ("eu-data-zone", SERVERLESS, "swedencentral", True),
        ("eu", "DataZoneStandard", "swedencentral", False),
        ("eu", "Standard", "swedencentral", True),
        ("eu", "Standard", "norwayeast", False),
        ("eu", "ProvisionedManaged", "northeurope", True),
        ("eu", SERVERLESS, "swedencentral", True),
        ("eu", SERVERLESS, "eastus", False),
        ("us-data-zone", "DataZoneStandard", "eastus2", True),
        ("us-data-zone", "DataZoneStandard", "swedencentral", False),
        ("us-data-zone", SERVERLESS, "westus", True),
        ("apac-data-zone", "DataZoneStandard", "japaneast", True),
        ("apac-data-zone", "Standard", "japanwest", False),
        ("US", "DataZoneStandard", "eastus2", True),
        ("SE", "Standard", "swedencentral", True),
        ("SE", "DataZoneStandard", "swedencentral", False),
        ("SE", SERVERLESS, "swedencentral", True),
        ("FR", "Standard", "swedencentral", False),
        ("swedencentral", "ProvisionedManaged", "swedencentral", True),
        ("swedencentral", "DataZoneStandard", "swedencentral", False),
        ("francecentral", "Standard", "swedencentral", False),
    ],
)
def test_residency(residency: str | None, sku: str, region: str, allowed: bool) -> None:
    answer = CATALOG.allowed_by(residency, sku, region)
    assert bool(answer) is allowed
    assert bool(answer.reason) is not allowed


@given(MODELS, REGIONS, RESIDENCIES)
@settings(deadline=None)
def test_a_policy_never_lets_a_global_sku_out_and_the_eu_is_within_its_boundary(
    known: Model, region: str, residency: str
) -> None:
    if residency != "global":
        assert not CATALOG.allowed_by(residency, "GlobalStandard", region, known)
    for sku in ("Standard", "DataZoneStandard", SERVERLESS):
        if CATALOG.allowed_by("eu", sku, region, known):
            assert CATALOG.allowed_by("eu-data-zone", sku, region, known)
        if CATALOG.allowed_by(residency, sku, region, known):
            assert CATALOG.allowed_by("global", sku, region, known)


@given(REGIONS)
@settings(deadline=None)
def test_a_regional_sku_is_allowed_by_its_own_region_and_country(region: str) -> None:
    place: Region = CATALOG.regions[region]
    assert CATALOG.allowed_by(region, "Standard", region)
    assert CATALOG.allowed_by(place.country, "Standard", region)
    assert bool(CATALOG.allowed_by("eu", "Standard", region)) is place.eu


def test_where_it_is_processed_is_said() -> None:
    zone = CATALOG.processing("DataZoneStandard", "swedencentral")
    assert (zone.scope, zone.zone) == ("dataZone", "eu")
    assert {"NO", "CH", "SE"} <= set(zone.countries)
    assert CATALOG.processing("Standard", "westeurope").caveat
    assert not CATALOG.processing("Standard", "swedencentral").caveat
    assert CATALOG.processing(SERVERLESS, "swedencentral").countries == ("SE",)


def test_a_model_on_its_publishers_own_machines_is_nowhere_in_particular() -> None:
    hosted = model("claude-opus-5@1")
    assert CATALOG.processing("GlobalStandard", "eastus2", hosted).scope == "publisher"
    assert not CATALOG.allowed_by("US", "DataZoneStandard", "eastus2", hosted)
    assert CATALOG.allowed_by("US", "DataZoneStandard", "eastus2", model("claude-opus-5@2"))


def test_words_for_residency() -> None:
    assert all(CATALOG.is_residency(word) for word in ("eu", "eu-data-zone", "SE", "swedencentral", "global"))
    assert not any(CATALOG.is_residency(word) for word in ("europe", "se", "EU", "", "atlantis"))


# Choices


@pytest.mark.parametrize(
    ("text", "region", "residency", "sku"),
    [
        ("mistral-large-3", "swedencentral", None, "GlobalStandard"),
        ("mistral-large-3", "swedencentral", "eu-data-zone", "DataZoneStandard"),
        ("mistral-large-3", "norwayeast", "eu-data-zone", None),
        ("mistral-large-3", "swedencentral", "eu", None),
        ("text-embedding-3-large", "swedencentral", "eu", "Standard"),
        ("gpt-5.4-mini", "swedencentral", "eu", None),
    ],
)
def test_cheapest_sku(text: str, region: str, residency: str | None, sku: str | None) -> None:
    assert CATALOG.cheapest_sku(model(text), region, residency) == sku


@given(MODELS, REGIONS, RESIDENCIES)
@settings(deadline=None)
def test_cheapest_sku_is_on_offer_and_allowed(known: Model, region: str, residency: str) -> None:
    sku = CATALOG.cheapest_sku(known, region, residency)
    if sku:
        assert region in known.regions_for(sku)
        assert CATALOG.allowed_by(residency, sku, region, known)
        assert sku in CATALOG.allowed_skus(known, region, residency)
        assert region in CATALOG.allowed_regions(known, sku, residency)
        assert "Provisioned" not in sku
        assert "Batch" not in sku


def test_prices() -> None:
    large = model("mistral-large-3")
    everywhere = CATALOG.price(large, "GlobalStandard", "swedencentral")
    zone = CATALOG.price(large, "DataZoneStandard", "swedencentral")
    assert everywhere is not None
    assert everywhere.rates == {"input": 0.5, "output": 1.5}
    assert zone is not None
    assert zone.rates["input"] == 0.55
    assert "EU rate not confirmed" in zone.note
    hour = CATALOG.price(model("gpt-5.4-mini"), "ProvisionedManaged", "swedencentral")
    assert hour is not None
    assert hour.rates == {"ptuHour": 2.0}
    assert CATALOG.price(model("mistral-small-2503"), SERVERLESS, "swedencentral") is not None
    assert CATALOG.price(model("grok-4.7"), "GlobalStandard", "swedencentral") is None
    assert CATALOG.price(large, "Standard", "swedencentral") is None


# Life


def test_a_date_that_has_passed_outweighs_the_status() -> None:
    o3 = model("o3")
    assert o3.lifecycle.status == "deprecated"
    assert CATALOG.lifecycle(o3, date(2026, 11, 18)).status == "deprecated"
    assert CATALOG.lifecycle(o3, date(2026, 11, 18)).days_left == 1
    assert CATALOG.lifecycle(o3, date(2026, 11, 19)).status == "retired"
    assert CATALOG.lifecycle(o3, date(2026, 11, 19)).replacement == "gpt-5.6-sol"


def test_a_previews_date_is_the_earliest_and_retires_nothing() -> None:
    standing = CATALOG.lifecycle(model("kimi-k2.7-code"), TODAY)
    assert standing.status == "preview"
    assert standing.earliest
    assert standing.days_left is not None
    assert standing.days_left < 0


def test_where_sources_disagree_it_is_retired_but_stops_nothing() -> None:
    standing = CATALOG.lifecycle(model("mistral-large"), TODAY)
    assert standing.status == "retired"
    assert not standing.evidence.stops
    assert "lists Mistral-large as retired" in standing.note


def test_find_prefers_what_lives_on_the_day() -> None:
    found = CATALOG.find("gpt-4o", today=date(2027, 1, 1))
    assert isinstance(found, Model)
    assert found.version == "2024-11-20"


def test_suggestions_are_alive_and_not_the_text_itself() -> None:
    assert "Mistral-Large-3" in CATALOG.suggest("mistral-large-4")
    assert "Mistral-large-2407" not in CATALOG.suggest("mistral-large-2408")


def test_digest_changes_with_the_data() -> None:
    assert CATALOG.digest == Catalog.load().digest
    assert Catalog({**CATALOG.data, "version": "2026-11-23"}).digest != CATALOG.digest


@pytest.mark.parametrize(
    ("text", "heir"),
    [
        ("gpt-4@0613", "gpt-5.1@2025-11-13"),
        ("o1-preview", "gpt-5.6-sol@2026-07-09"),
        ("gpt-35-turbo@0301", "gpt-4o-mini@2024-07-18"),
        ("cohere-rerank-v3-english", "cohere-rerank-v4.0-pro@1"),
        ("davinci", ""),
        ("dall-e-2", ""),
    ],
)
def test_what_took_the_place_of_a_model_that_is_gone(text: str, heir: str) -> None:
    found = candidates(text)
    assert found.heir == heir
    assert (f"write `{heir}`" in found.hint()) is bool(heir)


def test_nothing_that_is_gone_is_replaced_by_itself() -> None:
    for row in CATALOG.data["retired"]:
        name = f"{row['name']}@{row['version']}" if row["version"] else row["name"]
        found = CATALOG.find(name, today=TODAY)
        assert not isinstance(found, Candidates) or found.heir != name.lower()


def test_where_nothing_replaces_a_model_that_is_gone_what_is_near_by_name_is_told() -> None:
    assert candidates("gpt-5-chat").hint().startswith("no replacement is named; by name near it: gpt-5")
    assert candidates("davinci").hint() == ""
