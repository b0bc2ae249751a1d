"""What the bodies of Microsoft.MachineLearningServices hold, by the type definitions of 2022-10-01 to 2026-03-01."""

from __future__ import annotations

from modelform.sandbox.providers.parts import IDENTITY, ML_SKU
from modelform.sandbox.shapes import table

VERSIONS = (
    *("2020-08-01", "2021-07-01", "2022-05-01", "2022-10-01", "2023-04-01", "2023-04-01-preview", "2023-06-01-preview"),
    *("2023-08-01-preview", "2023-10-01", "2024-01-01-preview", "2024-04-01", "2024-04-01-preview"),
    *("2024-07-01-preview", "2024-10-01", "2024-10-01-preview", "2025-01-01-preview", "2025-04-01-preview"),
    *("2025-06-01", "2025-07-01-preview", "2025-09-01", "2025-10-01-preview", "2025-12-01", "2026-03-01"),
)
# Older versions have another body, with the credentials as one text.
CONNECTION_VERSIONS = tuple(version for version in VERSIONS if version >= "2022-05-01")
SERVERLESS_VERSIONS = tuple(version for version in VERSIONS if version >= "2024-01-01")

ENVELOPE = """
    id~: text
    name~: text
    type~: text
    systemData~: any
"""

WORKSPACE = table(
    ENVELOPE
    + """
    kind@2023-06-01: text
    location: text
    tags{}: text
    sku: <sku>
    identity: <identity>
    properties
      provisioningState~: text
      workspaceId~: text
      tenantId~: text
      creationTime~: text
      notebookInfo~
        resourceId: text
        fqdn: text
        isPrivateLinkEnabled@2025-12-01: flag
        notebookPreparationError: any
      mlFlowTrackingUri~: text
      privateEndpointConnections~: any
      privateLinkCount~: whole
      serviceProvisionedResourceGroup~: text
      storageHnsEnabled~: flag
      agentsEndpointUri~: text
      storageAccounts~: any
      keyVaults~: any
      containerRegistries~: any
      existingWorkspaces~: any
      allowPublicAccessWhenBehindVnet: flag
      allowRoleAssignmentOnRG^: switch
      applicationInsights: text
      associatedWorkspaces[]@2024-01-01: text
      containerRegistry: text
      description: text
      discoveryUrl: text
      enableDataIsolation@2024-01-01: switch
      enableServiceSideCMKEncryption@2025-01-01: flag
      enableSimplifiedCmk^: flag
      enableSoftwareBillOfMaterials^: flag
      encryption
        cosmosDbResourceId@2025-12-01: text
        searchAccountResourceId@2025-12-01: text
        storageAccountResourceId@2025-12-01: text
        cosmosDbArmId^: text
        searchAccountArmId^: text
        storageAccountArmId^: text
        status!: Enabled|Disabled
        identity
          userAssignedIdentity: text
        keyVaultProperties!
          identityClientId: text
          keyIdentifier!: text
          keyVaultArmId!: text
      featureStoreSettings@2023-08-01
        computeRuntime
          sparkRuntimeVersion: text
        offlineStoreConnectionName: text
        onlineStoreConnectionName: text
      friendlyName: text
      hbiWorkspace: switch
      hubResourceId@2024-01-01: text
      imageBuildCompute: text
      ipAllowlist[]^: text
      keyVault: text
      managedNetwork@2023-04-01
        isolationMode: Disabled|AllowInternetOutbound|AllowOnlyApprovedOutbound
        networkId~: text
        outboundRules{}: any
        status
          sparkReady: flag
          status: Inactive|Active
        enableNetworkMonitor@2025-12-01: flag
        firewallSku@2024-10-01: Standard|Basic
        managedNetworkKind@2025-06-01: V1|V2
        firewallPublicIpAddress~: text
        changeableIsolationModes~: any
      networkAcls^: any
      primaryUserAssignedIdentity: text
      provisionNetworkNow@2025-01-01: switch
      publicNetworkAccess: Enabled|Disabled
      serverlessComputeSettings@2023-08-01
        serverlessComputeCustomSubnet: text
        serverlessComputeNoPublicIP: flag
      serviceManagedResourcesSettings
        cosmosDb
          collectionsThroughput: whole
      sharedPrivateLinkResources[]
        name: text
        properties: any
      softDeleteEnabled^: switch
      allowRecoverSoftDeletedWorkspace^: switch
      softDeleteRetentionInDays^: whole
      storageAccount: text
      systemDatastoresAuthMode@2025-01-01: AccessKey|Identity|UserDelegationSAS|*
      v1LegacyMode: flag
      workspaceHubConfig@2024-01-01
        additionalWorkspaceStorageAccounts[]: text
        defaultWorkspaceResourceGroup: text
    """,
    sku=ML_SKU,
    identity=IDENTITY,
)

SERVERLESS = table(
    ENVELOPE
    + """
    kind: text
    location: text
    tags{}: text
    sku: <sku>
    identity: <identity>
    properties!
      authMode: Key|AAD|KeyAndAAD
      contentSafety@2024-10-01
        contentSafetyStatus!: Enabled|Disabled
      endpointState~: text
      inferenceEndpoint~
        uri: text
        headers{}: text
      marketplaceSubscriptionId~: text
      modelSettings
        modelId: text
      provisioningState~: text
    """,
    sku=ML_SKU,
    identity=IDENTITY,
)

MARKETPLACE = table(
    ENVELOPE
    + """
    properties!
      marketplacePlan~
        offerId: text
        planId: text
        publisherId: text
      marketplaceSubscriptionStatus~: text
      modelId!: text 1..
      provisioningState~: text
    """
)
