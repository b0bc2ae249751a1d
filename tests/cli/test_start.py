"""What the command loads before it needs it, in processes of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "pulumi",
    "pydantic",
    "azure",
    "starlette",
    "rich",
    "yaml",
    "cryptography",
    "modelform.spec",
    "modelform.sandbox",
}


def loaded(*argv: str) -> set[str]:
    """The modules that a command line loads."""
    code = (
        "import sys\n"
        "from modelform.cli.main import main\n"
        "from modelform.cli.outside import Outside\n"
        f"code = main({list(argv)!r}, Outside(stdout=open('/dev/null', 'w')))\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(ran.stderr.split())


@pytest.mark.parametrize("argv", [("--help",), ("up", "--help"), ("--version",), ("nonsense",)])
def test_help_loads_nothing_heavy(argv: tuple[str, ...]) -> None:
    found = loaded(*argv)
    assert "modelform.cli.main" in found
    assert found & HEAVY == set()


def test_python_m_modelform_is_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "modelform", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.startswith("modelform ")
