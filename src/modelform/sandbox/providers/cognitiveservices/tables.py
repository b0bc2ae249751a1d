"""What the bodies of Microsoft.CognitiveServices hold, by the type definitions of 2025-06-01 to 2026-05-01."""

from __future__ import annotations

from modelform.sandbox.providers.parts import COGNITIVE_IDENTITY, COGNITIVE_SKU
from modelform.sandbox.shapes import table

VERSIONS = (
    *("2021-04-30", "2021-10-01", "2022-03-01", "2022-10-01", "2022-12-01", "2023-05-01", "2023-10-01-preview"),
    *("2024-04-01-preview", "2024-06-01-preview", "2024-10-01", "2025-04-01-preview", "2025-06-01"),
    *("2025-07-01-preview", "2025-09-01", "2025-10-01-preview", "2025-12-01", "2026-03-01", "2026-05-01"),
)
PROJECT_VERSIONS = tuple(version for version in VERSIONS if version >= "2025-04-01")

RATE_LIMIT = table(
    """
    count: number
    renewalPeriod: number
    rules[]
      key: text
      renewalPeriod: number
      count: number
      minCount: number
      dynamicThrottlingEnabled: flag
      matchPatterns[]
        path: text
        method: text
    """
)

ENVELOPE = """
    id~: text
    name~: text
    type~: text
    etag~: text
    systemData~: any
    tags{}: text
"""

ACCOUNT = table(
    ENVELOPE
    + """
    kind: text
    location: text
    sku: <sku>
    identity: <identity>
    properties
      provisioningState~: text
      endpoint~: text
      endpoints{}~: text
      internalId~: text
      capabilities~: any
      isMigrated~: flag
      migrationToken: text
      skuChangeInfo~: any
      customSubDomainName: text
      networkAcls
        defaultAction: Allow|Deny|*
        bypass: None|AzureServices|*
        ipRules[]
          value!: text
        virtualNetworkRules[]
          id!: text
          state: text
          ignoreMissingVnetServiceEndpoint: flag
      encryption
        keyVaultProperties
          keyName: text
          keyVersion: text
          keyVaultUri: text
          identityClientId: text
        keySource: Microsoft.CognitiveServices|Microsoft.KeyVault|*
      userOwnedStorage[]
        resourceId: text
        identityClientId: text
      amlWorkspace
        resourceId: text
        identityClientId: text
      privateEndpointConnections~: any
      publicNetworkAccess: Enabled|Disabled|*
      apiProperties: any
      dateCreated~: text
      callRateLimit~: <rates>
      dynamicThrottlingEnabled: flag
      quotaLimit~: <rates>
      restrictOutboundNetworkAccess: flag
      allowedFqdnList[]: text
      disableLocalAuth: flag
      storedCompletionsDisabled@2026-01-01: flag
      restore^: flag
      deletionDate~: text
      scheduledPurgeDate~: text
      locations
        routingMethod: Priority|Weighted|Performance|*
        regions[]
          name: text
          value: number
          customsubdomain: text
      commitmentPlanAssociations~: any
      abusePenalty~: any
      raiMonitorConfig
        adxStorageResourceId: text
        identityClientId: text
      networkInjections[]@2025-04-01
        scenario: none|agent|*
        subnetArmId: text
        useMicrosoftManagedNetwork: flag
      allowProjectManagement@2025-04-01: flag
      defaultProject@2025-04-01: text
      associatedProjects[]@2025-04-01: text
    """,
    sku=COGNITIVE_SKU,
    identity=COGNITIVE_IDENTITY,
    rates=RATE_LIMIT,
)

MODEL = """
      model
        publisher: text
        format: text
        name: text
        version: text
        source: text
        sourceAccount: text
        callRateLimit~: <rates>
"""

DEPLOYMENT = table(
    ENVELOPE
    + """
    sku: <sku>
    properties
      provisioningState~: text
      sku~: any            # ARM ignores a sku here: it belongs to the envelope
"""
    + MODEL
    + """
      scaleSettings
        scaleType: Standard|Manual|*
        capacity: whole
        activeCapacity~: whole
      capabilities{}~: text
      raiPolicyName: text
      callRateLimit~: <rates>
      rateLimits~: any
      versionUpgradeOption: OnceNewDefaultVersionAvailable|OnceCurrentVersionExpired|NoAutoUpgrade
      dynamicThrottlingEnabled~: flag
      currentCapacity: whole
      capacitySettings
        designatedCapacity: whole 0..
        priority: whole 0..
      parentDeploymentName: text
      spilloverDeploymentName: text
      serviceTier@2025-12-01: Default|Priority|*
      deploymentState@2025-12-01: Running|Paused|*
      routing@2025-12-01
        mode: cost|balanced|quality|*
        models: any
    """,
    sku=COGNITIVE_SKU,
    rates=RATE_LIMIT,
)

PROJECT = table(
    ENVELOPE
    + """
    location: text
    identity: <identity>
    properties
      provisioningState~: text
      displayName: text
      description: text
      endpoints{}~: text
      isDefault~: flag
    """,
    identity=COGNITIVE_IDENTITY,
)

POLICY = table(
    ENVELOPE
    + """
    properties
      type~: text
      mode: Default|Deferred|Blocking|Asynchronous_filter|*
      basePolicyName: text
      contentFilters[]
        name: text
        enabled: flag
        severityThreshold: Low|Medium|High|*
        blocking: flag
        source: text
        action@2025-12-01: None|BLOCKING|ANNOTATING|HITL|RETRY|*
      customBlocklists[]
        source: text
        blocklistName: text
        blocking: flag
      safetyProviders[]@2025-12-01
        source: text
        safetyProviderName: text
        blocking: flag
    """
)
