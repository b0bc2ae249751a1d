"""A process is killed at every state write, and before and after every call: thirty resources, one point a run.

The process is a fork of this one, so that a run costs little; what it works on is on the disk, under a real lock.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from modelform.state import Environment, Passphrase

from .mortal import NUMBER, PROJECT, STACK, Place, urn

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]
PARTS = 3
ALL = Counter(urn(f"thing{number}") for number in range(NUMBER))


@pytest.fixture(scope="module")
def crypter() -> Passphrase:
    """One whose key is derived once, before anything is forked."""
    found = Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": "word"}))
    found.encrypt("warm")
    return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: a kill loses nothing that the kernel has, and disks are slow."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def dies(work: Callable[[], Any]) -> bool:
    """Runs it in a fork of this process; True if that was killed, False if it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the operation failed"
    return False


def facts(place: Place) -> Any:
    """What the state says and what there is, without ids and times."""
    things = place.cloud.things()
    resources = [
        (r.urn, r.delete, r.pending_replacement, r.inputs, r.outputs, things.get(r.id, {}).get("inputs"))
        for r in place.load().resources
        if r.custom and not r.type.startswith("pulumi:")
    ]
    return resources, Counter(thing["urn"] for thing in things.values())


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("operation", "before", "key"), [("up", None, 0), ("up", 0, 1), ("destroy", 0, 0)], ids=["up", "replace", "destroy"]
)
def test_whenever_it_is_killed_the_next_run_gets_there(
    operation: str, before: int | None, key: int, part: int, place: Path, crypter: Passphrase
) -> None:
    """Every point of the operation is in one of the parts."""
    start = place / "start"
    start.mkdir()
    if before is not None:
        assert Place(start, crypter).operate("up", before).ok
    straight = Place(shutil.copytree(start, place / "straight"), crypter)
    assert straight.operate(operation, key).ok
    points = straight.reaper.count
    assert points >= 4 * NUMBER
    wanted = facts(straight)
    assert wanted[1] == (ALL if operation == "up" else Counter())
    for at in range(1 + part, points + 1, PARTS):
        folder = shutil.copytree(start, place / "killed")
        assert dies(lambda at=at, folder=folder: Place(folder, crypter, at).operate(operation, key)), at
        after = Place(folder, crypter)
        after.load()
        owners = after.states.owners(PROJECT, STACK)
        assert [owner.dead for owner in owners] == [True]
        asked = at % 5 == 0
        if asked:
            assert after.states.unlock(PROJECT, STACK) == owners
        assert after.operate(operation, key).ok, at
        assert after.taken_over == (0 if asked else 1)
        assert facts(after) == wanted, at
        assert Counter(after.cloud.made()) == Counter(straight.cloud.made()), at
        assert after.load().pending_operations == []
        if asked:
            writes = after.writes
            assert after.operate(operation, key).ok
            assert after.writes == writes
        shutil.rmtree(folder)
    assert not dies(lambda: Place(start, crypter, points + 1).operate(operation, key))


def test_a_process_that_is_killed_again_and_again_gets_there(place: Path, crypter: Passphrase) -> None:
    """Each run gets four points further than where it started, and dies."""
    runs = 0
    while dies(lambda: Place(place, crypter, 6).operate("up")):
        runs += 1
        assert runs < 4 * NUMBER
    there = Place(place, crypter)
    assert facts(there)[1] == ALL
    assert Counter(there.cloud.made()) == ALL
    while dies(lambda: Place(place, crypter, 6).operate("destroy")):
        runs += 1
        assert runs < 8 * NUMBER
    assert there.cloud.things() == {}
    assert there.load().resources == []
