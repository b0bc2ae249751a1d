"""Rows: Cognitive Services accounts (Foundry and OpenAI), their deployments and projects."""

from __future__ import annotations

from modelform.provider.row import GROUP, GROUP_NAME, IDENTITY, IDENTITY_STABLE, SETTLED, Parameter, Row, words

_ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/{{accountName}}"
_ACCOUNT_NAME = Parameter("accountName", r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", 2, 64)

ACCOUNT = Row(
    token="azure-native:cognitiveservices:Account",
    arm_type="Microsoft.CognitiveServices/accounts",
    api_version="2025-06-01",
    path=_ACCOUNT,
    parameters=(GROUP_NAME, _ACCOUNT_NAME),
    inputs=words("resourceGroupName accountName identity kind location properties sku tags"),
    outputs=words("azureApiVersion etag identity kind location name properties sku systemData tags type"),
    envelope=words("identity kind location sku tags"),
    required=("location",),
    replace=("location",),
    computed=(
        *IDENTITY,
        "properties.abusePenalty",
        "properties.callRateLimit",
        "properties.capabilities",
        "properties.commitmentPlanAssociations",
        "properties.dateCreated",
        "properties.deletionDate",
        "properties.endpoint",
        "properties.endpoints",
        "properties.internalId",
        "properties.isMigrated",
        "properties.privateEndpointConnections",
        "properties.provisioningState",
        "properties.quotaLimit",
        "properties.scheduledPurgeDate",
        "properties.skuChangeInfo",
    ),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "properties.abusePenalty": (),
        "properties.callRateLimit": ("kind", "sku"),
        "properties.capabilities": ("kind", "sku", "properties"),
        "properties.commitmentPlanAssociations": (),
        "properties.dateCreated": (),
        "properties.deletionDate": (),
        "properties.endpoint": ("kind", "properties.customSubDomainName"),
        "properties.endpoints": ("kind", "properties.customSubDomainName"),
        "properties.internalId": (),
        "properties.isMigrated": (),
        "properties.privateEndpointConnections": (),
        "properties.provisioningState": (),
        "properties.quotaLimit": ("kind", "sku"),
        "properties.scheduledPurgeDate": (),
        "properties.skuChangeInfo": ("sku",),
    },
    write_only=("properties.restore", "properties.migrationToken"),
    defaults={
        "properties": {
            "allowProjectManagement": False,
            "apiProperties": {},
            "restrictOutboundNetworkAccess": False,
            "dynamicThrottlingEnabled": False,
        }
    },
    filled=("properties.associatedProjects", "properties.defaultProject"),
    serial="accountName",
    soft_delete="account",
)

DEPLOYMENT = Row(
    token="azure-native:cognitiveservices:Deployment",
    arm_type="Microsoft.CognitiveServices/accounts/deployments",
    api_version="2025-06-01",
    path=f"{_ACCOUNT}/deployments/{{deploymentName}}",
    parameters=(GROUP_NAME, _ACCOUNT_NAME, Parameter("deploymentName", r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", 2, 64)),
    inputs=words("accountName resourceGroupName deploymentName properties sku tags"),
    outputs=words("azureApiVersion etag name properties sku systemData tags type"),
    envelope=words("sku tags"),
    computed=(
        "properties.callRateLimit",
        "properties.capabilities",
        "properties.dynamicThrottlingEnabled",
        "properties.provisioningState",
        "properties.rateLimits",
        "properties.model.callRateLimit",
        "properties.scaleSettings.activeCapacity",
    ),
    stable={
        **SETTLED,
        "properties.callRateLimit": ("sku", "properties.model"),
        "properties.capabilities": ("properties.model",),
        "properties.dynamicThrottlingEnabled": (),
        "properties.provisioningState": (),
        "properties.rateLimits": ("sku", "properties.model"),
        "properties.model.callRateLimit": ("sku", "properties.model"),
        "properties.scaleSettings.activeCapacity": ("sku", "properties.scaleSettings"),
    },
    defaults={"properties": {"raiPolicyName": "Microsoft.DefaultV2"}},
    filled=("properties.currentCapacity",),
    serial="accountName",
    child=True,
)

PROJECT = Row(
    token="azure-native:cognitiveservices:Project",
    arm_type="Microsoft.CognitiveServices/accounts/projects",
    api_version="2025-06-01",
    path=f"{_ACCOUNT}/projects/{{projectName}}",
    parameters=(GROUP_NAME, _ACCOUNT_NAME, Parameter("projectName", r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", 2, 64)),
    inputs=words("accountName resourceGroupName identity location projectName properties tags"),
    outputs=words("azureApiVersion etag identity location name properties systemData tags type"),
    envelope=words("identity location tags"),
    required=("location",),
    replace=("location",),
    computed=(*IDENTITY, "properties.endpoints", "properties.isDefault", "properties.provisioningState"),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "properties.endpoints": (),
        "properties.isDefault": (),
        "properties.provisioningState": (),
    },
    serial="accountName",
    child=True,
)
