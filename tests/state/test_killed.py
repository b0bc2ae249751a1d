"""A process that is killed while it saves: the state is the old one or the new one, and always readable."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelform.state import Environment, Folder, Passphrase, Resource, Snapshot

NOBODY = Passphrase(Environment({}))

# Saves states with one more resource each, and says which one is about to be saved and which one is.
SAVE_FOR_EVER = """
import sys
from pathlib import Path
from modelform.state import Environment, Folder, Passphrase
folder, nobody = Folder(Path(sys.argv[1])), Passphrase(Environment({}))
with folder.lock("shop", "dev") as held:
    print("taken", len(held.taken_over), flush=True)
    snapshot = folder.load("shop", "dev", nobody)
    number = int(snapshot.resources[0].outputs["number"])
    while True:
        number += 1
        print("saving", number, flush=True)
        snapshot.resources[0] = snapshot.resources[0].with_(outputs={"number": number, "padding": "x" * 200_000})
        folder.save("shop", "dev", snapshot, nobody)
        print("saved", number, flush=True)
"""


@pytest.mark.slow
def test_a_kill_at_any_point_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    stack = Resource(
        "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack", outputs={"number": 0}
    )
    folder.save("shop", "dev", Snapshot(resources=[stack]), NOBODY)
    chance = random.Random(7)
    number = 0
    for attempt in range(25):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert child.stdout is not None
        # The lock that the child before left behind is taken over by itself.
        assert child.stdout.readline() == f"taken {1 if attempt else 0}\n"
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        # A line that the kill cut announced nothing: what it tells of begins after its end.
        said = [line.split() for line in child.communicate()[0].split("\n")[:-1]]
        saving = max([number, *(int(n) for word, n in said if word == "saving")])
        saved = max([number, *(int(n) for word, n in said if word == "saved")])
        found = folder.load("shop", "dev", NOBODY).resources[0].outputs["number"]
        assert saved <= found <= saving
        previous = folder.path("shop", "dev").with_name("dev.json.bak")
        if previous.exists():
            assert json.loads(previous.read_bytes())["version"] == 3
        number = found
    assert number > 0
    left = [path.name for path in folder.path("shop", "dev").parent.iterdir()]
    assert set(left) <= {"dev.json", "dev.json.bak", "dev.json.tmp", "dev.json.bak.tmp"}


# Kills itself at the given call into the operating system of one save.
KILL_AT = """
import os, signal, sys
from pathlib import Path
from modelform.state import Environment, Folder, Passphrase
folder, nobody, left = Folder(Path(sys.argv[1])), Passphrase(Environment({})), int(sys.argv[2])
snapshot = folder.load("shop", "dev", nobody)
snapshot.resources[0] = snapshot.resources[0].with_(outputs={"number": int(sys.argv[2])})
def counted(call):
    def counting(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counting
for name in ("open", "write", "fsync", "close", "link", "unlink", "replace"):
    setattr(os, name, counted(getattr(os, name)))
folder.save("shop", "dev", snapshot, nobody)
print("done")
"""


@pytest.mark.slow
def test_a_kill_before_each_step_of_a_save_leaves_one_or_the_other(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    stack = Resource(
        "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack", outputs={"number": 0}
    )
    folder.save("shop", "dev", Snapshot(resources=[stack]), NOBODY)
    folder.save("shop", "dev", Snapshot(resources=[stack]), NOBODY)
    killed, number = 0, 0
    for point in range(1, 40):
        program = [sys.executable, "-c", KILL_AT, str(tmp_path), str(point)]
        done = subprocess.run(program, capture_output=True, text=True)
        found = folder.load("shop", "dev", NOBODY).resources[0].outputs["number"]
        assert found in (number, point)
        backup = json.loads(folder.path("shop", "dev").with_name("dev.json.bak").read_bytes())
        assert len(backup["checkpoint"]["latest"]["resources"]) == 1
        number = found
        if done.stdout:
            break
        killed += 1
    assert killed > 8
    assert number == killed + 1
    left = sorted(path.name for path in folder.path("shop", "dev").parent.iterdir())
    assert left == ["dev.json", "dev.json.bak"]
