"""`policy.packs`: a stack's own checks stop what ours would stop, and a plan stands on them."""

from __future__ import annotations

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
