"""`--company` and MODELFORM_COMPANY: what holds of every stack, how it is pinned, what may go, and who is excused."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

COMPANY = """\
apiVersion: modelform/company/v1
name: Contoso
policy:
  residency: eu-data-zone
  lifecycle: [generallyAvailable, preview]
withoutApproval: {deletes: 0, replacements: 0}
"""


@pytest.fixture
def house(modelform: Any) -> Any:
    """The runner in a project with a company file, on the sandbox."""
    modelform.real_driver = True
    modelform.file = modelform.folder / "company.yaml"
    modelform.file.write_text(COMPANY)
    return modelform


def good(runner: Any) -> str:
    return str((runner.folder / "stacks" / "dev.yaml").read_text())


def codes(ran: Any) -> list[str]:
    return [finding["code"] for finding in ran.document["diagnostics"] if finding["severity"] == "error"]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def made(runner: Any) -> list[str]:
    """The stacks that have a state."""
    return [stack["name"] for stack in runner("stack", "ls", "--json").document["stacks"] if stack["resources"]]


@pytest.mark.parametrize("command", [["validate"], ["preview"], ["up", "-y"]])
def test_a_stack_that_breaks_a_rule_never_reaches_the_engine(command: list[str], house: Any) -> None:
    house.write(good(house) + "policy: {residency: global}\n")
    ran = house(*command, "--company", "company.yaml", "--json")
    assert ran.code == 3
    assert codes(ran) == ["company.loosened"]
    assert ran.document["company"]["digest"] == digest(house.file)
    found = ran.document["diagnostics"][0]
    assert (found["file"], found["line"], found["column"]) == ("stacks/dev.yaml", 14, 21)
    assert "company.yaml:4:14" in found["detail"]
    assert made(house) == []
    assert not (house.folder / ".modelform" / "sandbox" / "sandbox.db").exists()


def test_the_companys_value_holds_and_decides_the_sku(house: Any) -> None:
    house.write(good(house).replace("    sku: dataZoneStandard\n", ""))
    assert house("validate", "--json").document["residency"]["policy"] is None
    ran = house("validate", "--company", "company.yaml", "--json")
    assert ran.code == 0
    assert ran.document["residency"]["policy"] == "eu-data-zone"
    assert ran.document["residency"]["rows"][0]["sku"] == "dataZoneStandard"
    assert ran.document["company"] == {"file": "company.yaml", "digest": digest(house.file), "pinned": None}


def test_the_variable_is_heard_by_every_command_that_checks(house: Any) -> None:
    house.environment["MODELFORM_COMPANY"] = f"company.yaml@sha256:{digest(house.file)}"
    for command in (["validate"], ["preview"], ["cost"], ["quota"], ["lifecycle"], ["up", "-y"], ["destroy", "-y"]):
        ran = house(*command, "--json")
        if command != ["destroy", "-y"]:
            assert ran.code == 0, ran.err
            assert ran.document["company"]["pinned"] == f"sha256:{digest(house.file)}"
    house.environment["MODELFORM_COMPANY"] = f"company.yaml@sha256:{'0' * 64}"
    for command in (["validate"], ["preview"], ["cost"], ["quota"], ["lifecycle"], ["up", "-y"], *FROM_THE_STATE):
        ran = house(*command, "--json")
        assert (ran.code, codes(ran)) == (3, ["company.pin"]), command
        detail = ran.document["diagnostics"][0]["detail"]
        assert "0" * 64 in detail
        assert digest(house.file) in detail
    assert made(house) == ["dev"]
    assert house("outputs", "--json").code == 0


def test_flag_and_variable_must_name_the_same_content(house: Any) -> None:
    (house.folder / "copy.yaml").write_text(COMPANY)
    (house.folder / "loose.yaml").write_text(COMPANY.replace("eu-data-zone", "global"))
    house.environment["MODELFORM_COMPANY"] = f"company.yaml@sha256:{digest(house.file)}"
    ran = house("validate", "--company", "copy.yaml", "--json")
    assert (ran.code, ran.document["company"]["file"]) == (0, "company.yaml")
    ran = house("validate", "--company", "loose.yaml", "--json")
    assert (ran.code, codes(ran)) == (3, ["company.two"])


FROM_THE_STATE = (
    ["destroy", "-y"],
    ["refresh", "-y"],
    ["stack", "import", "-y", "--file", "s"],
    ["stack", "unlock", "-y"],
)


def test_what_works_from_the_state_is_held_to_target_engine_backend_and_secrets_provider(house: Any) -> None:
    assert house("up", "-y").code == 0
    for allow in ("targets: [azure]", "engines: [pulumi]"):
        house.file.write_text(f"apiVersion: modelform/company/v1\nallow: {{{allow}}}\n")
        for command in FROM_THE_STATE:
            ran = house(*command, "--company", "company.yaml", "--json")
            assert (ran.code, codes(ran)) == (3, ["company.runs"]), command
        house.environment["MODELFORM_COMPANY"] = "company.yaml"
        assert codes(house("refresh", "-y", "--json")) == ["company.runs"]
        del house.environment["MODELFORM_COMPANY"]
    excuse = "exceptions: [{code: company.runs, stack: dev, reason: it must go, until: 2026-11-22}]\n"
    house.file.write_text(house.file.read_text() + excuse)
    assert house("refresh", "-y", "--company", "company.yaml").code == 0
    house.file.write_text(
        "apiVersion: modelform/company/v1\n"
        "allow: {backends: ['azblob://x*'], secretsProviders: ['azurekeyvault://kv*']}\n"
    )
    assert house("refresh", "-y", "--company", "company.yaml").code == 0, "in the sandbox both are the folder's"
    for name in ("dev", "gone"):
        ran = house("destroy", "-y", "-s", name, "--target", "azure", "--company", "company.yaml", "--json")
        assert (ran.code, codes(ran)) == (3, ["company.runs"] * 2)
    assert house("destroy", "-y", "--company", "company.yaml", "--json").document["company"]["file"] == "company.yaml"


def test_a_stack_names_no_company_file(house: Any) -> None:
    house.write(good(house) + "company: loose.yaml\n")
    assert house("validate").code == 4


def git(folder: Path, *words: str) -> str:
    ran = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.strip()


def test_a_pin_by_commit(house: Any) -> None:
    git(house.folder, "init", "-q")
    git(house.folder, "add", "company.yaml")
    git(house.folder, "commit", "-q", "-m", "company")
    commit = git(house.folder, "rev-parse", "HEAD")
    assert house("validate", "--company", f"company.yaml@git:{commit}").code == 0
    assert house("validate", "--company", f"company.yaml@git:{commit[:8]}").code == 0
    before = digest(house.file)
    house.file.write_text(COMPANY + "# edited\n")
    ran = house("validate", "--company", f"company.yaml@git:{commit}", "--json")
    assert (ran.code, codes(ran)) == (3, ["company.pin"])
    assert before in ran.document["diagnostics"][0]["detail"]
    assert digest(house.file) in ran.document["diagnostics"][0]["detail"]
    git(house.folder, "commit", "-q", "-a", "-m", "another")
    git(house.folder, "branch", commit[:8])
    ran = house("validate", "--company", f"company.yaml@git:{commit[:8]}", "--json")
    assert (ran.code, codes(ran)) == (3, ["company.pin"]), "a branch does not pass for the commit of its name"
    ran = house("validate", "--company", f"company.yaml@git:{'1' * 40}", "--json")
    assert (ran.code, "cannot be told" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("", 64, "--company names no file"),
        ("nowhere.yaml", 64, "there is no company file nowhere.yaml"),
        ("company.yaml@sha256:12", 64, "has a pin that cannot be read"),
        ("company.yaml@git:main", 64, "has a pin that cannot be read"),
        ("stacks", 4, "company file stacks"),
    ],
)
def test_what_is_asked_for_wrongly(asked: str, code: int, said: str, house: Any) -> None:
    ran = house("validate", "--company", asked)
    assert ran.code == code
    assert said in " ".join(ran.err.split())


WRONG = """\
apiVersion: modelform/company/v1
polcy: {}
policy:
  residency: ${env:WHERE}
  publishers:
