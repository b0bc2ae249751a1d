"""Every error code of the control plane is one that a test asks for."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modelform.sandbox

SOURCE = Path(modelform.sandbox.__file__).parent
MAKERS = ("Refusal", "_flat")


def codes(file: Path) -> Iterator[str]:
    """The codes in a module's refusals."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            for argument in node.args[:3]:
                value = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Za-z]+", value):
                    yield value


def test_every_code_has_a_test() -> None:
    modules = [file for file in SOURCE.rglob("*.py") if "plane" not in file.parts]
    given = {code for file in modules for code in codes(file)}
    tests = "\n".join(file.read_text() for file in Path(__file__).parent.rglob("*") if file.suffix in (".py", ".yaml"))
    assert len(given) > 90
    assert sorted(code for code in given if not re.search(rf"\b{code}\b", tests)) == []


def test_a_foundry_account_is_full_of_projects(client: Any, bodies: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client.made("{group}", bodies.GROUP)
    client.made("{account}", bodies.account())
    monkeypatch.setattr(type(client.control.offers), "cap", lambda self, name, otherwise: 2)
    for name in ("one", "two"):
        client.made("{account}/projects/" + name, bodies.project())
    answer = client.send("PUT", "{account}/projects/three", bodies.project())
    assert (answer.status, answer.body["error"]["code"]) == (400, "ProjectLimitReached")


def test_a_database_that_others_hold_too_long_is_a_busy_server(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held = sqlite3.OperationalError("database is locked")
    held.sqlite_errorcode = sqlite3.SQLITE_BUSY

    def refuse() -> Any:
        raise held

    monkeypatch.setattr(client.control.store, "read", refuse)
    answer = client.send("GET", "{group}")
    assert (answer.status, answer.body["error"]["code"], answer.headers["Retry-After"]) == (503, "ServerBusy", "1")
