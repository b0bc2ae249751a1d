"""The reference pages, made from the models that read the files.

`python -m modelform.spec.reference` writes docs/stack-file.md, and with the word `company` docs/company.md.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from modelform.spec.companyfile import Day, Pattern, company_kind
from modelform.spec.kinds import Choice, Duration, Flag, Kind, Number, Quantity, Text
from modelform.spec.policyforms import CostForm, OriginsForm, PolicyForm
from modelform.spec.records import Either, ListOf, MapOf, Record
from modelform.spec.stackfile import stack_kind

_INTRO = """# The stack file

One YAML file says which models a team wants, where they may run, how much quota they get and what applications call.
`stacks/NAME.yaml` is the stack NAME; `modelform validate` says what is wrong with it, each problem with its line.

```yaml
apiVersion: modelform/v1
location: swedencentral
policy:
  residency: eu-data-zone
workspaces:
  foundry: {kind: foundry, projects: [legal]}
deployments:
  assistant: {model: mistral-large-3@1, capacity: {tpm: 50k}}
  assistant-fallback: {model: gpt-5.4-mini, capacity: {tpm: 50k}}
routes:
  chat: {members: [{deployment: assistant}, {deployment: assistant-fallback}]}
```

## How it is read

* **YAML 1.2's core types.** `NO`, `on`, `12:30`, `2024-11-20` and `010` are text. Numbers above 2^53 are refused. Keys
  that stand twice, unknown keys, tags and `<<` are errors; anchors and aliases work. A file has at most 1 MiB, is
  UTF-8, and holds one document.
* **Values from outside.** `${env:NAME}`, `${env:NAME:-default}`, `${param:name}` and `${stack.name}`. Alone, one is
  read as the type that its place wants; inside a longer text it is put in as text. One without a value is an error;
  an empty variable counts as none. `$${` stands for `${`. In flow style (`{}` and `[]`) it must be quoted. On the
  sandbox the `AZURE_*` and `ARM_*` variables of an identity have the sandbox's own values. What a variable gave is
  in no message.
* **`extends`** names a base file (a path, relative to the file) or a template (a name: the project's
  `stacks/templates/`, then those of the installed package). Maps merge by key, scalars and lists replace, and `null`
  removes what the base has; a null that removes nothing is an error.
* **`include`** adds fragments: files that hold only `deployments`, `routes` and `access`. A key that is given twice is
  an error. They lie in the file's folder or below it.
* **Units.** Quantities are `800`, `50k`, `1.5M` or `2G`; durations `60d` or `8w`.
* **Models** are named as ARM names them, in any case: `Mistral-Large-3` is `mistral-large-3`. A publisher may stand
  before (`mistral-ai/…`), `@version` behind. An **sku** is ARM's name in lower camel case (`dataZoneStandard`), or
  `serverless`.
* **Renaming** a key: `formerly: oldKey` keeps the physical name and the state. Without it, a rename is a delete and a
  create. After several renames, give the former keys as a list, oldest first.
* **What the file leaves open** (versions, skus) is decided once and kept in `NAME.lock.yaml`: a new release or a newer
  catalogue changes no plan by itself. `modelform lock --upgrade` decides anew and shows the difference.
* **Publishers' seats.** `policy.origins: [EU]` takes models of publishers from the European Union only, and
  `{prefer: [EU]}` warns of others; both name the nearest model from there. Country codes work as well, and both may
  stand together: `{require: [EU, US], prefer: [EU]}`.
* **What a workspace may call.** `outbound: restricted`, or `{allow: [search.contoso.com]}`, is
  `restrictOutboundNetworkAccess` with `allowedFqdnList` on an account. On a hub it is a managed network that lets only
  approved traffic out, with a rule for each host; Azure puts a firewall behind such rules, billed by the hour. An
  account goes back to `open` in place. A hub never does, since Azure keeps its network: it is replaced, which an `up`
  does only with `--allow-replace`.