naming: {accounts: '(', hubs: 'a-{team}'}
exceptions:
  - {code: residency.route, stack: '*', until: 2026-02-30}
"""


def test_every_problem_of_the_file_at_once_with_its_place(house: Any) -> None:
    house.file.write_text(WRONG)
    ran = house("preview", "--company", "company.yaml", "--json")
    assert ran.code == 4
    residency = "policy.residency must be global, a zone (eu-data-zone), eu, a country code or a region"
    assert [(d["line"], d["column"], d["summary"]) for d in ran.document["diagnostics"]] == [
        (2, 1, "a company file has no key 'polcy'"),
        (4, 14, "a company file takes no values from outside: '${env:WHERE}'"),
        (4, 14, f"{residency}, not '${{env:WHERE}}'"),
        (5, 3, "policy.publishers has no value"),
        (6, 20, "naming.accounts is no regular expression: missing ), unterminated subpattern"),
        (6, 31, "naming.hubs has the word {team}, which stands for nothing"),
        (8, 5, "exceptions.0 has no reason"),
        (8, 48, "exceptions.0.until must be a day such as 2027-03-31, not '2026-02-30'"),
    ]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "the file is empty", "A company file starts with `apiVersion: modelform/company/v1`"),
        ("- a\n", "the file is a list, but a company file is a map of keys", "Start it with `apiVersion: modelform/c"),
        ("apiVersion: modelform/v1\n", "apiVersion must be modelform/company/v1", "Did you mean modelform/company/v1?"),
        (COMPANY + "naming: {accounts: 5}\n", "naming.accounts must be a regular expression, not the number 5", "Put"),
        (COMPANY + "name: two\n", "the key 'name' stands here twice, first in line 2", "Keep one of the two."),
    ],
)
def test_what_is_no_company_file(text: str, said: str, hint: str, house: Any) -> None:
    house.file.write_text(text)
    ran = house("validate", "--company", "company.yaml", "--json")
    (found,) = ran.document["diagnostics"]
    assert ran.code == 4
    assert found["summary"].startswith(said)
    assert found["hint"].startswith(hint)


def token(ran: Any) -> str:
    match = re.search(r"--approval ([0-9a-f]{16})", ran.out + ran.err)
    assert match, ran.err
    return match.group(1)


def test_what_goes_beyond_the_limit_needs_the_approval_of_this_very_plan(house: Any) -> None:
    company = ("--company", "company.yaml")
    second = "  second: {model: gpt-5.4-mini, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 10k}}\n"
    third = second.replace("second", "third")
    small = good(house)
    house.write(small + second + third)
    assert house("up", "-y", *company).code == 0
    house.write(small + third)
    shown = house("preview", *company)
    assert shown.code == 0
    assert "1 deletion, and the company allows 0: second would go" in " ".join(shown.out.split())
    refused = house("up", "-y", *company, "--json")
    assert (refused.code, codes(refused)) == (3, ["company.changes"])
    assert token(refused) == token(shown)
    house.write(small)
    other = house("up", "-y", *company, "--approval", token(shown), "--json")
    assert (other.code, codes(other)) == (3, ["company.changes"])
    assert f"{token(shown)} approves another plan than this" in " ".join(other.err.split())
    assert token(other) != token(shown)
    house.write(small + third)
    done = house("up", "-y", *company, "--approval", token(shown), "--json")
    assert (done.code, done.document["summary"]["delete"]) == (0, 1)
    house.write(small + second + third)
    assert house("up", "-y", *company).code == 0
    house.write(small + third)
    again = house("up", "-y", *company, "--approval", token(shown), "--json")
    assert (again.code, codes(again)) == (3, ["company.changes"]), "what was made anew was not approved of"
    gone = house("destroy", "-y", *company, "--json")
    assert (gone.code, codes(gone)) == (3, ["company.changes"])
    assert house("destroy", "-y", *company, "--approval", token(gone)).code == 0
    assert made(house) == []


def test_a_saved_plan_takes_the_approval_that_it_printed(house: Any) -> None:
    company = ("--company", "company.yaml")
    small = good(house)
    second = "  second: {model: gpt-5.4-mini, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 10k}}\n"
    house.write(small + second)
    assert house("up", "-y", *company).code == 0
    house.write(small)
    shown = house("preview", "--out", "plan.json", *company)
    refused = house("up", "--plan", "plan.json", *company, "--json")
    assert (refused.code, codes(refused)) == (3, ["company.changes"])
    assert house("up", "--plan", "plan.json", *company, "--approval", token(shown)).code == 0


def test_a_saved_plan_is_stale_under_another_company_file(house: Any) -> None:
    assert house("preview", "--company", "company.yaml", "--out", "plan.json").code == 0
    for argv in ([], ["--company", "other.yaml"]):
        (house.folder / "other.yaml").write_text(COMPANY + "# edited\n")
        ran = house("up", "--plan", "plan.json", *argv, "--json")
        assert (ran.code, codes(ran)) == (5, ["plan.company"])
    assert house("up", "--plan", "plan.json", "--company", "company.yaml").code == 0


RULE = "checks: [{code: acme.a, sentence: S., reason: R., when: stack.name == 'x', each: stack}]\n"


def test_a_pin_by_commit_is_of_the_packs_too(house: Any) -> None:
    (house.folder / "rules").mkdir()
    check = house.folder / "rules" / "places.yaml"
    check.write_text(RULE)
    house.file.write_text(COMPANY.replace("policy:\n", "policy:\n  packs: [rules]\n"))
    git(house.folder, "init", "-q")
    git(house.folder, "add", "company.yaml", "rules")
    git(house.folder, "commit", "-q", "-m", "company")
    asked = ("--company", f"company.yaml@git:{git(house.folder, 'rev-parse', 'HEAD')}")
    assert house("validate", *asked).code == 0
    for file in (check, house.folder / "rules" / "new.py"):
        before = file.read_text() if file.exists() else None
        file.write_text((before or "") + "# edited\n")
        ran = house("validate", *asked, "--json")
        assert (ran.code, codes(ran)) == (3, ["company.pin"])
        assert f"rules/{file.name}" in ran.document["diagnostics"][0]["summary"]
        file.write_text(before) if before else file.unlink()

    check.unlink()
    (house.folder / "rules" / "other.yaml").write_text(RULE.replace("acme.a", "acme.b"))
    ran = house("validate", *asked, "--json")
    assert (ran.code, codes(ran)) == (3, ["company.pin"])
    assert "is not as it is pinned" in ran.document["diagnostics"][0]["summary"]
    (house.folder / "rules" / "other.yaml").unlink()
    check.write_text(RULE)
    (house.folder / "rules" / "second.yaml").write_text(RULE.replace("acme.a", "acme.b"))
    git(house.folder, "add", "rules")
    git(house.folder, "commit", "-q", "-m", "second")
    asked = ("--company", f"company.yaml@git:{git(house.folder, 'rev-parse', 'HEAD')}")
    assert house("validate", *asked).code == 0
    (house.folder / "rules" / "second.yaml").unlink()
    ran = house("validate", *asked, "--json")
    assert (ran.code, codes(ran)) == (3, ["company.pin"]), "a check that is taken away is missed"
    assert "has it, and it is not there" in ran.document["diagnostics"][0]["detail"]


def test_a_pin_by_digest_wants_the_digests_of_the_packs(house: Any) -> None:
    (house.folder / "rules").mkdir()
    check = house.folder / "rules" / "places.yaml"
    check.write_text(RULE)
    house.file.write_text(COMPANY.replace("policy:\n", "policy:\n  packs: [rules]\n"))
    ran = house("validate", "--company", f"company.yaml@sha256:{digest(house.file)}", "--json")
    found = ran.document["diagnostics"][0]
    assert (ran.code, found["code"], found["line"], found["column"]) == (3, "company.pin", 4, 11)
    wanted = hashlib.sha256(f"{digest(check)}  places.yaml\n".encode()).hexdigest()
    assert f"write @sha256:{wanted} behind" in found["hint"]
    house.file.write_text(COMPANY.replace("policy:\n", f"policy:\n  packs: ['rules@sha256:{wanted}']\n"))
    pinned = f"company.yaml@sha256:{digest(house.file)}"
    ran = house("validate", "--company", pinned, "--json")
    assert (ran.code, ran.document["company"]["packs"]) == (0, [{"folder": "rules", "digest": wanted}])
    check.write_text(RULE.replace("== 'x'", "== 'dev'"))
    for asked in (pinned, "company.yaml"):
        ran = house("validate", "--company", asked, "--json")
        assert (ran.code, codes(ran)) == (3, ["company.pin"])
        assert "the pack rules is not the one that it is pinned to" in ran.document["diagnostics"][0]["summary"]
    copy = house.folder / "elsewhere"
    (copy / "rules").mkdir(parents=True)
    house.file.write_text(COMPANY.replace("policy:\n", "policy:\n  packs: [rules]\n"))
    (copy / "company.yaml").write_text(house.file.read_text())
    (copy / "rules" / "places.yaml").write_text(RULE)
    house.environment["MODELFORM_COMPANY"] = "company.yaml"
    ran = house("validate", "--company", "elsewhere/company.yaml", "--json")
    assert (ran.code, codes(ran)) == (3, ["company.two"]), "the same file beside another pack is another one"


UNDOES = """\
import modelform.checks.rules.residency_processing as rule
rule.check = lambda *given: ()
open("touched", "w")
code, level, sentence, reason = "acme.undo", "warning", "S.", "R."
def check(stack, catalog, today, facts):
    return None
