"""The folder of states: what is saved is loaded, nothing is lost, and what is wrong is named with a way out."""

from __future__ import annotations

import errno
import gzip
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelform.errors import LockedError, ModelformError, StateError, UnsupportedError
from modelform.state import Environment, Folder, HistoryRecord, Passphrase, Resource, SecretsProvider, Snapshot
from modelform.values import Secret

NOBODY = Passphrase(Environment({}))


@pytest.fixture
def plain(snapshot: Snapshot, thing: Callable[..., Resource]) -> Snapshot:
    """A snapshot without a secret."""
    return Snapshot(snapshot.manifest, None, [*snapshot.resources[:2], thing("only")])


def files_of(folder: Folder) -> list[str]:
    return sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file())


def ids(snapshot: Snapshot) -> list[str]:
    return [resource.id for resource in snapshot.resources]


def test_what_is_saved_is_loaded(folder: Folder, snapshot: Snapshot, crypter: Passphrase) -> None:
    assert folder.load("shop", "dev", crypter) == Snapshot()
    assert not folder.exists("shop", "dev")
    assert not folder.root.exists()
    folder.save("shop", "dev", snapshot, crypter)
    again = Folder(folder.root).load("shop", "dev", crypter)
    assert again.resources == snapshot.resources
    assert again.manifest == snapshot.manifest
    assert again.secrets_providers == SecretsProvider("passphrase", {"salt": crypter.state})
    raw = folder.path("shop", "dev").read_text()
    assert "s3cret-word" not in raw
    assert json.loads(raw)["checkpoint"]["stack"] == "organization/shop/dev"


def test_the_layout_is_that_of_pulumis_file_backend(folder: Folder, plain: Snapshot) -> None:
    with folder.lock("shop", "dev"):
        folder.save("shop", "dev", plain, NOBODY)
        folder.save("shop", "dev", plain, NOBODY)
        folder.add_history("shop", "dev", HistoryRecord("update", 1, 2, "succeeded"))
        folder.backup("shop", "dev")
        names = files_of(folder)
    assert (folder.root / ".pulumi/meta.yaml").read_text() == "version: 1\n"
    assert [name for name in names if name.startswith(".pulumi/stacks")] == [
        ".pulumi/stacks/shop/dev.json",
        ".pulumi/stacks/shop/dev.json.bak",
    ]
    assert sum(name.startswith(".pulumi/locks/organization/shop/dev/") for name in names) == 1
    assert (
        sum(name.startswith(".pulumi/history/shop/dev/dev-") and name.endswith(".history.json") for name in names) == 1
    )
    assert sum(name.startswith(".pulumi/history/shop/dev/dev-") and ".checkpoint.json" in name for name in names) == 1
    assert sum(name.startswith(".pulumi/backups/shop/dev/dev.") for name in names) == 1
    assert len(names) == 7


def test_everything_is_for_its_owner_only(folder: Folder, plain: Snapshot) -> None:
    before = os.umask(0)
    try:
        with folder.lock("shop", "dev"):
            folder.save("shop", "dev", plain, NOBODY)
            folder.save("shop", "dev", plain, NOBODY)
            folder.add_history("shop", "dev", HistoryRecord("update", 1, 2, "succeeded"))
            folder.backup("shop", "dev")
            for path in [folder.root, *folder.root.rglob("*")]:
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    finally:
        os.umask(before)


def test_the_write_before_is_kept_beside_it(folder: Folder, plain: Snapshot) -> None:
    path = folder.path("shop", "dev")
    written = []
    for number in range(3):
        plain.resources[-1] = plain.resources[-1].with_(id=f"only/{number}")
        folder.save("shop", "dev", plain, NOBODY)
        written.append(path.read_bytes())
    assert path.with_name("dev.json.bak").read_bytes() == written[1]
    assert files_of(folder) == [".pulumi/meta.yaml", ".pulumi/stacks/shop/dev.json", ".pulumi/stacks/shop/dev.json.bak"]


def test_ciphertexts_stay_as_long_as_the_resource_does(
    folder: Folder, snapshot: Snapshot, crypter: Passphrase, thing: Callable[..., Resource]
) -> None:
    folder.save("shop", "dev", snapshot, crypter)
    before = folder.export("shop", "dev")["deployment"]["resources"]
    snapshot.resources.append(thing("third"))
    folder.save("shop", "dev", snapshot, crypter)
    assert folder.export("shop", "dev")["deployment"]["resources"][:4] == before