* **Logs.** `diagnostics: true` sends every log category and all metrics to Azure Monitor: of an account to a log
  workspace that the stack makes beside it, of a hub and its projects to the hub's own. `{workspace: ID}` names one that
  is there already; say its `location:` too, since nobody can tell from an id where it keeps data. Turned off, a log
  workspace of the stack's goes with what is in it; Azure keeps it for two weeks.
* **Checks of your own** lie in folders that `policy.packs` names, as seen from the file that names them
  ([packs](packs.md)). Python ones run with your rights: look at a stranger's stack before you validate it.
* **A company's file** may stand above the policy of every stack ([company](company.md)); it is named by whoever runs
  modelform, never by a stack.
* **Base files** in `stacks/` are told by their names: `base.yaml`, `base-….yaml`, or an underscore in front.

Your editor knows all of this with a first line such as
`# yaml-language-server: $schema=../schema/stack.schema.json` (`modelform schema` writes that file).

## Not supported yet

These keys are read and checked, and then refused with `not-supported-yet`: `networks`, `identities`, `access`,
and of a workspace `exposure: private`, `network`, `existing` and `manage`; of
`contentFilter`, the words `strict` and `default` (a policy's own name works).

## Every key
"""


_COMPANY = """# The company file

What holds of every stack of a company stands in one file, outside of the stacks: where prompts may go, whose models,
which versions, names, tags and engines, how much may be deleted at once, and who is excused from what until when. A
stack may only tighten it.

```yaml
# yaml-language-server: $schema=../schema/company.schema.json
apiVersion: modelform/company/v1
name: Contoso
policy:                                # in the words of the stack file
  residency: eu-data-zone
  proof: documented
  publishers: [Mistral AI, OpenAI, Cohere]
  origins: {require: [EU, US, CA], prefer: [EU]}
  lifecycle: [generallyAvailable, preview]
  retirementNotice: 60d
  monthlyCost: {limit: 20000, currency: USD}
  localKeys: deny
  rules: {quota.unverified: error}     # levels of checks
  packs: [rules]                       # checks of the company's own, beside this file
allow:
  targets: [sandbox, azure]
  engines: [pulumi]
  backends: ["azblob://state?storage_account=contoso*"]
  secretsProviders: ["azurekeyvault://kv-contoso.vault.azure.net/*"]
pinning: {versions: required, upgrades: [noAutoUpgrade]}
naming: {accounts: "ai-{stack}-[a-z0-9-]+", resourceGroups: "rg-ai-{stack}"}
requiredTags: {owner: [], costCenter: ["4711", "4712"]}
withoutApproval: {deletes: 2, replacements: 0}
duties: {roleAssignments: the platform team, dns: the network team}
marketplace:
  - {model: codestral-2501, offer: codestral-2501-offer, plan: codestral-2501-plan, by: procurement, on: 2026-09-30}
exceptions:
  - code: lifecycle.preview
    stack: lab-*
    deployment: assistant              # default: every deployment
    reason: the trial of the new model, agreed with the security team
    until: 2027-01-31                  # the last day
```

[examples/portfolio/company.yaml](../examples/portfolio/company.yaml) is one that a test holds its stack against.

## Naming it, and pinning it

```sh
modelform validate --company company.yaml
modelform up --company company.yaml@sha256:8f14…      # what `sha256sum company.yaml` says
export MODELFORM_COMPANY=company.yaml@git:3f9c2d1     # the file as that commit of its repository has it
```

Every command that acts on a stack or judges one hears both the flag and the variable (`validate`, `preview`, `up`,
`refresh`, `destroy`, `stack import`, `stack unlock`, `check`, `lock`, `cost`, `quota`, `lifecycle`), and a plain
`pulumi` in the project folder hears the variable. No stack file, and no setting of the project, can name one: it stands
above them. Where flag and variable are both given, they must name the same content, packs too (`company.two`),
so that a flag puts no other file in the place of the pipeline's; the pin of either then counts.

A file that is not the one it is pinned to ends the command with `company.pin` and exit code 3; both digests are in the
message, and nothing was touched. A pin by commit is of the file and of its `packs`: each file as it is there, none
more and none less. A digest is of the file alone, so that the file must then say the digest of each pack
(`packs: ["rules@sha256:…"]`, [how](packs.md)); where it does not, `company.pin` says which to write. What a pack is
pinned to in the file holds without a pin of the file as well. File and packs take part in what a saved plan stands on:
another one makes the plan stale (`plan.company`, exit code 5). `--json` documents have `company` with `file`, `digest`,
`pinned` and the `packs` with their digests.

The file is read as strictly as stack files are, with one difference: it takes no values from outside (`${env:…}`),
since what holds must not depend on who runs it. It extends and includes nothing. What is wrong with it has exit code 4.

## What it does

* **Tighten, never loosen.** Of a stack's policy and this one the tighter holds, part by part: a residency that allows
  nothing more, a shorter list, a longer notice, a lower limit, a higher level of a check. Where the stack says
  something looser, the company's holds, and `company.loosened` is found at the place in the stack file. A level may
  also not be lowered below a check's own where this file gives it none. A stack's own [pack](packs.md) in Python could
  undo any check: `allow: {packs: conditions}` lets stacks have none, without running it to find out.
* **What else is checked**: [`company.runs`](checks.md#companyruns) (target, engine; on Azure backend and secrets
  provider), [`company.naming`](checks.md#companynaming), [`company.tags`](checks.md#companytags),
  [`company.pinning`](checks.md#companypinning), [`company.duties`](checks.md#companyduties),
  [`marketplace.terms`](checks.md#marketplaceterms). `destroy`, `refresh`, `stack import` and `stack unlock` work from
  the state and check no stack, since what is there must be able to go; they are held to the pin and to `company.runs`,
  and `destroy` to `withoutApproval`. Where the stack's file is gone, no file names a backend or a secrets provider.
* **Names** are whole names as regular expressions, in which `{stack}`, `{key}` and `{region}` stand for their values.
* **Exceptions** stand only here. One that covers a finding makes a note of it that says why and until when; on the day
  after the last one it is found again, and `company.exception-expired` says so; one for a stack that names a deployment
  which that has not is `company.exception-unused`. `stack` and `deployment` are names or
  patterns with `*`. A finding about several deployments is excused only if all of them are. A stack's name is its
  file's: whoever may add a file chooses it, so that a name says more than a pattern.
* **Marketplace terms**: beside `terms: accepted` in the stack file, this file says who accepted which offer and plan,
  and when. Names that the catalogue does not know are believed; others must be right.
* **Going back.** A deployment that returns to a model that it had before, by the states that the history keeps in a
  folder, is let through: `lifecycle.retiring` and `lifecycle.deprecated` only warn of it then. A history in a backend
  that only the Pulumi CLI reads is not known, and neither is any to a plain `pulumi`: there it stops.

## Approvals

With `withoutApproval` an operation that would delete or replace more than that is refused (`company.changes`, exit
code 3), `destroy` too. `preview` warns of it and prints the approval of just this plan:

```
warning: 3 deletions, and the company allows 2: clerk, coder, translator would go [company.changes]
   > have somebody else look at this plan, and give what they approve: --approval 02bfde3cf9749a26
```

Whoever approves runs `preview` themselves, looks, and hands over what it prints; `up --approval` (also with `--plan`)
takes it. The approval is a digest of which resources go and when each was made, of the stack and of this file: one more
deletion, another company file, or a resource that was made anew since make it another one. **It is no secret and no
signature**: who runs `up` can compute it as well. It makes sure that what was looked at is what happens, while who may
give it is for the pipeline to see to, for example as the input of a job that needs a reviewer.

## Every key

`policy` has the keys of [the stack file's](stack-file.md#policy). `modelform schema --company` prints the JSON Schema.
"""


def company_reference() -> str:
    """The page of the company file as Markdown."""
    root = company_kind()
    assert isinstance(root, Record)
    known: set[type[Any]] = {PolicyForm, CostForm, OriginsForm}
    parts = [_COMPANY, *(section(title, record) for title, record in _records(root, "The file itself", known))]
    return "\n".join(parts)


def reference() -> str:
    """The page as Markdown."""
    root = stack_kind()
    assert isinstance(root, Record)
    parts = [_INTRO]
    for title, record in _records(root, "The file itself", set()):
        parts.append(section(title, record))
    return "\n".join(parts)


def _records(record: Record, title: str, seen: set[type[Any]]) -> Iterator[tuple[str, Record]]:
    """Every record that can be reached, each once, under the key that leads to it first."""
    if record.model in seen:
        return
    seen.add(record.model)
    yield title, record
    for name, item in record.fields.items():
        for kind, suffix in inner_records(item.metadata["kind"]):
            prefix = "" if title == "The file itself" else f"{title}."
            yield from _records(kind, f"{prefix}{name}{suffix}", seen)


def inner_records(kind: Kind, suffix: str = "") -> Iterator[tuple[Record, str]]:
    """The records inside a kind, each with what leads to it: `.NAME` into a map, `[]` into a list."""
    if isinstance(kind, Record):
        yield kind, suffix
    elif isinstance(kind, MapOf):
        yield from inner_records(kind.value, f"{suffix}.NAME")
    elif isinstance(kind, ListOf):
        yield from inner_records(kind.item, f"{suffix}[]")
    elif isinstance(kind, Either):
        for one in (kind.scalar, kind.sequence, kind.mapping):
            if one is not None:
                yield from inner_records(one, suffix)


def section(title: str, record: Record) -> str:
    """A record's heading, its sentence and the table of its keys."""
    heading = title if title == "The file itself" else f"`{title}`"
    lines = [f"### {heading}", "", (record.model.__doc__ or "").strip(), "", "| key | value | what it says | example |"]
    lines.append("|---|---|---|---|")
    for name, item in record.fields.items():
        said = item.metadata["text"]
        required = " **Required.**" if name in record.required else ""
        lines.append(
            f"| `{name}` | {_cell(_named(item.metadata['kind']))} | {_cell(said)}{required} | {_example(name, item)} |"
        )
    return "\n".join([*lines, ""])


def _named(kind: Kind) -> str:
    """A kind in a few words."""
    if isinstance(kind, Choice):
        return " or ".join(f"`{word}`" for word in kind.words)
    if isinstance(kind, ListOf):
        return f"list of {_named(kind.item)}"
    if isinstance(kind, MapOf):
        return f"map from {kind.name} to {_named(kind.value)}"
    if isinstance(kind, Either):
        return ", or ".join(_named(one) for one in (kind.scalar, kind.sequence, kind.mapping) if one is not None)
    if isinstance(kind, Text):
        return kind.form or "text"
    if isinstance(kind, Pattern | Day):
        return "regular expression" if isinstance(kind, Pattern) else "day such as 2027-03-31"
    simple = {Flag: "`true` or `false`", Number: "number", Quantity: "quantity", Duration: "duration", Record: "map"}
    return simple.get(type(kind), "any value")


def _example(name: str, item: Field[Any]) -> str:
    kind, example = item.metadata["kind"], item.metadata["example"]
    if example is None and isinstance(kind, Choice):
        example = kind.words[0]
    if example is None and isinstance(kind, Text):
        example = kind.example
    if example is None:
        example = False
    return f"`{name}: {_cell(_yaml(example))}`"


def _yaml(value: Any, inner: bool = False) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item, True)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item, True) for item in value) + "]"
    if isinstance(value, str):
        special = value[:1] in "{[*&!%@" or (inner and re.search(r"[{}\[\],]", value))
        return json.dumps(value) if special or value.isdigit() else value
    return json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(company_reference() if sys.argv[1:] == ["company"] else reference())
