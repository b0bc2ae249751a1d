"""Where publishers have their seats, and which seats a word such as `EU` stands for."""

from __future__ import annotations

from collections.abc import Iterable

EU = "EU"
# The member states, by ISO 3166-1 code.
EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


def countries(origins: Iterable[str]) -> frozenset[str]:
    """The countries that a list of origins names; `EU` is its members."""
    found: set[str] = set()
    for origin in origins:
        found |= EU_MEMBERS if origin == EU else {origin}
    return frozenset(found)
