"""`Pulumi.STACK.yaml`: a salt goes in as one line, and everything else stays as a person wrote it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from modelform.errors import ModelformError, StateError
from modelform.state import Passphrase, settings

EDITED = """\
# ours, by hand
config:
  shop:flag: true      # not "True"
  shop:code: 010
  shop:list: [1, {a: x}]
"""


def test_a_salt_is_one_line_and_the_rest_stays(tmp_path: Path) -> None:
    path = settings.path_of(tmp_path, "dev")
    assert path.name == "Pulumi.dev.yaml"
    path.write_text(EDITED)
    settings.write_salt(path, "v1:first:v1:a=:b=")
    assert path.read_text() == "encryptionsalt: v1:first:v1:a=:b=\n" + EDITED
    settings.write_salt(path, "v1:second:v1:a=:b=")
    assert path.read_text() == "encryptionsalt: v1:second:v1:a=:b=\n" + EDITED
    assert settings.read(path).salt == "v1:second:v1:a=:b="


def test_the_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "stacks" / "Pulumi.dev.yaml"
    assert settings.read(path) == settings.Settings(path)
    settings.write_salt(path, "v1:x:v1:a:b")
    assert path.read_text() == "encryptionsalt: v1:x:v1:a:b\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_configuration_is_text_and_secrets_are_decrypted(tmp_path: Path, crypter: Passphrase) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        EDITED + f"  shop:key:\n    secure: {crypter.encrypt('hunter2')}\n"
        f"  shop:deep:\n    user: me\n    word: {{secure: '{crypter.encrypt('hunter3')}'}}\n"
    )
    values, secret = settings.read(path).decrypted(crypter.decrypt)
    assert values == {
        "shop:flag": "true",
        "shop:code": "010",
        "shop:list": '[1, {"a": "x"}]',
        "shop:key": "hunter2",
        "shop:deep": '{"user": "me", "word": "hunter3"}',
    }
    assert secret == ["shop:key", "shop:deep"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "no YAML"),
        ("- a", "must be a map"),
        ("config: 3", "`config` a map"),
        ("encryptionsalt: {a: b}", "`encryptionsalt` must be a text"),
        ("a: !!python/object:os.system x", "no YAML"),
        ("secretsprovider: azurekeyvault://vault\nencryptedkey: abc", "azurekeyvault"),
        ("# " + "x" * (1 << 20), "1 MiB"),
    ],
    ids=["cut", "a list", "config", "salt", "a tag", "a cloud's provider", "large"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)
    with pytest.raises(ModelformError) as caught:
        settings.read(path)
    assert says in caught.value.diagnostics[0].summary
    assert str(path) in caught.value.diagnostics[0].summary


@pytest.mark.parametrize("text", ["a: [", "{config: {}}"], ids=["no YAML", "flow style"])
def test_a_file_that_takes_no_line_is_not_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)
    with pytest.raises(StateError):
        settings.write_salt(path, "v1:x:v1:a:b")
    assert path.read_text() == text
