"""Conversations with the sandbox from `cases/*.yaml`: what is sent, and what ARM answers.

A step is `put: PATH` (or another method) with `body:` (a mapping, or the name of one of `Bodies` with its
arguments under `with:`), and what is expected: `status`, `code`, `says` (a part of the message), `has` (dotted paths of
the answer and their values; `~` for absent), `headers` (names that must be there). `wait: SECONDS` moves the clock;
`follow: true` asks the monitor that the last answer named; `repeat: N` sends a step N times, with `{n}` in its path;
`include: hub` puts in the steps that make a hub and its project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

METHODS = ("get", "head", "put", "patch", "post", "delete")


CASES = Path(__file__).parent / "cases"
HUB: list[Any] = yaml.safe_load((CASES / "hubs.yaml").read_text())[0]["steps"]


def _cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(_cases()))
def test_case(case: dict[str, Any], sandbox: Callable[..., Any], bodies: Any) -> None:
    options: dict[str, Any] = {"latency": case.get("latency", 0.0)}
    if "today" in case:
        options["today"] = date.fromisoformat(str(case["today"]))
    client = sandbox(**options)
    if case.get("group", True):
        client.made("{group}", bodies.GROUP)
        client.clock.now += options["latency"]
    answer = None
    for step in _steps(case["steps"]):
        if "wait" in step:
            client.clock.now += step["wait"]
            continue
        if step.get("follow"):
            assert answer is not None
            answer = client.follow(answer)
        else:
            answer = _send(client, bodies, step)
        _check(client, step, answer)
        if options["latency"] and case.get("settled", True) and step.get("settled", True):
            client.clock.now += options["latency"]


def _steps(steps: list[Any]) -> Iterator[Any]:
    for step in steps:
        if "include" in step:
            yield from HUB
        elif "repeat" in step:
            for n in range(step["repeat"]):
                yield {**step, "put": step["put"].replace("{n}", str(n))}
        else:
            yield step


def _send(client: Any, bodies: Any, step: dict[str, Any]) -> Any:
    method = next(name for name in METHODS if name in step)
    body = step.get("body")
    if isinstance(body, str):
        arguments = {key: _named(client, value) for key, value in step.get("with", {}).items()}
        body = getattr(bodies, body)(**arguments)
    else:
        body = _named(client, body)
    return client.send(method.upper(), step[method], body, headers=step.get("send"), version=step.get("version"))


def _check(client: Any, step: dict[str, Any], answer: Any) -> None:
    expected = step.get("status", (200, 201, 202, 204))
    statuses = expected if isinstance(expected, tuple) else (expected,)
    assert answer.status in statuses, (step, answer.status, answer.body)
    if "code" in step:
        assert answer.body["error"]["code"] == step["code"], answer.body
    if "says" in step:
        assert client.path(step["says"]) in answer.body["error"]["message"]
    for name in step.get("headers", ()):
        assert name in answer.headers, answer.headers
    for path, value in step.get("has", {}).items():
        wanted = _named(client, value)
        assert _at(answer.body, path) == wanted, (path, answer.body)


def _named(client: Any, value: Any) -> Any:
    if isinstance(value, list):
        return [_named(client, item) for item in value]
    if isinstance(value, dict):
        return {client.path(key): _named(client, item) for key, item in value.items()}
    return client.path(value) if isinstance(value, str) else value


def _at(value: Any, path: str) -> Any:
    for part in path.split("/"):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value
