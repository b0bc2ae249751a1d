"""`validate` with all checks, offline, as a ratio to importing the SDKs that every Pulumi program of this kind imports.

    python benchmarks/checks.py [--rounds 5]

Whole processes; medians. The other bound, at most three answers' time for the live checks of five regions, is a test
(`tests/drivers/test_preflight.py`).
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import measure

BOUND = 2.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        thousand = measure.project(root / "thousand", 50, 20)
        overlaid = measure.project(root / "overlaid", 50, 20)
        refresh = [*measure.MODELFORM, "catalog", "refresh", "--target", "sandbox"]
        subprocess.run(refresh, cwd=overlaid, check=True, capture_output=True)
        found = measure.medians(
            {
                "import": (measure.BASELINE, root),
                "validate, 1,000 in 50": ([*measure.MODELFORM, "validate"], thousand),
                "the same with an overlay of every region": ([*measure.MODELFORM, "validate"], overlaid),
            },
            options.rounds,
        )
    measure.row("command", "seconds", "ratio to the import", "at most", "peak MB")
    measure.row("---", "---", "---", "---", "---")
    for case, ran in found.items():
        ratio = ran.seconds / found["import"].seconds
        bound = BOUND if case != "import" else ""
        measure.row(case, f"{ran.seconds:.2f}", f"{ratio:.2f}", bound, f"{ran.megabytes:.0f}")


if __name__ == "__main__":
    main()
