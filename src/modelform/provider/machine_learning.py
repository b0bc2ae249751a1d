"""Rows: Machine Learning workspaces (hubs and their projects), serverless endpoints, marketplace subscriptions."""

from __future__ import annotations

from modelform.provider.row import GROUP, GROUP_NAME, IDENTITY, IDENTITY_STABLE, SETTLED, Parameter, Row, words

_ML = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{{workspaceName}}"
_ML_NAME = Parameter("workspaceName", r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}", 3, 33)
_ML_CHILD = Parameter("name", r"[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}", 1, 255)

ML_WORKSPACE = Row(
    token="azure-native:machinelearningservices:Workspace",
    arm_type="Microsoft.MachineLearningServices/workspaces",
    api_version="2025-12-01",
    path=_ML,
    parameters=(GROUP_NAME, _ML_NAME),
    inputs=words(
        "resourceGroupName allowPublicAccessWhenBehindVnet applicationInsights associatedWorkspaces containerRegistry "
        "description discoveryUrl enableDataIsolation enableServiceSideCMKEncryption encryption featureStoreSettings "
        "friendlyName hbiWorkspace hubResourceId identity imageBuildCompute keyVault kind location managedNetwork "
        "primaryUserAssignedIdentity provisionNetworkNow publicNetworkAccess serverlessComputeSettings "
        "serviceManagedResourcesSettings sharedPrivateLinkResources sku storageAccount systemDatastoresAuthMode tags "
        "v1LegacyMode workspaceHubConfig workspaceName"
    ),
    outputs=words(
        "allowPublicAccessWhenBehindVnet applicationInsights associatedWorkspaces azureApiVersion containerRegistry "
        "description discoveryUrl enableDataIsolation enableServiceSideCMKEncryption encryption featureStoreSettings "
        "friendlyName hbiWorkspace hubResourceId identity imageBuildCompute keyVault kind location managedNetwork "
        "mlFlowTrackingUri name notebookInfo primaryUserAssignedIdentity privateEndpointConnections privateLinkCount "
        "provisionNetworkNow provisioningState publicNetworkAccess serverlessComputeSettings "
        "serviceManagedResourcesSettings serviceProvisionedResourceGroup sharedPrivateLinkResources sku "
        "storageAccount storageHnsEnabled systemData systemDatastoresAuthMode tags tenantId type v1LegacyMode "
        "workspaceHubConfig workspaceId"
    ),
    envelope=words("identity kind location sku tags"),
    flat=True,
    lifted=("sharedPrivateLinkResources[]", "privateEndpointConnections[]"),
    required=("location",),
    computed=(*IDENTITY, "managedNetwork.firewallPublicIpAddress", "managedNetwork.networkId"),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "managedNetwork.firewallPublicIpAddress": ("managedNetwork",),
        "managedNetwork.networkId": ("managedNetwork",),
        "mlFlowTrackingUri": (),
        "notebookInfo": (),
        "privateEndpointConnections": (),
        "privateLinkCount": (),
        "provisioningState": (),
        "serviceProvisionedResourceGroup": (),
        "storageHnsEnabled": ("storageAccount",),
        "tenantId": (),
        "workspaceId": (),
    },
    maps=("tags", "managedNetwork.outboundRules"),
    made={"managedNetwork.outboundRules": "__SYS_"},
    defaults={
        "allowPublicAccessWhenBehindVnet": False,
        "hbiWorkspace": False,
        "managedNetwork": {"isolationMode": "Disabled"},
        "v1LegacyMode": False,
        "containerRegistry": "",
    },
    filled=("discoveryUrl", "enableDataIsolation", "associatedWorkspaces"),
    inherited={"hubResourceId": ("storageAccount", "keyVault", "applicationInsights", "publicNetworkAccess")},
    soft_delete="ml-workspace",
)

SERVERLESS_ENDPOINT = Row(
    token="azure-native:machinelearningservices:ServerlessEndpoint",
    arm_type="Microsoft.MachineLearningServices/workspaces/serverlessEndpoints",
    api_version="2025-12-01",
    path=f"{_ML}/serverlessEndpoints/{{name}}",
    parameters=(GROUP_NAME, _ML_NAME, _ML_CHILD),
    inputs=words("properties resourceGroupName workspaceName identity kind location name sku tags"),
    outputs=words("azureApiVersion identity kind location name properties sku systemData tags type"),
    envelope=words("identity kind location sku tags"),
    required=("properties", "location"),
    replace=("location",),
    computed=(
        *IDENTITY,
        "properties.endpointState",
        "properties.inferenceEndpoint",
        "properties.marketplaceSubscriptionId",
        "properties.provisioningState",
    ),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "properties.endpointState": (),
        "properties.inferenceEndpoint": (),
        "properties.marketplaceSubscriptionId": (),
        "properties.provisioningState": (),
    },
    defaults={"properties": {"contentSafety": {"contentSafetyStatus": "Enabled"}}},
    child=True,
)

MARKETPLACE_SUBSCRIPTION = Row(
    token="azure-native:machinelearningservices:MarketplaceSubscription",
    arm_type="Microsoft.MachineLearningServices/workspaces/marketplaceSubscriptions",
    api_version="2025-12-01",
    path=f"{_ML}/marketplaceSubscriptions/{{name}}",
    parameters=(GROUP_NAME, _ML_NAME, _ML_CHILD),
    inputs=words("properties resourceGroupName workspaceName name"),
    outputs=words("azureApiVersion name properties systemData type"),
    required=("properties",),
    computed=(
        "properties.marketplacePlan",
        "properties.marketplaceSubscriptionStatus",
        "properties.provisioningState",
    ),
    stable={
        **SETTLED,
        "properties.marketplacePlan": ("properties.modelId",),
        "properties.marketplaceSubscriptionStatus": (),
        "properties.provisioningState": (),
    },
    maps=(),
    child=True,
)
