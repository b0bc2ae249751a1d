"""The port that a served sandbox listens at: kept, asked for, in use, or none at all."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from modelform.errors import ModelformError, StateError, UsageError
from modelform.sandbox import serve
from modelform.sandbox.server import listen


def test_a_port_in_use_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ModelformError, match=f"port {port} is in use") as asked:
            serve(tmp_path, port=port)
        assert "--port" in asked.value.diagnostics[0].hint
        (tmp_path / "port").write_text(f"{port}\n")
        with pytest.raises(ModelformError, match="which this sandbox keeps") as kept:
            serve(tmp_path)
        assert kept.value.diagnostics[0].code == "sandbox.port-in-use"
    assert not (tmp_path / "ca").exists()


def test_a_port_asked_for_is_kept_from_then_on(tmp_path: Path) -> None:
    with listen(tmp_path, "127.0.0.1", 0) as bound:
        first = bound.getsockname()[1]
    with listen(tmp_path, "127.0.0.1", 0) as bound:
        assert bound.getsockname()[1] == first
    with socket.create_server(("127.0.0.1", 0)) as free:
        other = free.getsockname()[1]
    with listen(tmp_path, "127.0.0.1", other):
        pass
    with listen(tmp_path, "127.0.0.1", 0) as bound:
        assert bound.getsockname()[1] == other


@pytest.mark.parametrize("text", ["", "many", "0", "70000", "1\n2"])
def test_a_damaged_port_file_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "port").write_text(text)
    with pytest.raises(StateError, match="holds no port"):
        listen(tmp_path, "127.0.0.1", 0)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_wrong_usage(tmp_path: Path, port: int) -> None:
    with pytest.raises(UsageError, match="is no port"):
        listen(tmp_path, "127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "absent.invalid"])
def test_a_host_that_is_not_ours_is_wrong_usage(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        listen(tmp_path, host, 0)


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be"):
        serve(tmp_path / "file")
