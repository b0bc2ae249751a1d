"""The embedded engine against the Pulumi CLI: previews and ups without changes, on the same sandbox and state.

    python benchmarks/engines.py [--rounds 7] [--large-rounds 7] [--sizes quickstart,100,500]

Whole processes, medians, taken in turn; deployments are 20 an account. Needs `pulumi` on PATH. "plain aliases" is the
program as the SDK makes it, with the aliases of older api-versions that modelform's program drops.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import measure

RATIOS = {"quickstart": 0.6, "100": 0.5, "500": 0.5}
STRIPPED = 0.5
PLAIN = [
    sys.executable,
    "-c",
    "from modelform.program import compose; compose.drop_version_aliases = lambda args: None; "
    "from modelform.cli.main import run; run()",
]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--large-rounds", type=int, default=7)
    arguments.add_argument("--sizes", default=",".join(RATIOS))
    options = arguments.parse_args()
    if shutil.which("pulumi") is None:
        print("skipped: no pulumi on PATH")
        return
    heads = "stack", "command", "embedded, s", "pulumi CLI, s", "ratio", "at most", "embedded, MB", "CLI driver, MB"
    measure.row(*heads)
    measure.row(*("---" for _ in heads))
    with tempfile.TemporaryDirectory() as name:
        for size in options.sizes.split(","):
            rounds = options.large_rounds if size == "500" else options.rounds
            _compare(size, _project(Path(name), size), rounds)


def _project(root: Path, size: str) -> Path:
    """A stack of a size, brought up."""
    folder = root / size
    if size == "quickstart":
        measure.run([*measure.MODELFORM, "init", str(folder)], root)
    else:
        measure.project(folder, int(size) // 20, 20)
    measure.run([*measure.MODELFORM, "up", "-y"], folder)
    return folder


def _compare(size: str, folder: Path, rounds: int) -> None:
    commands = {
        f"{command} {engine}": ([*measure.MODELFORM, *words, "--engine", engine], folder)
        for command, words in (("preview", ["preview"]), ("up", ["up", "-y"]))
        for engine in ("embedded", "pulumi")
    }
    if size == "500":
        commands["plain"] = ([*PLAIN, "preview", "--engine", "pulumi"], folder)
    found = measure.medians(commands, rounds)
    for command in ("preview", "up"):
        own, theirs = found[f"{command} embedded"], found[f"{command} pulumi"]
        ratio = own.seconds / theirs.seconds
        cells = f"{own.seconds:.2f}", f"{theirs.seconds:.2f}", f"{ratio:.2f}", RATIOS.get(size, "")
        measure.row(size, command, *cells, f"{own.megabytes:.0f}", f"{theirs.megabytes:.0f}")
    if "plain" in found:
        stripped, plain = found["preview pulumi"].seconds, found["plain"].seconds
        print(
            f"\nThe CLI's preview of {size}: {stripped:.1f} s, with plain aliases {plain:.1f} s "
            f"(ratio {stripped / plain:.2f}, at most {STRIPPED})"
        )


if __name__ == "__main__":
    main()