def test_a_wrong_passphrase_never_leads_to_a_write(
    folder: Folder, snapshot: Snapshot, plain: Snapshot, crypter: Passphrase, wrong: Passphrase
) -> None:
    folder.save("shop", "dev", snapshot, crypter)
    before = folder.path("shop", "dev").read_bytes()
    document = folder.export("shop", "dev")
    known = SecretsProvider("passphrase", {"salt": crypter.state})
    for attempt in (
        lambda: folder.load("shop", "dev", wrong),
        lambda: folder.save("shop", "dev", snapshot, wrong),
        lambda: folder.save("shop", "dev", Snapshot(plain.manifest, known, plain.resources), wrong),
        lambda: folder.import_("shop", "dev", document, wrong),
    ):
        with pytest.raises(StateError, match="incorrect passphrase"):
            attempt()
    assert folder.path("shop", "dev").read_bytes() == before
    assert not folder.path("shop", "dev").with_name("dev.json.bak").exists()


def test_a_state_without_secrets_needs_no_passphrase(folder: Folder, plain: Snapshot, snapshot: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    assert folder.load("shop", "dev", NOBODY).secrets_providers is None
    with pytest.raises(StateError, match="no passphrase"):
        folder.save("shop", "dev", snapshot, NOBODY)
    assert ids(folder.load("shop", "dev", NOBODY)) == ids(plain)


def test_the_states_own_salt_decrypts_it_whatever_the_settings_say(
    folder: Folder, snapshot: Snapshot, crypter: Passphrase
) -> None:
    folder.save("shop", "dev", snapshot, crypter)
    other = Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": "correct horse"}), "v1:AAAAAAAAAAA=:v1:AAAA:AAAA")
    again = folder.load("shop", "dev", other)
    assert again.resources[2].outputs["key"] == Secret("s3cret-word")
    folder.save("shop", "dev", again, other)
    assert folder.load("shop", "dev", crypter).resources == again.resources


def test_warming_is_harmless_with_and_without_a_state(folder: Folder, snapshot: Snapshot, crypter: Passphrase) -> None:
    folder.warm("shop", "dev", crypter)
    folder.save("shop", "dev", snapshot, crypter)
    folder.warm("shop", "dev", crypter)
    assert folder.load("shop", "dev", crypter).resources == snapshot.resources


def test_a_state_that_breaks_the_rules_is_written_and_then_told_of(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    plain.resources.append(plain.resources[-1].with_(urn=plain.resources[-1].urn + "2", dependencies=("urn:gone",)))
    with pytest.raises(StateError) as caught:
        folder.save("shop", "dev", plain, NOBODY)
    finding = caught.value.diagnostics[0]
    assert finding.code == "state.integrity"
    assert "urn:gone is not in the state" in finding.summary
    assert "was written" in finding.detail
    assert "dev.json.bak" in finding.hint
    with pytest.raises(StateError, match="breaks the rules") as caught:
        folder.load("shop", "dev", NOBODY)
    assert "modelform stack import" in caught.value.diagnostics[0].hint


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "cut short": lambda raw: raw[: len(raw) // 2],
    "zeros": lambda raw: b"\0" * len(raw),
    "edited by hand": lambda raw: raw.replace(b'"custom":true', b'"custom":"true"'),
    "a comma too many": lambda raw: raw.replace(b'"resources":[', b'"resources":[,'),
    "reordered by hand": lambda raw: json.dumps(reordered(json.loads(raw))).encode(),
    "a newer version": lambda raw: raw.replace(b'"version":3', b'"version":9'),
    "of another stack": lambda raw: raw.replace(b"urn:pulumi:dev::", b"urn:pulumi:prod::"),
    "compressed": gzip.compress,
}


def reordered(document: dict[str, Any]) -> dict[str, Any]:
    document["checkpoint"]["latest"]["resources"].reverse()
    return document


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_named_and_never_written_over(folder: Folder, plain: Snapshot, name: str) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    path = folder.path("shop", "dev")
    damaged = DAMAGES[name](path.read_bytes())
    path.write_bytes(damaged)
    before = files_of(folder)
    with pytest.raises((StateError, UnsupportedError)) as caught:
        folder.load("shop", "dev", NOBODY)
    finding = caught.value.diagnostics[0]
    assert str(path) in finding.summary
    assert finding.hint
    assert (path.read_bytes(), files_of(folder)) == (damaged, before)
    (entry,) = folder.stacks()
    assert entry.stack == "dev"


def test_the_way_out_of_a_damaged_file(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    folder.save("shop", "dev", plain, NOBODY)
    path = folder.path("shop", "dev")
    path.write_bytes(path.read_bytes()[:100])
    folder.import_("shop", "dev", path.with_name("dev.json.bak").read_bytes(), NOBODY, "dev.json.bak")
    assert folder.load("shop", "dev", NOBODY).resources == plain.resources


def test_a_packed_state_that_is_newer_is_not_passed_over(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    packed = folder.path("shop", "dev").with_name("dev.json.gz")
    packed.write_bytes(gzip.compress(b"{}"))
    with pytest.raises(UnsupportedError, match="gzip"):
        folder.load("shop", "dev", NOBODY)
    os.utime(packed, (1, 1))
    assert folder.load("shop", "dev", NOBODY).resources == plain.resources


@pytest.mark.parametrize(
    ("meta", "says"),
    [("version: 0\n", "version 0"), ("version: 2\n", "version 2"), ("versions", "which layout"), (None, "version 0")],
    ids=["old", "newer", "damaged", "none, with states of the old layout"],
)
def test_another_layout_is_refused(folder: Folder, plain: Snapshot, meta: str | None, says: str) -> None:
    stacks = folder.root / ".pulumi" / "stacks"
    stacks.mkdir(parents=True)
    (stacks / "dev.json").write_text("{}")
    if meta is not None:
        (folder.root / ".pulumi" / "meta.yaml").write_text(meta)
    before = files_of(folder)
    for attempt in (
        folder.stacks,
        lambda: folder.load("shop", "dev", NOBODY),
        lambda: folder.save("shop", "dev", plain, NOBODY),
    ):
        with pytest.raises(ModelformError) as caught:
            attempt()
        assert caught.value.diagnostics[0].code == "state.layout"
        assert says in caught.value.diagnostics[0].summary
    assert files_of(folder) == before


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "../x", "a b", "a\n"])
def test_a_name_that_is_a_path_is_refused(folder: Folder, name: str) -> None:
    for attempt in (lambda: folder.path(name, "dev"), lambda: folder.unlock("shop", name)):
        with pytest.raises(StateError, match="cannot be the name"):
            attempt()


def test_export_and_import_give_the_same_state(folder: Folder, snapshot: Snapshot, crypter: Passphrase) -> None:
    with pytest.raises(StateError, match="no state yet"):
        folder.export("shop", "dev")
    folder.save("shop", "dev", snapshot, crypter)
    document = folder.export("shop", "dev")
    assert sorted(document) == ["deployment", "version"]
    assert "s3cret-word" not in json.dumps(document)
    folder.save("shop", "dev", Snapshot(snapshot.manifest, None, snapshot.resources[:1]), crypter)
    folder.import_("shop", "dev", json.dumps(document).encode(), crypter)
    assert folder.load("shop", "dev", crypter).resources == snapshot.resources
    (backup,) = (folder.root / ".pulumi/backups/shop/dev").iterdir()
    assert len(json.loads(backup.read_text())["checkpoint"]["latest"]["resources"]) == 1


def test_what_breaks_the_rules_or_is_anothers_is_not_imported(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    before = files_of(folder)
    document = folder.export("shop", "dev")
    document["deployment"]["resources"].reverse()
    with pytest.raises(StateError, match=r"upload\.json breaks the rules"):
        folder.import_("shop", "dev", document, NOBODY, "upload.json")
    with pytest.raises(StateError, match="not the state of stack prod"):
        folder.import_("shop", "prod", folder.export("shop", "dev"), NOBODY)
    assert files_of(folder) == before


def test_history_is_the_newest_first_and_a_damaged_record_hides_no_other(tmp_path: Path, plain: Snapshot) -> None:
    ticks = iter([9, 10, 100])
    folder = Folder(tmp_path, clock=lambda: next(ticks))
    folder.save("shop", "dev", plain, NOBODY)
    assert folder.history("shop", "dev") == []
    for kind in ("update", "refresh", "destroy"):
        record = HistoryRecord(
            kind, 1, 2, "succeeded", "why", {"who": "me"}, {"shop:k": {"secure": "v1:x"}}, {"create": 3}
        )
        folder.add_history("shop", "dev", record)
    found = folder.history("shop", "dev")
    assert [record.kind for record in found] == ["destroy", "refresh", "update"]
    assert found[0].config == {"shop:k": {"secure": "v1:x"}}
    assert found[0].resource_changes == {"create": 3}
    assert found[0].checkpoint is not None
    assert found[0].checkpoint.read_bytes() == folder.path("shop", "dev").read_bytes()
    broken = tmp_path / ".pulumi/history/shop/dev/dev-10.history.json"
    assert json.loads(broken.read_text())["startTime"] == 1
    broken.write_text("{")
    found = folder.history("shop", "dev")
    assert [record.kind for record in found] == ["destroy", "unreadable", "update"]
    assert str(broken) in found[1].problem


def test_stacks_are_listed_with_who_holds_them(folder: Folder, plain: Snapshot) -> None:
    assert folder.stacks() == []
    folder.save("shop", "dev", plain, NOBODY)
    folder.save("bakery", "a.b", Snapshot(), NOBODY)
    (folder.root / ".pulumi/stacks/shop/dev.json.attrs").write_text("{}")
    with folder.lock("shop", "dev"):
        entries = folder.stacks()
        assert len(entries[1].locked_by) == len(folder.owners("shop", "dev")) == 1
    assert [(entry.project, entry.stack, entry.resources) for entry in entries] == [
        ("bakery", "a.b", 0),
        ("shop", "dev", 3),
    ]
    assert entries[0].updated.endswith("Z")


def test_a_stack_with_resources_is_not_forgotten_by_mistake(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    folder.add_history("shop", "dev", HistoryRecord("update", 1, 2, "succeeded"))
    with pytest.raises(StateError, match="still has resources"):
        folder.remove("shop", "dev")
    assert folder.exists("shop", "dev")
    raw = folder.path("shop", "dev").read_bytes()
    folder.remove("shop", "dev", force=True)
    assert files_of(folder) == [".pulumi/meta.yaml", ".pulumi/stacks/shop/dev.json.bak"]
    assert folder.path("shop", "dev").with_name("dev.json.bak").read_bytes() == raw
    folder.remove("shop", "dev")


def test_the_digest_tells_one_state_from_another(folder: Folder, plain: Snapshot) -> None:
    assert folder.digest("shop", "dev") == ""
    folder.save("shop", "dev", plain, NOBODY)
    first = folder.digest("shop", "dev")
    assert first == folder.digest("shop", "dev") != ""
    plain.resources[-1] = plain.resources[-1].with_(id="other")
    folder.save("shop", "dev", plain, NOBODY)
    assert folder.digest("shop", "dev") != first


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_is_full_or_broken_loses_nothing(
    folder: Folder, plain: Snapshot, monkeypatch: pytest.MonkeyPatch, failing: str, number: int
) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    before = folder.path("shop", "dev").read_bytes()

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    plain.resources[-1] = plain.resources[-1].with_(id="only/1")
    with monkeypatch.context() as patch:
        patch.setattr(os, failing, fail)
        with pytest.raises(StateError) as caught:
            folder.save("shop", "dev", plain, NOBODY)
    finding = caught.value.diagnostics[0]
    assert finding.code == ("state.disk-full" if number == errno.ENOSPC else "state.unwritable")
    assert finding.hint
    assert str(folder.path("shop", "dev")) in finding.summary
    assert "unharmed" in finding.detail
    assert folder.path("shop", "dev").read_bytes() == before
    assert not [name for name in files_of(folder) if name.endswith("json.tmp")]
    folder.save("shop", "dev", plain, NOBODY)
    assert ids(folder.load("shop", "dev", NOBODY))[-1] == "only/1"


FULL = """
import resource, sys
from pathlib import Path
from modelform.errors import StateError
from modelform.state import Environment, Folder, Passphrase
folder, nobody = Folder(Path(sys.argv[1])), Passphrase(Environment({}))
snapshot = folder.load("shop", "dev", nobody)
snapshot.resources[-1] = snapshot.resources[-1].with_(inputs={"large": "x" * 100_000})
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    folder.save("shop", "dev", snapshot, nobody)
except StateError as error:
    print(error.diagnostics[0].code)
"""


def test_a_write_that_ends_in_the_middle_loses_nothing(folder: Folder, plain: Snapshot) -> None:
    folder.save("shop", "dev", plain, NOBODY)
    before = folder.path("shop", "dev").read_bytes()
    done = subprocess.run([sys.executable, "-c", FULL, str(folder.root)], capture_output=True, text=True, check=True)
    assert done.stdout == "state.disk-full\n"
    assert folder.path("shop", "dev").read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(folder: Folder, plain: Snapshot) -> None:
    folder.root.mkdir()
    folder.root.chmod(0o500)
    with pytest.raises(StateError, match="cannot be written"):
        folder.save("shop", "dev", plain, NOBODY)


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path, plain: Snapshot) -> None:
    (tmp_path / "state").write_text("")
    folder = Folder(tmp_path / "state")
    for attempt in (lambda: folder.save("shop", "dev", plain, NOBODY), lambda: folder.load("shop", "dev", NOBODY)):
        with pytest.raises(StateError, match="cannot be"):
            attempt()


def test_a_full_disk_at_the_lock_leaves_no_lock(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with folder.lock("shop", "dev"):
        pass

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StateError, match="the disk is full"), folder.lock("shop", "dev"):
            pytest.fail("a lock was given that is not on the disk")
    try:
        with folder.lock("shop", "dev"):
            pass
    except LockedError:
        pytest.fail("the failed attempt left its lock behind")
