"""The values of a state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from modelform.state import Resource, timestamp


def test_a_resource_with_other_fields_is_another_resource() -> None:
    first = Resource("urn:x", "t", inputs={"a": 1})
    second = first.with_(id="1", custom=True)
    assert (first.id, first.custom, second.id, second.custom) == ("", False, "1", True)
    assert second.inputs is first.inputs
    assert second == Resource("urn:x", "t", custom=True, id="1", inputs={"a": 1})
    with pytest.raises(TypeError, match="no field colour"):
        first.with_(colour="red")


def test_times_are_utc() -> None:
    assert timestamp(datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC)) == "2026-11-22T10:00:00.000005Z"
    paris = timezone(timedelta(hours=1))
    assert timestamp(datetime(2026, 11, 22, 10, tzinfo=paris)) == "2026-11-22T09:00:00.000000Z"
