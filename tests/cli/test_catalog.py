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
    ],
)
def test_a_slip_is_64_with_what_comes_near(modelform: Any, argv: tuple[str, ...], said: str) -> None:
    ran = modelform("catalog", *argv)
    assert ran.code == 64
    assert said in " ".join(ran.err.split())
