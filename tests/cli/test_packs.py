"""`policy.packs`: a stack's own checks stop what ours would stop, and a plan stands on them."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest

CHECK = """\
class Small:
    code, level, sentence, reason = "acme.small", "error", "Nothing is large.", "Money."

    def check(self, stack, catalog, today, facts):
        for key, made in stack.deployments.items():
            if made.capacity.amount > 20_000:
                yield f"deployments.{key}.capacity", f"{key} takes {made.capacity.amount}", "take 20k"
"""
CONDITION = """\
checks:
  - code: acme.global
    sentence: Nothing is global.
    reason: Law.
    when: deployment.scope == "global"
    at: sku
"""


@pytest.fixture
def packed(modelform: Any) -> Any:
    """The runner with a stack in the sandbox whose base file, in another folder, names a pack beside it."""
    modelform.real_driver = True
    shared = modelform.folder / "shared"
    (shared / "rules").mkdir(parents=True)
    (shared / "rules" / "small.py").write_text(CHECK)
    (shared / "rules" / "places.yaml").write_text(CONDITION)
    policy = "policy: {packs: [rules], lifecycle: [generallyAvailable, preview]}\n"
    (shared / "base.yaml").write_text("apiVersion: modelform/v1\n" + policy)
    text = (modelform.folder / "stacks" / "dev.yaml").read_text()
    modelform.text = text.replace("name: dev\n", "name: dev\nextends: ../shared/base.yaml\n")
    modelform.write(modelform.text)
    return modelform


def errors(ran: Any) -> list[tuple[str, str, int]]:
    found = ran.document["diagnostics"]
    return [(d["code"], d["file"], d["line"]) for d in found if d["severity"] == "error"]


def test_they_run_like_ours_and_stop_like_ours(packed: Any) -> None:
    for command in (["validate"], ["preview"], ["up", "-y"]):
        ran = packed(*command, "--json")
        assert (ran.code, errors(ran)) == (3, [("acme.small", "stacks/dev.yaml", 14)])
    packed.write(packed.text.replace("50k", "20k").replace("dataZoneStandard", "globalStandard"))
    ran = packed("validate", "--json")
    assert (ran.code, errors(ran)) == (3, [("acme.global", "stacks/dev.yaml", 13)])
    packed.write(packed.text + "policy: {rules: {acme.small: warning}}\n")
    assert packed("up", "-y").code == 0


def test_they_are_in_every_report(packed: Any) -> None:
    log = packed("validate", "--sarif", "-").document["runs"][0]
    rules = {rule["id"]: rule for rule in log["tool"]["driver"]["rules"]}
    assert rules["acme.small"]["shortDescription"]["text"] == "Nothing is large."
    assert "acme.small" in [result["ruleId"] for result in log["results"]]
    suite = packed("validate", "--junit", "-").out
    assert "acme.global" in suite
    assert "assistant takes 50000" in suite
    assert "assistant takes 50000" in packed("validate", "--markdown").out


def test_what_one_prints_is_in_no_document(packed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    noisy = "print('loaded')\n" + CHECK.replace("acme.small", "acme.noisy").replace(
        "        for key", "        print('checked')\n        for key"
    )
    (packed.folder / "shared" / "rules" / "noisy.py").write_text(noisy)
    ran = packed("validate", "--json")
    assert [code for code, _, _ in errors(ran)] == ["acme.noisy", "acme.small"]
    assert capsys.readouterr() == ("", "loaded\nchecked\n")


def test_one_that_never_ends_is_cut(packed: Any) -> None:
    endless = CHECK.replace("acme.small", "acme.endless").replace(
        "for key, made in stack.deployments.items()", "while 1"
    )
    endless = endless.partition("            if made")[0] + "            yield 'deployments', 'more'\n"
    (packed.folder / "shared" / "rules" / "endless.py").write_text(endless)
    ran = packed("validate", "--json")
    found = [d["summary"] for d in ran.document["diagnostics"] if d["code"] == "pack.failed"]
    assert found == ["the pack file shared/rules/endless.py: acme.endless: it has more than 1000 findings"]


def test_a_saved_plan_stands_on_them(packed: Any) -> None:
    packed.write(packed.text.replace("50k", "20k"))
    assert packed("preview", "--out", "plan.json").code == 0
    check = packed.folder / "shared" / "rules" / "small.py"
    check.write_text(CHECK.replace("20_000", "20_001"))
    ran = packed("up", "--plan", "plan.json", "--json")
    assert (ran.code, [code for code, _, _ in errors(ran)]) == (5, ["plan.file"])
    assert "shared/rules/small.py has changed" in ran.document["diagnostics"][0]["summary"]
    check.write_text(CHECK)
    assert packed("up", "--plan", "plan.json").code == 0


def test_one_that_raises_stops_with_its_place_and_the_rest_is_checked(packed: Any) -> None:
    (packed.folder / "shared" / "rules" / "broken.py").write_text("import nothing_like_it\n")
    ran = packed("validate", "--json")
    assert ran.code == 3
    assert errors(ran) == [("pack.failed", "shared/rules/broken.py", 1), ("acme.small", "stacks/dev.yaml", 14)]


@pytest.mark.parametrize("named", ["nowhere", "../shared/base.yaml", "../stacks/empty"])
def test_a_folder_without_checks_is_an_error_in_the_file(named: str, packed: Any) -> None:
    (packed.folder / "stacks" / "empty").mkdir()
    packed.write(packed.text + f"policy: {{packs: [{named}]}}\n")
    ran = packed("validate", "--json")
    assert (ran.code, errors(ran)) == (4, [("pack.not-found", "stacks/dev.yaml", 15)])


ONE = "code, level, sentence, reason = 'acme.odd', 'error', 'S.', 'R.'\ndef check(stack, catalog, today, facts):\n"
ODD = {
    "unknown byte": (b"x = '\xff'\n", "it is no text: the byte 0xff is not UTF-8", (1, 6)),
    "UTF-16": ("x = 1".encode("utf-16"), "it is no text: the byte 0xff is not UTF-8", (1, 1)),
    "a null": (b"x\0y", "it does not load: source code string cannot contain null bytes", (1, 1)),
    "too large": (b" " * 1_100_000, "it cannot be read: it is larger than 1 MiB (1,100,000 bytes)", (1, 1)),
    "syntax": (b"def check(:\n", "it does not load: invalid syntax", (1, 11)),
    "import": (b"\nimport nothing_like_it\n", "it does not load: ModuleNotFoundError: No module named", (2, 1)),
    "raises as it loads": (b"raise RuntimeError('no')\n", "it does not load: RuntimeError: no", (1, 1)),
    "ends as it loads": (b"import sys\nsys.exit(0)\n", "it does not load: SystemExit: 0", (2, 1)),
    "nothing in it": (b"", "it does not load: it has no check", (1, 1)),
    "raises": (f"{ONE}    raise KeyError('x')\n", "acme.odd raised KeyError: 'x'", (3, 1)),
    "raises what nobody catches": (f"{ONE}    raise BaseException('x')\n", "acme.odd raised BaseException: x", (3, 1)),
    "raises what has no words": (
        f"{ONE}    class Mute(Exception):\n        def __str__(self): raise ValueError\n    raise Mute()\n",
        "acme.odd raised Mute: its text raised ValueError",
        (5, 1),
    ),
    "never ends": (f"{ONE}    return check(stack, catalog, today, facts)\n", "acme.odd raised RecursionError", (3, 1)),
    "a number": (f"{ONE}    return 5\n", "acme.odd: it answered with int, and not with findings", (2, 1)),
    "a text": (f"{ONE}    return 'fine'\n", "acme.odd: it answered with str, and not with findings", (2, 1)),
    "a map": (f"{ONE}    return {{'a': 1}}\n", "acme.odd: it answered with dict, and not with findings", (2, 1)),
    "a tuple of numbers": (f"{ONE}    return [(1, 2)]\n", "acme.odd answered with tuple with parts", (2, 1)),
    "a finding of no kind": (
        f"{ONE}    from modelform.errors import Diagnostic\n    yield Diagnostic('x', 'bad', 5, span='here')\n",
        "acme.odd answered with Diagnostic with parts of other kinds, which is no finding",
        (2, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_pack_file_is_it_is_named_and_the_rest_is_checked(what: str, packed: Any) -> None:
    content, said, place = ODD[what]
    file = packed.folder / "shared" / "rules" / "odd.py"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = packed("validate", "--json")
    found = [d for d in ran.document["diagnostics"] if d["severity"] == "error"]
    assert (ran.code, [d["code"] for d in found]) == (3, ["pack.failed", "acme.small"])
    assert found[0]["summary"].startswith(f"the pack file shared/rules/odd.py: {said}")
    assert (found[0]["file"], found[0]["line"], found[0]["column"]) == ("shared/rules/odd.py", *place)


def test_one_that_is_no_file_is_named_and_not_waited_for(packed: Any) -> None:
    rules = packed.folder / "shared" / "rules"
    (rules / "gone.py").symlink_to("nowhere.py")
    os.mkfifo(rules / "pipe.yaml")
    (rules / "empty.yaml").write_text("\n")
    ran = packed("validate", "--json")
    found = [d["summary"].partition(": ")[2] for d in ran.document["diagnostics"] if d["code"] == "pack.failed"]
    assert found == [
        "the file is empty",
        "it cannot be read: No such file or directory",
        "it cannot be read: it is a device or a pipe, and not a file",
    ]
    assert packed("validate").code == 3


def test_one_that_is_pinned_runs_only_as_it_was_pinned(packed: Any) -> None:
    rules = packed.folder / "shared" / "rules"
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(rules.iterdir())]
    pin = hashlib.sha256("".join(lines).encode()).hexdigest()
    base = packed.folder / "shared" / "base.yaml"
    base.write_text(base.read_text().replace("[rules]", f"[rules@sha256:{pin.upper()}]"))
    assert errors(packed("validate", "--json")) == [("acme.small", "stacks/dev.yaml", 14)]
    (rules / "more.py").write_text(f"{ONE}    raise SystemExit(open('touched', 'w'))\n")
    ran = packed("validate", "--json")
    assert (ran.code, errors(ran)) == (3, [("pack.failed", "shared/base.yaml", 2)])
    said = ran.document["diagnostics"][0]["summary"]
    assert said.startswith("the pack shared/rules is not the one that it is pinned to: its files are sha256:")
    assert said.endswith(f"and the pin says sha256:{pin}")
    assert not (packed.folder / "touched").exists()
    base.write_text(base.read_text().replace(pin.upper(), "12"))
    ran = packed("validate", "--json")
    assert (ran.code, [d["summary"] for d in ran.document["diagnostics"]]) == (
        4,
        ["the pack rules has a digest that cannot be read: '12'"],
    )
