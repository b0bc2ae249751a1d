"""catalog: lists, one model, where it is on offer, two side by side; outside of any project."""

from __future__ import annotations

from typing import Any

import pytest

MISTRAL = "mistral-ai/Mistral-Large-3@1"


def ids(document: dict[str, Any]) -> set[str]:
    return {row["id"] for row in document["models"]}


@pytest.mark.parametrize(
    "argv",
    [
        ("list",),
        ("list", "--residency", "eu", "--status", "ga"),
        ("show", "mistral-large-3"),
        ("where", "gpt-5.4-mini"),
        ("compare", "mistral-large-3", "gpt-5.4-mini"),
        ("search", "mistral chat"),
    ],
)
def test_everything_fits_80_columns(modelform: Any, argv: tuple[str, ...]) -> None:
    ran = modelform("catalog", *argv)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "newest fact 2026-10-09 (44 days old)" in ran.err


def test_a_list_has_what_was_wished_for_and_nothing_else(modelform: Any) -> None:
    wide = modelform("catalog", "list", "--feature", "vision", "--language", "fr", "--json").document
    assert MISTRAL in ids(wide)
    narrow = modelform(
        "catalog", "list", "--feature", "vision", "--language", "fr", "--residency", "eu", "--json"
    ).document
    assert ids(narrow) < ids(wide)
    assert MISTRAL not in ids(narrow)
    zone = modelform("catalog", "list", "--publisher", "mistral-ai", "--residency", "eu-data-zone", "--json").document
    found = next(row for row in zone["models"] if row["id"] == MISTRAL)
    assert found["skus"] == ["DataZoneStandard"]
    assert {row["country"] for row in zone["models"]} == {"FR"}
    assert all(row["status"] != "retired" for row in wide["models"])


def test_the_whole_list_has_the_models_that_are_known_by_name_too(modelform: Any) -> None:
    rows = modelform("catalog", "list", "--json").document["models"]
    assert len(rows) >= 110
    assert len({row["publisher"] for row in rows}) >= 10
    assert all(row["offersKnown"] == (row["version"] is not None) for row in rows)
    realtime = next(row for row in rows if row["id"] == "openai/gpt-realtime")
    assert (realtime["status"], realtime["retires"], realtime["skus"]) == ("ga", "2027-02-28", [])
    assert "openai/gpt-realtime " in modelform("catalog", "search", "openai", "realtime").out
    assert "openai/gpt-audio-mini" not in ids({"models": rows}), "it retired on 2026-09-21"


def test_models_of_unknown_languages_are_named_and_not_dropped(modelform: Any) -> None:
    document = modelform("catalog", "list", "--feature", "code", "--language", "fr", "--json").document
    assert document["languagesUnknown"]
    assert not set(document["languagesUnknown"]) & ids(document)


def test_where_says_every_region_with_its_source(modelform: Any) -> None:
    document = modelform("catalog", "where", "mistral-large-3", "--residency", "eu-data-zone", "--json").document
    (offer,) = document["offers"]
    assert (offer["sku"], offer["processed"], offer["confidence"]) == ("DataZoneStandard", "dataZone", "official")
    assert "swedencentral" in offer["regions"]
    assert "eastus2" not in offer["regions"]


def test_show_keeps_what_sources_disagree_about(modelform: Any) -> None:
    ran = modelform("catalog", "show", "mistral-large-3")
    assert "conflict   GA in the schedule of 2026-07-07" in ran.out
    assert "dataZoneStandard  16       0.55 / 1.65" in ran.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("show", "mistral-larg-3"), "did you mean Mistral-Large-3"),
        (("list", "--region", "swedencentrl"), "swedencentral"),
        (("where", "gpt-5.4", "--residency", "mars"), "is no residency"),
        (("where", "gpt-5.4", "--sku", "globalstandart"), "did you mean GlobalStandard?"),
        (("list", "--feature", "visoin"), "did you mean vision?"),
        (("list", "--language", "klingon"), "there are ar, cs"),
        (("list", "--publisher", "openia"), "did you mean openai?"),
        (("list", "--status", "gone"), "there are deprecated, ga, legacy, preview, retired"),
        (("show", "gpt-4@0613"), "write `gpt-5.1@2025-11-13`"),
        (("compare", "gpt-5.4-mini"), "name a second model"),
        (("show", "gpt-5.4-mini", "--currency", "euro"), "a code of three letters"),
    ],
)
def test_a_slip_is_64_with_what_comes_near(modelform: Any, argv: tuple[str, ...], said: str) -> None:
    ran = modelform("catalog", *argv)
    assert ran.code == 64
    assert said in " ".join(ran.err.split())


def test_words_are_taken_as_people_write_them(modelform: Any) -> None:
    plain = modelform("catalog", "list", "--feature", "code", "--language", "fr", "--publisher", "anthropic", "--json")
    named = modelform("catalog", "list", "--feature", "Coding", "--language", "French", "--publisher", "anth", "--json")
    assert ids(named.document) == ids(plain.document) != set()
    assert ids(modelform("catalog", "search", "french", "code", "--json").document) >= ids(plain.document)