"""


@pytest.mark.parametrize(("allowed", "left"), [("none", []), ("conditions", ["acme.a"])])
def test_a_company_may_let_stacks_have_no_python(allowed: str, left: list[str], house: Any) -> None:
    (house.folder / "own").mkdir()
    (house.folder / "own" / "undo.py").write_text(UNDOES)
    (house.folder / "own" / "small.yaml").write_text(RULE.replace("== 'x'", "== 'dev'"))
    house.write(good(house).replace("dataZoneStandard", "globalStandard") + "policy: {packs: [../own]}\n")
    house.file.write_text(COMPANY + f"allow: {{packs: {allowed}}}\n")
    ran = house("validate", "--company", "company.yaml", "--json")
    assert (ran.code, codes(ran)) == (3, [*left, "residency.processing", "company.loosened"])
    (found,) = (d for d in ran.document["diagnostics"] if d["code"] == "company.loosened")
    assert (found["file"], found["line"], found["column"]) == ("stacks/dev.yaml", 14, 18)
    assert f"is looser than the company's `packs: {allowed}`, which holds" in found["summary"]
    assert not (house.folder / "touched").exists(), "nothing of it was run"


def test_a_pack_of_the_company_counts_as_its_file_does(house: Any) -> None:
    rules = house.folder / "rules"
    rules.mkdir()
    check = rules / "acme.py"
    check.write_text(
        "code, level, sentence, reason = 'acme.a', 'warning', 'S.', 'R.'\n"
        "def check(stack, catalog, today, facts):\n    yield 'deployments.assistant.sku', 'seen'\n"
    )
    house.file.write_text(COMPANY.replace("policy:\n", "policy:\n  packs: [rules]\n"))
    ran = house("preview", "--company", "company.yaml", "--out", "plan.json", "--json")
    assert ("acme.a", "stacks/dev.yaml", 12) in [(d["code"], d["file"], d["line"]) for d in ran.document["diagnostics"]]
    check.write_text(check.read_text() + "# edited\n")
    ran = house("up", "--plan", "plan.json", "--company", "company.yaml", "--json")
    assert (ran.code, codes(ran)) == (5, ["plan.company"])


def test_going_back_to_a_model_that_retires_soon_only_warns(house: Any) -> None:
    old, new = "openai/gpt-4o@2024-11-20", "openai/gpt-5.4-mini@2026-03-17"
    text = good(house).replace("mistral-large-3@1", old).replace("tpm: 50k", "tpm: 10k")
    house.file.write_text("apiVersion: modelform/company/v1\n")
    house.write(text)
    assert house("up", "-y").code == 0
    house.file.write_text("apiVersion: modelform/company/v1\npolicy: {retirementNotice: 200d}\n")
    stays = house("up", "-y", "--company", "company.yaml", "--json")
    assert (stays.code, codes(stays)) == (3, ["lifecycle.retiring"]), "it was nothing else before"
    house.write(text.replace(old, new))
    assert house("up", "-y", "--company", "company.yaml").code == 0
    house.write(text)
    for argv in (["validate"], ["preview"], ["up", "-y"], ["preview"]):
        back = house(*argv, "--company", "company.yaml", "--json")
        assert (back.code, codes(back)) == (0, []), back.err
        found = {d["code"]: d for d in back.document["diagnostics"]}["lifecycle.retiring"]
        assert found["severity"] == "warning"
        assert found["detail"].startswith("the deployment had it before: going back is let through")
    house.write(text.replace("  assistant:", "  other:"))
    assert house("preview", "--company", "company.yaml").code == 3
    assert house("validate", "--company", "company.yaml").code == 3


def test_an_exception_is_told_with_its_reason_and_ends(house: Any) -> None:
    house.write(good(house).replace("dataZoneStandard", "globalStandard"))
    excuse = "exceptions:\n  - {code: residency.processing, stack: 'd*', reason: a trial, until: 2026-11-22}\n"
    house.file.write_text(COMPANY + excuse)
    ran = house("validate", "--company", "company.yaml")
    assert ran.code == 0
    assert "excused until 2026-11-22: a trial (company.yaml:8:5)" in " ".join(ran.err.split())
    log = house("validate", "--company", "company.yaml", "--sarif", "-").document["runs"][0]
    told = [result for result in log["results"] if result["ruleId"] == "residency.processing"]
    assert [one["suppressions"][0]["justification"] for one in told] == [
        "excused until 2026-11-22: a trial (company.yaml:8:5)"
    ]
    house.file.write_text(COMPANY + excuse.replace("11-22", "11-21"))
    ran = house("validate", "--company", "company.yaml", "--json")
    assert (ran.code, codes(ran)) == (3, ["residency.processing"])
    assert "company.exception-expired" in [d["code"] for d in ran.document["diagnostics"]]


def test_the_schema_of_company_files(modelform: Any) -> None:
    ran = modelform("schema", "--company")
    assert ran.document["title"] == "modelform company file"
    assert modelform("schema").document["title"] == "modelform stack file"
