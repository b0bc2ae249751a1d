"""No-op previews and `--help`, as ratios to importing the SDKs that every Pulumi program of this kind imports.

    python benchmarks/noop.py [--rounds 5] [--large-rounds 3]

Whole processes on the sandbox without artificial latency; medians; each size is brought up once first.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import measure

BOUNDS = {"--help": 0.4, "quickstart": 2.2, "100 in 5": 4.0, "1,000 in 50": 20.0}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--large-rounds", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folders = {
            "quickstart": root / "quickstart",
            "100 in 5": measure.project(root / "hundred", 5, 20),
            "1,000 in 50": measure.project(root / "thousand", 50, 20),
        }
        measure.run([*measure.MODELFORM, "init", str(folders["quickstart"])], root)
        for folder in folders.values():
            up = measure.run([*measure.MODELFORM, "up", "-y"], folder)
            print(f"up of {folder.name}: {up.seconds:.1f} s, {up.megabytes:.0f} MB", flush=True)
        preview = [*measure.MODELFORM, "preview"]
        small = measure.medians(
            {
                "import": (measure.BASELINE, root),
                "--help": ([*measure.MODELFORM, "--help"], root),
                "quickstart": (preview, folders["quickstart"]),
                "100 in 5": (preview, folders["100 in 5"]),
            },
            options.rounds,
        )
        large = measure.medians(
            {"import": (measure.BASELINE, root), "1,000 in 50": (preview, folders["1,000 in 50"])},
            options.large_rounds,
        )
    print()
    measure.row("command", "seconds", "ratio to the import", "at most", "peak MB")
    measure.row("---", "---", "---", "---", "---")
    measure.row("import of the SDKs", f"{small['import'].seconds:.2f}", "1", "", f"{small['import'].megabytes:.0f}")
    for case, bound in BOUNDS.items():
        group = large if case in large else small
        ratio = group[case].seconds / group["import"].seconds
        measure.row(case, f"{group[case].seconds:.2f}", f"{ratio:.2f}", bound, f"{group[case].megabytes:.0f}")
    base = small["import"].seconds
    growth = (large["1,000 in 50"].seconds - base) / (small["100 in 5"].seconds - base)
    print(f"\nFrom 100 to 1,000 deployments the time beyond the import grows {growth:.1f} times (linear is 10).")


if __name__ == "__main__":
    main()
