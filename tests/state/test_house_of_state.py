"""What holds of the package as a whole: every code is documented, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_code_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src/modelform/state").glob("*.py"))
    codes = set(re.findall(r'code="(state\.[a-z-]+)"', source)) | set(re.findall(r'"(state\.[a-z-]+)",', source))
    documented = set(re.findall(r"`(state\.[a-z-]+)`", (ROOT / "docs/state.md").read_text()))
    assert len(codes) > 10
    assert codes <= documented


def test_neither_yaml_nor_cryptography_is_imported_for_a_state_without_secrets(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from modelform.state import Environment, Folder, Passphrase, Resource, Snapshot
folder, nobody = Folder(Path(sys.argv[1])), Passphrase(Environment({}))
stack = Resource("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack")
folder.save("shop", "dev", Snapshot(resources=[stack]), nobody)
assert folder.load("shop", "dev", nobody).resources == [stack]
print(sorted({"yaml", "cryptography", "pulumi"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
