"""Text for a person: golden files at 80 columns, and what must hold of every one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from modelform.errors import Diagnostic, Exit, Severity, Span
from modelform.plan import Change, Difference, Op, Result, Summary
from modelform.report import text, words
from modelform.report.findings import Source, finding, findings, folded, tally
from modelform.report.ink import Ink, cells
from modelform.values import UNKNOWN, Secret

Golden = Callable[[str, str], None]


def joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def test_a_plan_is_a_list_that_fits_80_columns(mixed: Result, golden: Golden, source: Source) -> None:
    lines = text.plan(mixed, Ink(False, 80), source)
    assert max(map(cells, lines)) <= 80
    golden("plan.txt", joined(lines))


@pytest.mark.parametrize("width", [70, 100])
def test_a_plan_fits_other_papers(width: int, mixed: Result, source: Source) -> None:
    assert [line for line in text.plan(mixed, Ink(False, width), source) if cells(line) > width] == []


def test_colour_changes_nothing_but_colour(mixed: Result, golden: Golden, source: Source) -> None:
    plain, coloured = text.plan(mixed, Ink(False, 80), source), text.plan(mixed, Ink(True, 80), source)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured] == plain
    assert "\x1b[35;1m +-\x1b[0m" in joined(coloured)
    golden("plan-colour.txt", joined(coloured))


def test_secrets_are_never_written(mixed: Result, source: Source) -> None:
    every = [text.plan(mixed, Ink(), source), text.done(mixed, Ink(), source), text.outputs(mixed.outputs, Ink())]
    assert "hunter" not in str(every)
    assert "hunter2" in str(text.outputs(mixed.outputs, Ink(), show_secrets=True))


def test_a_plan_without_changes_says_so_in_one_line() -> None:
    nothing = Result("preview", "dev", "embedded", "sandbox", True, Summary(same=1))
    assert text.plan(nothing, Ink()) == [
        "Plan for dev on the sandbox, embedded engine",
        "",
        "No changes: 1 resource as the file says.",
    ]


def test_a_plan_says_that_it_refreshed(mixed: Result, source: Source) -> None:
    assert "after a refresh" in text.plan(replace(mixed, refreshed=True), Ink(), source)[0]
    assert "after a refresh" not in text.plan(mixed, Ink(), source)[0]


def test_what_several_resources_met_alike_is_told_once() -> None:
    urn = "urn:pulumi:dev::p::azure-native:cognitiveservices:Deployment::"
    version = Diagnostic("sandbox.version", Severity.ERROR, "the database has version 99", hint="reset it")
    other = Diagnostic("azure.quota", Severity.ERROR, "no quota", urn=f"{urn}b")
    met = [version, *(replace(version, urn=f"{urn}{name}") for name in "abcde")]
    assert folded([*met, other, other]) == (
        replace(version, detail="That ended deployment a, deployment b, deployment c and 2 more."),
        other,
    )
    assert folded([version, replace(version, urn=f"{urn}a")]) == (version,)
    assert folded([replace(version, urn=f"{urn}a")]) == (replace(version, urn=f"{urn}a"),)


def test_a_refresh_finds_and_does_not_do(mixed: Result, source: Source) -> None:
    found = replace(mixed, command="refresh", summary=Summary(update=1, delete=2, same=3), diagnostics=())
    assert text.plan(found, Ink(), source)[0].startswith("What is there, and is not what the state says: dev")
    assert text.plan(found, Ink(), source)[-1] == "Found: 1 changed, 2 gone, 3 unchanged."
    assert text.done(found, Ink(), source)[-1].endswith(": 1 changed, 2 gone, 3 unchanged.")


def test_a_plan_with_errors_cannot_look_applicable(mixed: Result, source: Source) -> None:
    wrong = replace(mixed, diagnostics=(Diagnostic("policy.publisher", Severity.ERROR, "not allowed"),))
    assert text.plan(wrong, Ink(), source)[-1] == "The plan has errors: nothing can be applied."


@pytest.mark.parametrize(
    ("summary", "ok", "last"),
    [
        (Summary(create=2, same=3), True, "up of dev done in 12 s: 2 created, 3 unchanged."),
        (Summary(same=5), True, "No changes: 5 resources as before in 12 s."),
        (Summary(create=1), False, "up of dev failed in 12 s: 1 created."),
        (Summary(), False, "up of dev failed in 12 s: nothing was changed."),
    ],
)
def test_the_end_of_an_operation(summary: Summary, ok: bool, last: str) -> None:
    assert text.done(Result("up", "dev", "embedded", "sandbox", ok, summary, seconds=12.2), Ink())[-1] == last


def test_what_was_done_in_part_is_not_called_nothing() -> None:
    """A change that was made, and whose state could not be written."""
    failed = Result("up", "dev", "embedded", "sandbox", False, Summary(), seconds=12.2, exit_code=Exit.PARTIAL)
    assert text.done(failed, Ink())[-1] == "up of dev failed halfway in 12 s: what failed was done in part."


def test_a_rename_by_key_reads_as_delete_and_create() -> None:
    token = "azure-native:cognitiveservices:Deployment"
    changes = (Change(Op.CREATE, "urn:b", token, "new"), Change(Op.DELETE, "urn:a", token, "old"))
    result = Result("preview", "dev", "embedded", "sandbox", True, Summary(create=1, delete=1), changes)
    assert text.plan(result, Ink())[2:4] == ["  + deployment       new", "  - deployment       old"]


def test_a_finding_shows_the_line_and_a_caret(golden: Golden, source: Source) -> None:
    cases = [
        Diagnostic(
            "model.unknown",
            Severity.ERROR,
            'there is no model "mistral-larg-3"',
            "The catalogue of 2026-11-22 has 99 models.",
            Span("stacks/dev.yaml", 4, 12),
            "Did you mean mistral-large-3?",
        ),
        Diagnostic("stack-file.unknown-key", Severity.ERROR, "unknown key", span=Span("stacks/dev.yaml", 5, 95)),
        Diagnostic("quota.unverified", Severity.WARNING, "no connection " * 12, hint="try again " * 10),
        Diagnostic("stack-file.unknown-key", Severity.ERROR, "a tab and an escape", span=Span("stacks/dev.yaml", 6, 7)),
        Diagnostic("past-the-end", Severity.ERROR, "at the end of the file", span=Span("stacks/dev.yaml", 99, 1)),
        Diagnostic("no-file", Severity.INFO, "a file that is gone", span=Span("stacks/gone.yaml", 1, 1)),
    ]
    lines = findings(cases, Ink(False, 80), source)
    assert max(map(cells, lines)) <= 80
    assert "\x1b" not in "".join(lines)
    golden("findings.txt", joined(lines))


def test_the_caret_stands_under_the_column(source: Source) -> None:
    lines = finding(Diagnostic("x", Severity.ERROR, "m", span=Span("stacks/dev.yaml", 4, 12)), Ink(), source)
    assert lines[1][lines[2].index("^")] == "m"


def test_a_finding_about_a_resource_names_it() -> None:
    where = "urn:pulumi:dev::shop::modelform:index:Workspace$azure-native:cognitiveservices:Account::foundry"
    refused = Diagnostic("provider", Severity.ERROR, "quota exceeded", urn=where)
    assert finding(refused, Ink()) == ["error: account foundry: quota exceeded [provider]"]
    named = Diagnostic("provider", Severity.ERROR, "foundry has no quota", urn=where)
    assert finding(named, Ink()) == ["error: foundry has no quota [provider]"]


def test_the_tally_counts_what_stops_and_warns() -> None:
    found = [
        Diagnostic("a", Severity.ERROR, "a"),
        Diagnostic("b", Severity.ERROR, "b"),
        Diagnostic("c", Severity.INFO, "c"),
    ]
    assert tally(found) == "2 errors"
    assert tally([Diagnostic("w", Severity.WARNING, "w")]) == "1 warning"


def test_outputs_are_a_tree(golden: Golden) -> None:
    values = {
        "deployments": {
            "assistant": {
                "endpoint": "https://a.services.ai.azure.com/",
                "model": "Mistral-Large-3",
                "key": Secret("k"),
            },
            "later": {"endpoint": UNKNOWN},
        },
        "routes": {"chat": [{"deployment": "assistant"}, {"deployment": "fallback"}]},
        "projects": ["legal", "support"],
        "none": {},
    }
    golden("outputs.txt", joined(text.outputs(values, Ink(False, 80))))


def test_the_name_in_azure_is_shown_where_it_is_not_the_key() -> None:
    named = (
        Difference("accountName", "add", None, "dev-foundry-6v2aw7"),
        Difference("sku.name", "add", None, "S0"),
        Difference("kind", "add", None, "AIServices"),
    )
    account = Change(Op.CREATE, "urn:a", "azure-native:cognitiveservices:Account", "foundry", diff=named)
    assert words.facts(account) == "dev-foundry-6v2aw7, AIServices, S0"
    project = Difference("projectName", "add", None, "legal")
    assert (
        words.facts(Change(Op.CREATE, "u", "azure-native:cognitiveservices:Project", "f/legal", diff=(project,))) == ""
    )


def test_a_table_becomes_a_list_where_it_is_too_wide() -> None:
    rows = [["dev", "sandbox", "3"], ["prod-with-a-long-name", "azure", "12"]]
    wide = text.table(["NAME", "TARGET", "RESOURCES"], rows, Ink(False, 80))
    assert wide[0].split() == ["NAME", "TARGET", "RESOURCES"]
    assert wide[2].index("azure") == wide[0].index("TARGET")
    narrow = text.table(["NAME", "TARGET", "RESOURCES"], rows, Ink(False, 30))
    assert narrow[:4] == ["NAME       dev", "TARGET     sandbox", "RESOURCES  3", ""]


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("azure-native:resources:ResourceGroup", "resource group"),
        ("azure-native:cognitiveservices:Deployment", "deployment"),
        ("azure-native:storage:StorageAccount", "storage account"),
        ("azure-native:operationalinsights:Workspace", "log analytics"),
    ],
)
def test_types_are_called_as_people_call_them(token: str, said: str) -> None:
    assert words.kind(token) == said


def test_a_project_of_a_hub_is_no_hub() -> None:
    token = "azure-native:machinelearningservices:Workspace"
    assert words.kind(token, "studio") == "hub"
    assert words.kind(token, "studio/research") == "project"


def test_every_operation_has_a_sign_and_a_verb() -> None:
    assert set(words.SIGNS) == set(Op) == set(words.VERBS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "(none)"),
        ("plain", "plain"),
        ("", '""'),
        (" padded ", '" padded "'),
        ("two\nlines", '"two\\nlines"'),
        ("\x1b[31m", '"\\u001b[31m"'),
        (True, "true"),
        (UNKNOWN, "(known after up)"),
        ("[unknown]", "(known after up)"),
        ({"a": Secret("s")}, '{"a": "[secret]"}'),
    ],
)
def test_values_are_one_harmless_line(value: object, said: str) -> None:
    assert words.value_text(value) == said


@pytest.mark.parametrize(("seconds", "said"), [(0.44, "0.4 s"), (12.6, "13 s"), (185, "3 min 05 s")])
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_wide_characters_take_two_cells() -> None:
    assert cells("模型") == 4
    assert cells("e\u0301") == 1
