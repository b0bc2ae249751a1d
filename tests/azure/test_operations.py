"""Retries and long-running operations, against scripts of ARM's answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform.azure import ArmError

CASES = yaml.safe_load((Path(__file__).parent / "operations.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_operation(case: dict[str, Any], rig: Callable[..., Any]) -> None:
    made = rig(*case["answers"])
    arguments: list[Any] = ["/r", "1"] + ([{"a": 1}] if case["call"] == "put" else [])
    call = getattr(made.arm, case["call"])
    if wanted := case.get("error"):
        with pytest.raises(ArmError) as caught:
            call(*arguments, timeout=case.get("timeout", 0))
        error = caught.value
        assert wanted.get("message", "") in error.message
        assert wanted.get("diagnostic", error.diagnostics[0].code) == error.diagnostics[0].code
        assert wanted.get("hint", "") in error.diagnostics[0].hint
        for name in ("status", "code", "request_id"):
            assert wanted.get(name, getattr(error, name)) == getattr(error, name)
    else:
        assert call(*arguments, timeout=case.get("timeout", 0)) == case.get("result")
    assert made.script.lines == case["requests"]
    assert made.clock.waits == pytest.approx(case["waits"], abs=0.001)
