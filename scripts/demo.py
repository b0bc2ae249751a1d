"""What `make demo` runs: the quickstart on the sandbox, from the plan to an answer of a deployed model.

It works in a project folder of its own, `.modelform/demo`, made anew each time; one that a person has changed is put
aside, not thrown away.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUICKSTART = ROOT / "examples" / "quickstart"
DEMO = ROOT / ".modelform" / "demo"
KEPT = ".modelform"


def main() -> int:
    """Runs the demo; its exit code is that of the first command that fails."""
    folder = fresh_folder()
    shown = os.path.relpath(folder, ROOT)
    print(
        "The quickstart, on the sandbox: a cloud inside this process. No account, no key, nothing leaves this machine."
    )
    print(f"The stack file is {shown}/stacks/{stack_file(folder).name}:\n")
    print("".join(f"    {line}\n" for line in stack_file(folder).read_text(encoding="utf-8").splitlines()))
    steps = [
        ("1. The plan: what would be made", ["preview"]),
        ("2. Bring it up", ["up", "-y"]),
        ("3. Bring it up again: nothing changes", ["up", "-y"]),
        ("4. Ask the deployed models a question", ["smoke", "--ask", "What is a stack file?"]),
    ]
    for title, arguments in steps:
        print(f"\n== {title}\n", flush=True)
        code = modelform(shown, arguments)
        if code != 0:
            print(f"\nThe demo stops here: the command answered {code}.", file=sys.stderr)
            return code
    print(next_steps(shown, stack_file(folder).name))
    return 0


def fresh_folder() -> Path:
    """A copy of the quickstart; an earlier copy that was changed goes aside under another name."""
    if DEMO.exists():
        if changed(DEMO):
            aside = next(p for n in range(1, 10_000) if not (p := DEMO.with_name(f"demo-{n}")).exists())
            DEMO.rename(aside)
            print(f"The last demo's files were changed; they are in {os.path.relpath(aside, ROOT)} now.\n")
        else:
            shutil.rmtree(DEMO)
    DEMO.parent.mkdir(exist_ok=True)
    (DEMO.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    shutil.copytree(QUICKSTART, DEMO, ignore=shutil.ignore_patterns(KEPT))
    return DEMO


def changed(folder: Path) -> bool:
    """Is any file of the folder not as in the quickstart? What modelform itself writes does not count."""
    ours = {p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and KEPT not in p.relative_to(folder).parts}
    written = {p for p in ours if p.name.endswith(".lock.yaml") or p.name.startswith("Pulumi.")}
    return any(
        not (QUICKSTART / path).is_file() or not filecmp.cmp(folder / path, QUICKSTART / path, shallow=False)
        for path in ours - written
    )


def stack_file(folder: Path) -> Path:
    """The one stack of the folder."""
    files = sorted(folder.glob("stacks/*.yaml"))
    return next(f for f in files if not f.name.endswith(".lock.yaml") and not f.name.startswith("Pulumi."))


def modelform(folder: str, arguments: list[str]) -> int:
    """Echoes a command and runs it."""
    words = ["-C", folder, *arguments]
    print("$ modelform " + " ".join(f'"{word}"' if " " in word else word for word in words), flush=True)
    # The demo is the same wherever it runs: what a pipeline or an Azure shell has set must not steer it.
    environment = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("MODELFORM_")}
    return subprocess.run(
        [sys.executable, "-m", "modelform", *words], cwd=ROOT, env=environment, check=False
    ).returncode


def next_steps(folder: str, file: str) -> str:
    """What to try next."""
    examples = ", ".join(sorted(p.name for p in QUICKSTART.parent.iterdir() if p.is_dir()))
    return f"""
== What to try next

  Change a capacity or a model in {folder}/stacks/{file}, and look at the plan:
      .venv/bin/modelform -C {folder} preview
  What an application needs to know:
      .venv/bin/modelform -C {folder} outputs
  Take it all down again:
      .venv/bin/modelform -C {folder} destroy
  A project of your own, in a folder of your own:
      .venv/bin/modelform -C DIR init
  More cases under examples/: {examples}. The tour is in README.md."""


if __name__ == "__main__":
    sys.exit(main())
