"""azure-mgmt-authorization against the sandbox."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient

pytestmark = pytest.mark.slow  # the client alone takes seconds to load

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"


def test_role_assignments(cloud: Any) -> None:
    group = cloud.group()
    client = cloud.client(AuthorizationManagementClient)
    who, name = str(uuid.uuid4()), str(uuid.uuid4())
    role = f"/subscriptions/{cloud.subscription}/{DEFINITIONS}/{READER}"
    body = {"roleDefinitionId": role, "principalId": who, "principalType": "ServicePrincipal"}
    made = client.role_assignments.create(group, name, body)
    assert (made.principal_id, made.scope, made.name) == (who, group, name)
    assert client.role_assignments.get(group, name).role_definition_id == role
    assert client.role_assignments.get_by_id(made.id).principal_type == "ServicePrincipal"
    assert [one.name for one in client.role_assignments.list_for_scope(group)] == [name]
    assert [one.name for one in client.role_assignments.list_for_resource_group("rg")] == [name]
    assert [one.name for one in client.role_assignments.list_for_subscription()] == [name]
    theirs = client.role_assignments.list_for_scope(group, filter=f"principalId eq '{uuid.uuid4()}'")
    assert list(theirs) == []
    ours = client.role_assignments.list_for_scope(group, filter=f"principalId eq '{who}'")
    assert [one.name for one in ours] == [name]
    held = {"condition": "@Resource[name] StringEquals 'a'", "conditionVersion": "2.0"}
    assert client.role_assignments.create(group, name, {**body, **held}).condition == held["condition"]

    with pytest.raises(ResourceExistsError) as twice:
        client.role_assignments.create(group, str(uuid.uuid4()), body)
    assert twice.value.error.code == "RoleAssignmentExists"
    with pytest.raises(HttpResponseError) as another:
        client.role_assignments.create(group, name, {**body, "principalId": str(uuid.uuid4())})
    assert another.value.error.code == "RoleAssignmentUpdateNotPermitted"
    unknown = {"roleDefinitionId": role, "principalId": str(uuid.uuid4())}
    with pytest.raises(HttpResponseError) as nobody:
        client.role_assignments.create(group, str(uuid.uuid4()), unknown)
    assert nobody.value.error.code == "PrincipalNotFound"

    assert client.role_assignments.delete(group, name).name == name
    assert client.role_assignments.delete(group, name) is None
    with pytest.raises(ResourceNotFoundError) as missing:
        client.role_assignments.get(group, name)
    assert missing.value.error.code == "RoleAssignmentNotFound"


def test_role_definitions(cloud: Any) -> None:
    cloud.group()
    client = cloud.client(AuthorizationManagementClient)
    scope, name = f"/subscriptions/{cloud.subscription}", str(uuid.uuid4())
    known = {one.role_name: one for one in client.role_definitions.list(scope)}
    assert known["Reader"].name == READER
    [one] = client.role_definitions.list(scope, filter="roleName eq 'Cognitive Services User'")
    assert one.role_name == "Cognitive Services User"
    assert client.role_definitions.get(scope, READER).role_type == "BuiltInRole"
    body = {
        "roleName": "Asks models",
        "description": "May ask.",
        "permissions": [{"dataActions": ["Microsoft.CognitiveServices/accounts/OpenAI/deployments/*/action"]}],
        "assignableScopes": [scope],
    }
    made = client.role_definitions.create_or_update(scope, name, body)
    assert (made.role_name, made.role_type) == ("Asks models", "CustomRole")
    changed = client.role_definitions.create_or_update(scope, name, {**body, "description": "Asks."})
    assert changed.description == "Asks."
    assert client.role_definitions.get_by_id(made.id).name == name
    [one] = client.role_definitions.list(scope, filter="type eq 'CustomRole'")
    assert one.name == name
    with pytest.raises(ResourceExistsError) as twice:
        client.role_definitions.create_or_update(scope, str(uuid.uuid4()), body)
    assert twice.value.error.code == "RoleDefinitionWithSameNameExists"
    assert client.role_definitions.delete(scope, name).name == name
    with pytest.raises(ResourceNotFoundError) as missing:
        client.role_definitions.get(scope, name)
    assert missing.value.error.code == "RoleDefinitionDoesNotExist"
