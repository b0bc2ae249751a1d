"""The sandbox for one operation's processes: it loads when somebody comes, and what keeps it from that is told."""

from __future__ import annotations

import json
import ssl
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelform.errors import ModelformError, StateError
from modelform.sandbox import app
from modelform.sandbox.loopback import Loopback, loopback

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


def asked(served: Loopback) -> dict[str, object]:
    """The subscription, as a client of the operation's asks for it."""
    context = ssl.create_default_context(cafile=served.ca_bundle)
    request = urllib.request.Request(
        f"{served.endpoint}/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01",
        headers={"Authorization": f"Bearer {served.token}"},
    )
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        found: dict[str, object] = json.load(answer)
        return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that an application was made for."""
    found: list[Path] = []
    original = app.create_app

    def create(data_dir: Path, **options: object) -> object:
        found.append(data_dir)
        return original(data_dir, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(app, "create_app", create)
    return found


def test_nothing_is_loaded_for_nobody(tmp_path: Path, made: list[Path]) -> None:
    with loopback(tmp_path) as served:
        assert served.ca_bundle.is_file()
    assert made == []
    assert [one.name for one in threading.enumerate() if one.name == "sandbox"] == []


@pytest.mark.slow
def test_the_first_who_come_wait_and_are_all_answered(tmp_path: Path, made: list[Path]) -> None:
    for _ in range(2):
        with loopback(tmp_path) as served, ThreadPoolExecutor(8) as clients:
            found = list(clients.map(lambda _, served=served: asked(served), range(8)))  # type: ignore[misc]
        assert [one["subscriptionId"] for one in found] == [SUBSCRIPTION] * 8
    assert made == [tmp_path, tmp_path]
    with pytest.raises(urllib.error.URLError):
        asked(served)


def test_what_the_files_are_is_known_before_anybody_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sandbox.db").write_bytes(b"something else, and long enough to be looked at as a database" * 20)
    with pytest.raises(StateError, match=r"sandbox\.db"), loopback(tmp_path):
        pytest.fail("it was served all the same")
    plan = tmp_path / "faults.yaml"
    plan.write_text("faults: [{kind: nothing-like-it}]")
    monkeypatch.setenv("MODELFORM_SANDBOX_FAULTS", str(plan))
    with pytest.raises(ModelformError, match="nothing-like-it"), loopback(tmp_path / "other"):
        pytest.fail("it was served all the same")


@pytest.mark.parametrize("error", [None, OSError("no such thing"), SystemExit(3)])
def test_whatever_keeps_it_from_loading_is_one_message(
    error: BaseException | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(data_dir: Path, **options: object) -> None:
        raise error or RuntimeError("a defect")

    monkeypatch.setattr(app, "create_app", create)
    serving = loopback(tmp_path)
    served = serving.__enter__()
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        asked(served)
    with pytest.raises(StateError, match="did not start") as caught:
        serving.__exit__(ValueError, ValueError("what comes of it"), None)
    assert ("a defect" in str(caught.value)) is (error is None)


def test_what_keeps_it_from_loading_is_raised_at_the_end_and_clients_do_not_wait(tmp_path: Path) -> None:
    serving = loopback(tmp_path)
    served = serving.__enter__()
    (tmp_path / "ca" / "server.pem").write_text("no certificate")
    with pytest.raises((urllib.error.URLError, ConnectionError), match=r"Connection|closed|reset|refused"):
        asked(served)
    with pytest.raises(StateError, match="cannot be read"):
        serving.__exit__(None, None, None)
