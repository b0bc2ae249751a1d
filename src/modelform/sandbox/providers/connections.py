"""Connections of accounts, projects and workspaces to other services: what a way to sign in needs, and who sees it."""

from __future__ import annotations

from modelform.sandbox import refusals
from modelform.sandbox.exchange import Json, Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.shapes import Misfit, Shape, accept, table
from modelform.sandbox.store import Resource, View

WAYS = (
    *("AAD", "AccessKey", "AccountKey", "ApiKey", "CustomKeys", "ManagedIdentity", "None", "OAuth2", "PAT", "SAS"),
    *("ServicePrincipal", "UsernamePassword"),
)


def _body(since: str = "") -> Shape:
    """What a connection holds; workspaces tell some of it `since` a version."""
    return table(
        f"""
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      authType!: {"|".join(WAYS)}
      category: AzureOpenAI|AIServices|CognitiveSearch|CognitiveService|ApiKey|CustomKeys|AzureBlob|Serverless|OpenAI|*
      createdByWorkspaceArmId~: text
      credentials: any
      error: text
      expiryTime: text
      group~: text
      isSharedToAll: flag
      metadata{{}}: text
      peRequirement{since}: Required|NotRequired|NotApplicable|*
      peStatus{since}: Inactive|Active|NotApplicable|*
      sharedUserList[]: text
      target: text
      useWorkspaceManagedIdentity{since}: flag
    """
    )


BODY, OF_WORKSPACES = _body(), _body("@2025-12-01")

# What the credentials of a way to sign in hold; ways that are not here have none.
CREDENTIALS: dict[str, Shape] = {
    "ApiKey": table("key: text"),
    "AccountKey": table("key: text"),
    "AccessKey": table("accessKeyId: text\nsecretAccessKey: text"),
    "CustomKeys": table("keys{}: text"),
    "ManagedIdentity": table("clientId: text\nresourceId: text"),
    "OAuth2": table(
        "authUrl: text\nclientId: text\nclientSecret: text\ndeveloperToken: text\npassword: text\nrefreshToken: text\n"
        "tenantId: text\nusername: text"
    ),
    "PAT": table("pat: text"),
    "SAS": table("sas: text"),
    "ServicePrincipal": table("clientId: text\nclientSecret: text\ntenantId: text"),
    "UsernamePassword": table("username: text\npassword: text\nsecurityToken: text"),
}
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
AI = ("AzureOpenAI", "AIServices", "CognitiveSearch", "CognitiveService", "OpenAI", "Serverless")


def _write(change: Change) -> None:
    properties = change.properties
    way = properties["authType"]
    sent = properties.pop("credentials", None)
    if sent is not None:
        shape = CREDENTIALS.get(way)
        if shape is None:
            raise refusals.bad_content(f"Credentials are not expected with the authType '{way}'")
        try:
            change.secrets = {"credentials": accept(shape, sent, "properties.credentials")}
        except Misfit as problem:
            raise refusals.misfit(problem, change.kind.type) from problem
    elif change.existing is None or change.kept("properties.authType") != way:
        change.secrets = {}
    if not properties.get("category"):
        raise refusals.bad_content("Required property 'category' not found in JSON. Path 'properties.category'")
    change.default(
        isSharedToAll=False,
        metadata={},
        sharedUserList=[],
        peRequirement="NotRequired",
        peStatus="NotApplicable",
        useWorkspaceManagedIdentity=False,
    )
    properties["group"] = "AzureAI" if properties["category"] in AI else "ServicesAndApps"


def _secrets(call: Call, view: View, resource: Resource) -> Response:
    """The connection with its credentials."""
    from modelform.sandbox.lifecycle import shown

    body: Json = shown(call.control, view, call.control.kind_of(resource.type), resource, call.version)
    body["properties"]["credentials"] = resource.secrets.get("credentials")
    return Response(200, body)


def _bad_name(name: str) -> Refusal:
    text = f"The connection name '{name}' is not valid: 3 to 33 letters, digits, hyphens and underscores."
    return Refusal(400, "UserError", text)


def connections(parent: str, versions: tuple[str, ...], *, tells: bool = False) -> Kind:
    """The row of the connections below a type; `tells` where an action gives the credentials back."""
    return Kind(
        type=f"{parent}/connections",
        versions=versions,
        shape=OF_WORKSPACES if parent == WORKSPACES else BODY,
        evidence=Evidence.RECORDED,
        name=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$",
        bad_name=_bad_name,
        tracked=False,
        writes=Writes(Style.NONE, created=200),
        deletes=Deletes(Style.NONE),
        stateful=False,
        system_data=True,
        write=_write,
        actions={"listsecrets": Action(_secrets)} if tells else {},
    )