def test_where_nothing_fits_it_says_which_wish_is_in_the_way(modelform: Any) -> None:
    wish = ("--feature", "code", "--language", "fr", "--status", "ga", "--residency", "eu-data-zone")
    document = modelform("catalog", "list", *wish, "--json").document
    assert document["models"] == []
    less = {row["without"]: row["models"] for row in document["oneWishLess"]}
    assert "anthropic/claude-opus-5@2" in less["--residency eu-data-zone"]
    assert less["--language fr"] == ["mistral-ai/Codestral-2501@2", "openai/gpt-5.1-codex@2025-11-13"]
    ran = modelform("catalog", "list", *wish)
    assert "Without --language fr: mistral-ai/Codestral-2501@2" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_where_says_that_a_model_is_gone_and_where_it_is_without_the_wishes(modelform: Any) -> None:
    ran = modelform("catalog", "where", "o1", "--region", "swedencentral")
    assert "retired on 2026-11-19, replaced by gpt-5.6-sol" in ran.out
    ran = modelform("catalog", "where", "mistral-large-3", "--residency", "eu")
    assert "Without these wishes: globalStandard (processed anywhere) in 31" in ran.out
    document = modelform("catalog", "where", "mistral-large-3", "--residency", "eu", "--json").document
    assert (document["offers"], [row["sku"] for row in document["elsewhere"]]) == (
        [],
        ["GlobalStandard", "DataZoneStandard"],
    )


def test_a_model_is_compared_with_what_replaces_it(modelform: Any) -> None:
    ran = modelform("catalog", "compare", "gpt-4o", "--region", "westus")
    assert "gpt-4o@2024-11-20" in ran.out
    assert "gpt-5.1@2025-11-13" in ran.out
    row = next(line for line in ran.out.splitlines() if line.startswith("global "))
    assert row.endswith("-50% / +0%")
    assert max(map(len, ran.out.splitlines())) <= 80


def test_what_the_catalogue_knows_to_be_gone_is_in_no_list(modelform: Any) -> None:
    listed = ids(modelform("catalog", "list", "--json").document)
    assert not {"deepseek/DeepSeek-R1-0528", "openai/davinci-002", "meta/Llama-3.2-11B-Vision-Instruct"} & listed
    old = modelform("catalog", "show", "gpt-4o@2024-05-13")
    assert "retail-20250825, 2025-08-25, third-party, older than 60 days" in " ".join(old.out.split())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt-5", "conflict retires 2027-02-06 (retirement-20260707, 2026-07-07)"),
        ("gpt-5.5", "conflict DataZoneStandard: a third-party snapshot of 2026-08-22 also has the five APAC"),
        ("gpt-5.6-luna", "note price: litellm of 2026-08-01 had 1.00 in / 6.00 out; the retail API of 2026-10-09"),
        ("gpt-5.6-luna", "note GlobalProvisionedManaged: only eastus2 was checked"),
        ("gpt-5.6-sol", "note price: promotion since 2026-09-01"),
        ("gpt-5.4", "note price: above 272,000 tokens of input a request costs 2 times as much for input"),
        ("flux.2-pro", "note price: USD perFirstMegapixel 0.03, perFurtherMegapixel 0.015"),
        ("mistral-large", "conflict retirement schedule of 2026-10-05 lists this as GA"),
    ],
)
def test_what_sources_leave_open_is_shown(modelform: Any, name: str, said: str) -> None:
    assert said in " ".join(modelform("catalog", "show", name).out.split())


def test_prices_are_compared_in_one_region_and_none_is_of_another_than_was_asked(modelform: Any) -> None:
    rows = modelform("catalog", "compare", "gpt-5.3-codex", "gpt-5.4-mini", "--json").document["models"]
    zones = [offer for row in rows for offer in row["offers"] if offer["sku"] == "DataZoneStandard"]
    assert zones[0]["pricedIn"] == zones[1]["pricedIn"]
    document = modelform("catalog", "show", "gpt-5.4-mini", "--region", "westeurope", "--json").document
    offers = {offer["sku"]: (offer["here"], offer["pricedIn"]) for offer in document["model"]["offers"]}
    assert offers["GlobalStandard"] == (True, "westeurope")
    assert offers["ProvisionedManaged"] == (False, None)
    shown = modelform("catalog", "show", "gpt-5.4-mini", "--region", "westeurope").out
    assert "provisionedManaged          7        not there" in shown


def test_a_model_that_sources_only_name_is_shown_as_far_as_it_is_known(modelform: Any) -> None:
    ran = modelform("catalog", "show", "gpt-realtime")
    assert ran.code == 0
    assert "ga, retires 2027-02-28 (retirement-20260707)" in ran.out
    assert "Sources only name it" in ran.out
    document = modelform("catalog", "show", "anthropic/claude-opus-5-5", "--json").document
    assert document["model"]["price"] == {"input": 4.0, "output": 20.0, "cachedInput": 0.2}
    assert "anthropic/claude-opus-5-5" in ids(modelform("catalog", "list", "--json").document)
    assert modelform("catalog", "show", "openai/claude-opus-5-5").code == 64
    assert modelform("catalog", "where", "gpt-realtime").code == 64
