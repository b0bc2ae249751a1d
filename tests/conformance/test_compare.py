"""The comparison itself: it finds what is different, and lets go by what chance decides."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from .compare import Observed, differences
from .graph import Relations

RECORDING = Path(__file__).parent / "recordings" / "dbr_cascades_to_dependents.json"


def recorded() -> tuple[dict[str, Any], Observed, Relations]:
    """The last step of a recording, as if an engine had done the very same."""
    step = json.loads(RECORDING.read_text(encoding="utf-8"))["steps"][-1]
    expected = step["expect"]
    relations = Relations()
    relations.add_program(step["resources"])
    relations.add_state(expected["state"]["resources"])
    observed = Observed(
        operations=copy.deepcopy(expected["operations"]),
        summary=dict(expected["summary"]),
        succeeded=expected["succeeded"],
        calls=copy.deepcopy(expected["provider_calls"]),
        state=copy.deepcopy(expected["state"]["resources"]),
    )
    return expected, observed, relations


def found(change: Any) -> list[str]:
    expected, observed, relations = recorded()
    change(observed)
    return differences(expected, observed, relations, preview=False)


def swap(items: list[Any], left: int, right: int) -> None:
    items[left], items[right] = items[right], items[left]


def test_the_same_is_the_same() -> None:
    assert found(lambda o: None) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda o: setattr(o, "succeeded", False),
        lambda o: o.summary.update(same=2),
        lambda o: o.operations.pop(),
        lambda o: o.operations.append(o.operations[0]),
        lambda o: swap(o.operations, 1, 2),
        lambda o: swap(o.operations, 4, 6),
        lambda o: o.operations[3].update(keys=["other"]),
        lambda o: o.operations[-1]["detailedDiff"]["size"].update(diffKind="add"),
        lambda o: swap(o.calls, 0, 1),
        lambda o: swap(o.calls, 2, 3),
        lambda o: o.calls[2]["inputs"].update(key="3"),
        lambda o: o.calls.pop(),
        lambda o: o.state[1]["inputs"].update(key="3"),
        lambda o: o.state[2].pop("dependencies"),
        lambda o: o.state.pop(),
        lambda o: swap(o.state, 1, 2),
        lambda o: o.failed.add("urn"),
    ],
)
def test_a_difference_is_found(change: Any) -> None:
    assert found(change)


def test_numbers_and_lists_without_an_order_are_compared_by_what_they_say() -> None:
    def change(observed: Observed) -> None:
        for resource in observed.state:
            if "outputs" in resource:
                resource["outputs"]["rev"] = float(resource["outputs"]["rev"])
        observed.operations[3]["keys"] = list(reversed(observed.operations[3]["keys"]))

    assert found(change) == []


def test_independent_resources_may_come_in_any_order() -> None:
    expected: dict[str, Any] = {
        "succeeded": True,
        "summary": {},
        "operations": [{"op": "create", "urn": "x"}, {"op": "create", "urn": "y"}, {"op": "delete", "urn": "z"}],
        "provider_calls": [],
        "diagnostics": [],
        "state": {"resources": []},
    }
    operations = expected["operations"]
    assert differences(expected, Observed([operations[1], operations[0], operations[2]]), Relations(), False) == []
    assert differences(expected, Observed([operations[0], operations[2], operations[1]]), Relations(), False)
