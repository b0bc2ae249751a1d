"""The CLI's own home in the sandbox: it keeps no logs there, unless somebody wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelform.drivers.place import Place
from modelform.drivers.pulumi_home import LOG_LIMIT, Home

SANDBOX_LOGS = Path(".modelform", "pulumi", "home", "logs")


def environment(folder: Path, target: str = "sandbox", **variables: str) -> dict[str, str]:
    """What the CLI of a project folder gets."""
    place = Place(folder, target, {"PULUMI_CONFIG_PASSPHRASE": "x", **variables}, allow_local_state=True)  # type: ignore[arg-type]
    return Home(place).environment("", {})


def test_the_sandbox_keeps_no_logs_of_the_cli(tmp_path: Path) -> None:
    for _ in range(2):
        found = environment(tmp_path)
        assert Path(found["PULUMI_HOME"]) == tmp_path / SANDBOX_LOGS.parent
        with pytest.raises(FileExistsError):
            (tmp_path / SANDBOX_LOGS).mkdir()
        assert LOG_LIMIT in (tmp_path / SANDBOX_LOGS).read_text()


def test_whoever_says_how_many_gets_them(tmp_path: Path) -> None:
    environment(tmp_path)
    assert environment(tmp_path, **{LOG_LIMIT: "5"})[LOG_LIMIT] == "5"
    (tmp_path / SANDBOX_LOGS).mkdir()
    (tmp_path / SANDBOX_LOGS / "one.log").touch()
    environment(tmp_path)
    assert (tmp_path / SANDBOX_LOGS / "one.log").exists()


def test_the_users_own_home_is_left_as_it_is(tmp_path: Path) -> None:
    assert "PULUMI_HOME" not in environment(tmp_path, "azure")
    assert not (tmp_path / SANDBOX_LOGS).exists()
