"""The CLI's own home in the sandbox: it keeps no logs there, unless somebody wants them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelform.drivers.place import Place
from modelform.drivers.pulumi_home import EARLIER, LOG_LIMIT, PLUGIN, Home
from modelform.errors import StateError

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
    environment(tmp_path, **{LOG_LIMIT: "5"})
    assert (tmp_path / SANDBOX_LOGS / "one.log").exists()


def test_logs_of_before_are_put_aside_so_that_no_more_are_kept(tmp_path: Path) -> None:
    for name in ("one.log", "two.log"):
        environment(tmp_path, **{LOG_LIMIT: "5"})
        (tmp_path / SANDBOX_LOGS).mkdir(parents=True)
        (tmp_path / SANDBOX_LOGS / name).write_text(name)
        environment(tmp_path)
        assert (tmp_path / SANDBOX_LOGS).is_file()
        assert (tmp_path / SANDBOX_LOGS.with_name(EARLIER) / name).read_text() == name


def test_a_passphrase_that_is_gone_is_not_replaced_by_another(tmp_path: Path) -> None:
    place = Place(tmp_path, "sandbox", {})
    with pytest.raises(StateError, match="is gone") as caught:
        Home(place).environment("v1:abaHQ/moCk8=:v1:ec/QE09VpS4xsn4v:I6Y", {})
    assert caught.value.diagnostics[0].code == "state.passphrase"
    assert not (tmp_path / ".modelform" / "passphrase").exists()
    assert Home(place).environment("", {})["PULUMI_CONFIG_PASSPHRASE"]


def test_a_home_that_has_no_place_for_it_stops_nothing(tmp_path: Path) -> None:
    environment(tmp_path)
    (tmp_path / SANDBOX_LOGS).unlink()
    (tmp_path / SANDBOX_LOGS.parent).rmdir()
    (tmp_path / SANDBOX_LOGS.parent).touch()
    assert environment(tmp_path)["PULUMI_HOME"]


@pytest.mark.slow
def test_several_operations_write_the_same_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def prepare(_: int) -> None:
        for number in range(25):
            place = Place(tmp_path / str(number), "sandbox", {})
            together.wait(10)
            Home(place).prepare("dev", "", ["plugin"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, range(4)))
    assert {path.name for path in tmp_path.glob("*/.modelform/pulumi/*/*")} == {
        PLUGIN,
        "Pulumi.yaml",
        "Pulumi.dev.yaml",
    }


def test_the_users_own_home_is_left_as_it_is(tmp_path: Path) -> None:
    assert "PULUMI_HOME" not in environment(tmp_path, "azure")
    assert not (tmp_path / SANDBOX_LOGS).exists()
