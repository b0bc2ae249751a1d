"""The lock: one holder, Pulumi's form, always given back, and taken over only from those who are certainly gone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from modelform.errors import Exit, LockedError
from modelform.state import Folder


def locks(folder: Folder) -> Path:
    return folder.root / ".pulumi/locks/organization/shop/dev"


def test_one_holds_it_and_the_other_is_told_who(folder: Folder) -> None:
    with folder.lock("shop", "dev"):
        with pytest.raises(LockedError) as caught, Folder(folder.root).lock("shop", "dev"):
            pytest.fail("two hold the same lock")
        finding = caught.value.diagnostics[0]
        assert caught.value.exit_code == Exit.LOCKED
        assert f"@{socket.gethostname()} (pid {os.getpid()}) since 20" in finding.summary
        assert "modelform stack unlock -s dev" in finding.hint
        with folder.lock("shop", "prod"):
            pass
    with folder.lock("shop", "dev"):
        pass


def test_it_is_given_back_whatever_happens(folder: Folder) -> None:
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), folder.lock("shop", "dev"):
            raise error
        assert list(locks(folder).iterdir()) == []


def test_the_file_is_as_pulumi_writes_it(folder: Folder) -> None:
    with folder.lock("shop", "dev"):
        (file,) = locks(folder).iterdir()
        document = json.loads(file.read_text())
    assert file.suffix == ".json"
    assert (document["pid"], document["hostname"]) == (os.getpid(), socket.gethostname())
    assert document["username"]
    assert datetime.fromisoformat(document["timestamp"]).tzinfo is not None


FOREIGN = {"pid": 4242, "username": "ann", "hostname": "elsewhere", "timestamp": "2026-11-22T10:00:00Z"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps(FOREIGN), "ann@elsewhere (pid 4242) since 2026-11-22T10:00:00Z"),
        (json.dumps(FOREIGN | {"hostname": socket.gethostname(), "pid": 2**22 - 1}), "ann@"),
        ("", "an unreadable lock file"),
        ("[]", "an unreadable lock file"),
        ('{"pid": "x"}', "an unreadable lock file"),
    ],
    ids=["another machine", "the CLI on this machine", "empty", "a list", "damaged"],
)
def test_of_whom_nothing_is_certain_holds_the_stack_until_it_is_unlocked(
    folder: Folder, content: str, says: str
) -> None:
    locks(folder).mkdir(parents=True)
    (locks(folder) / "theirs.json").write_text(content)
    with pytest.raises(LockedError) as caught, folder.lock("shop", "dev"):
        pytest.fail("a foreign lock was ignored")
    assert says in caught.value.diagnostics[0].summary
    assert [file.name for file in locks(folder).iterdir()] == ["theirs.json"]
    (owner,) = folder.unlock("shop", "dev")
    assert says in str(owner)
    with folder.lock("shop", "dev"):
        pass


HOLD = """
import sys, time
from pathlib import Path
from modelform.state import Folder
with Folder(Path(sys.argv[1])).lock("shop", "dev"):
    print("held", flush=True)
    time.sleep(60)
"""


def held_by_a_child(folder: Folder) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(folder.root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_the_lock_of_a_killed_process_is_taken_over_and_said_so(folder: Folder) -> None:
    child = held_by_a_child(folder)
    try:
        with pytest.raises(LockedError), folder.lock("shop", "dev"):
            pytest.fail("the lock of a living process was taken")
    finally:
        child.kill()
        if child.stdout:
            child.stdout.close()
    # Not waited for yet: a zombie is as dead.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with folder.lock("shop", "dev") as held:
        assert [owner.pid for owner in held.taken_over] == [child.pid]
        assert len(list(locks(folder).iterdir())) == 1
    child.wait()


def test_a_process_that_got_a_dead_ones_number_is_no_owner(folder: Folder) -> None:
    with folder.lock("shop", "dev"):
        (file,) = locks(folder).iterdir()
        mine = json.loads(file.read_text())
    (locks(folder) / "old.json").write_text(json.dumps(mine | {"started": "1"}))
    with folder.lock("shop", "dev") as held:
        assert len(held.taken_over) == 1


@pytest.mark.parametrize("change", [{"machine": "another boot"}, {"started": "unknown"}, {"machine": ""}])
def test_a_lock_of_another_boot_or_container_is_not_taken(folder: Folder, change: dict[str, str]) -> None:
    with folder.lock("shop", "dev"):
        (file,) = locks(folder).iterdir()
        mine = json.loads(file.read_text())
    (locks(folder) / "old.json").write_text(json.dumps(mine | change))
    with pytest.raises(LockedError), folder.lock("shop", "dev"):
        pytest.fail("the lock was taken from somebody of whom nothing is certain")


def test_of_many_at_once_at_most_one_holds_it(folder: Folder) -> None:
    holding, most = 0, 0
    outcomes: list[str] = []
    count, start = threading.Lock(), threading.Barrier(8)

    def attempt() -> None:
        nonlocal holding, most
        start.wait()
        try:
            with folder.lock("shop", "dev"):
                with count:
                    holding += 1
                    most = max(most, holding)
                with count:
                    holding -= 1
            outcomes.append("held")
        except LockedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 1
    assert len(outcomes) == 8
    assert list(locks(folder).iterdir()) == []
