"""How the whole suite runs: generated cases are the same in every run unless somebody asks for others."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("modelform")
    group.addoption(
        "--property-cases", type=int, metavar="N", help="cases that each property of the engine is tried with"
    )
    group.addoption("--random", action="store_true", help="search for new cases instead of repeating the known ones")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("known", derandomize=True, database=None, deadline=None, print_blob=True)
    settings.register_profile("random", derandomize=False, database=None, deadline=None, print_blob=True)
    if not config.getoption("--hypothesis-profile", default=None):
        settings.load_profile("random" if config.getoption("--random") else "known")
    wanted = config.getoption("--property-cases")
    if wanted:
        os.environ["MODELFORM_PROPERTY_CASES"] = str(wanted)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever asks for more cases waits for them."""
    if config.getoption("--property-cases"):
        for item in items:
            if "properties" in item.path.parts:
                item.add_marker(pytest.mark.timeout(0))
