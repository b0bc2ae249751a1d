"""Rows: the resource group, and what a hub stands on: storage, key vault, logs."""

from __future__ import annotations

from modelform.provider.row import GROUP, GROUP_NAME, IDENTITY, IDENTITY_STABLE, SETTLED, Parameter, Row, words

RESOURCE_GROUP = Row(
    token="azure-native:resources:ResourceGroup",
    arm_type="Microsoft.Resources/resourceGroups",
    api_version="2024-03-01",
    path=GROUP,
    parameters=(GROUP_NAME,),
    inputs=words("location managedBy resourceGroupName tags"),
    outputs=words("azureApiVersion location managedBy name properties tags type"),
    envelope=words("location managedBy tags"),
    required=("location",),
    replace=("location",),
    stable={**SETTLED, "properties": ()},
)

STORAGE_ACCOUNT = Row(
    token="azure-native:storage:StorageAccount",
    arm_type="Microsoft.Storage/storageAccounts",
    api_version="2024-01-01",
    path=f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}",
    parameters=(GROUP_NAME, Parameter("accountName", r"[a-z0-9]+", 3, 24)),
    inputs=words(
        "kind resourceGroupName sku accessTier accountName allowBlobPublicAccess allowCrossTenantReplication "
        "allowSharedKeyAccess allowedCopyScope azureFilesIdentityBasedAuthentication customDomain "
        "defaultToOAuthAuthentication dnsEndpointType enableExtendedGroups enableHttpsTrafficOnly enableNfsV3 "
        "encryption extendedLocation identity immutableStorageWithVersioning isHnsEnabled isLocalUserEnabled "
        "isSftpEnabled keyPolicy largeFileSharesState location minimumTlsVersion networkRuleSet publicNetworkAccess "
        "routingPreference sasPolicy tags"
    ),
    outputs=words(
        "accessTier accountMigrationInProgress allowBlobPublicAccess allowCrossTenantReplication allowSharedKeyAccess "
        "allowedCopyScope azureApiVersion azureFilesIdentityBasedAuthentication blobRestoreStatus creationTime "
        "customDomain defaultToOAuthAuthentication dnsEndpointType enableExtendedGroups enableHttpsTrafficOnly "
        "enableNfsV3 encryption extendedLocation failoverInProgress geoReplicationStats identity "
        "immutableStorageWithVersioning isHnsEnabled isLocalUserEnabled isSftpEnabled isSkuConversionBlocked "
        "keyCreationTime keyPolicy kind largeFileSharesState lastGeoFailoverTime location minimumTlsVersion name "
        "networkRuleSet primaryEndpoints primaryLocation privateEndpointConnections provisioningState "
        "publicNetworkAccess routingPreference sasPolicy secondaryEndpoints secondaryLocation sku statusOfPrimary "
        "statusOfSecondary storageAccountSkuConversionStatus tags type"
    ),
    envelope=words("extendedLocation identity kind location sku tags"),
    flat=True,
    renames={
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
        "networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId": "id",
        "networkRuleSet.ipRules[].iPAddressOrRange": "value",
        "encryption.encryptionIdentity": "identity",
        "encryption.encryptionIdentity.encryptionUserAssignedIdentity": "userAssignedIdentity",
        "encryption.encryptionIdentity.encryptionFederatedIdentityClientId": "federatedIdentityClientId",
        "encryption.keyVaultProperties": "keyvaultproperties",
        "encryption.keyVaultProperties.keyName": "keyname",
        "encryption.keyVaultProperties.keyVaultUri": "keyvaulturi",
        "encryption.keyVaultProperties.keyVersion": "keyversion",
    },
    lifted=("privateEndpointConnections[]",),
    required=("kind", "location", "sku"),
    replace=("location", "isHnsEnabled"),
    computed=(
        *IDENTITY,
        "encryption.keyVaultProperties.currentVersionedKeyExpirationTimestamp",
        "encryption.keyVaultProperties.currentVersionedKeyIdentifier",
        "encryption.keyVaultProperties.lastKeyRotationTimestamp",
        "encryption.services.blob.lastEnabledTime",
        "encryption.services.file.lastEnabledTime",
        "encryption.services.queue.lastEnabledTime",
        "encryption.services.table.lastEnabledTime",
        "sku.tier",
    ),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "creationTime": (),
        "encryption.keyVaultProperties.currentVersionedKeyExpirationTimestamp": ("encryption",),
        "encryption.keyVaultProperties.currentVersionedKeyIdentifier": ("encryption",),
        "encryption.keyVaultProperties.lastKeyRotationTimestamp": ("encryption",),
        "encryption.services.blob.lastEnabledTime": ("encryption",),
        "encryption.services.file.lastEnabledTime": ("encryption",),
        "encryption.services.queue.lastEnabledTime": ("encryption",),
        "encryption.services.table.lastEnabledTime": ("encryption",),
        "keyCreationTime": (),
        "primaryEndpoints": ("kind", "sku", "customDomain", "routingPreference"),
        "primaryLocation": (),
        "privateEndpointConnections": (),
        "provisioningState": (),
        "sku.tier": ("sku.name",),
        "statusOfPrimary": (),
    },
    defaults={
        "accessTier": "Hot",
        "networkRuleSet": {
            "bypass": "AzureServices",
            "virtualNetworkRules": [],
            "ipRules": [],
            "defaultAction": "Allow",
        },
        "encryption": {
            "services": {
                "blob": {"enabled": True, "keyType": "Account"},
                "file": {"enabled": True, "keyType": "Account"},
            },
            "keySource": "Microsoft.Storage",
        },
    },
    resets={
        "networkRuleSet": {
            "bypass": "AzureServices",
            "defaultAction": "Allow",
            "ipRules": [],
            "virtualNetworkRules": [],
        }
    },
)

VAULT = Row(
    token="azure-native:keyvault:Vault",
    arm_type="Microsoft.KeyVault/vaults",
    api_version="2024-11-01",
    path=f"{GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}",
    parameters=(GROUP_NAME, Parameter("vaultName", r"[a-zA-Z0-9-]{3,24}", 3, 24)),
    inputs=words("properties resourceGroupName location tags vaultName"),
    outputs=words("azureApiVersion location name properties systemData tags type"),
    envelope=words("location tags"),
    required=("properties", "location"),
    computed=(
        "properties.hsmPoolResourceId",
        "properties.privateEndpointConnections",
        "properties.provisioningState",
        "properties.vaultUri",
    ),
    stable={
        **SETTLED,
        "properties.hsmPoolResourceId": (),
        "properties.privateEndpointConnections": (),
        "properties.provisioningState": (),
        "properties.vaultUri": (),
    },
    write_only=("properties.createMode",),
    lifted=("properties.privateEndpointConnections[]",),
    defaults={"properties": {"accessPolicies": []}},
    maintain={"properties.accessPolicies": []},
    soft_delete="vault",
)

LOG_ANALYTICS = Row(
    token="azure-native:operationalinsights:Workspace",
    arm_type="Microsoft.OperationalInsights/workspaces",
    api_version="2023-09-01",
    path=f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{{workspaceName}}",
    parameters=(GROUP_NAME, Parameter("workspaceName", r"[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]", 4, 63)),
    inputs=words(
        "resourceGroupName defaultDataCollectionRuleResourceId features forceCmkForQuery identity location "
        "publicNetworkAccessForIngestion publicNetworkAccessForQuery retentionInDays sku tags workspaceCapping "
        "workspaceName"
    ),
    outputs=words(
        "azureApiVersion createdDate customerId defaultDataCollectionRuleResourceId etag features forceCmkForQuery "
        "identity location modifiedDate name privateLinkScopedResources provisioningState "
        "publicNetworkAccessForIngestion publicNetworkAccessForQuery retentionInDays sku systemData tags type "
        "workspaceCapping"
    ),
    envelope=words("etag identity location tags"),
    flat=True,
    required=("location",),
    replace=("location",),
    computed=(
        "features.unifiedSentinelBillingOnly",
        *IDENTITY,
        "sku.lastSkuUpdate",
        "workspaceCapping.dataIngestionStatus",
        "workspaceCapping.quotaNextResetTime",
    ),
    stable={
        **SETTLED,
        **IDENTITY_STABLE,
        "createdDate": (),
        "customerId": (),
        "features.unifiedSentinelBillingOnly": (),
        "privateLinkScopedResources": (),
        "provisioningState": (),
        "sku.lastSkuUpdate": ("sku",),
        "workspaceCapping.dataIngestionStatus": ("workspaceCapping",),
    },
    defaults={"publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled"},
    filled=("features", "workspaceCapping"),
    soft_delete="log-analytics",
)

COMPONENT = Row(
    token="azure-native:applicationinsights:Component",
    arm_type="Microsoft.Insights/components",
    api_version="2020-02-02",
    path=f"{GROUP}/providers/Microsoft.Insights/components/{{resourceName}}",
    parameters=(GROUP_NAME, Parameter("resourceName", r"[^%&\\?/\x00-\x1f]*[^%&\\?/\x00-\x1f. ]", 1, 260)),
    inputs=words(
        "applicationType kind resourceGroupName disableIpMasking disableLocalAuth flowType "
        "forceCustomerStorageForProfiler hockeyAppId immediatePurgeDataOn30Days ingestionMode location "
        "publicNetworkAccessForIngestion publicNetworkAccessForQuery requestSource resourceName retentionInDays "
        "samplingPercentage tags workspaceResourceId"
    ),
    outputs=words(
        "appId applicationId applicationType azureApiVersion connectionString creationDate disableIpMasking "
        "disableLocalAuth etag flowType forceCustomerStorageForProfiler hockeyAppId hockeyAppToken "
        "immediatePurgeDataOn30Days ingestionMode instrumentationKey kind laMigrationDate location name "
        "privateLinkScopedResources provisioningState publicNetworkAccessForIngestion publicNetworkAccessForQuery "
        "requestSource retentionInDays samplingPercentage tags tenantId type workspaceResourceId"
    ),
    envelope=words("etag kind location tags"),
    flat=True,
    renames={
        "appId": "AppId",
        "applicationId": "ApplicationId",
        "applicationType": "Application_Type",
        "connectionString": "ConnectionString",
        "creationDate": "CreationDate",
        "disableIpMasking": "DisableIpMasking",
        "disableLocalAuth": "DisableLocalAuth",
        "flowType": "Flow_Type",
        "forceCustomerStorageForProfiler": "ForceCustomerStorageForProfiler",
        "hockeyAppId": "HockeyAppId",
        "hockeyAppToken": "HockeyAppToken",
        "immediatePurgeDataOn30Days": "ImmediatePurgeDataOn30Days",
        "ingestionMode": "IngestionMode",
        "instrumentationKey": "InstrumentationKey",
        "laMigrationDate": "LaMigrationDate",
        "privateLinkScopedResources": "PrivateLinkScopedResources",
        "privateLinkScopedResources[].resourceId": "ResourceId",
        "privateLinkScopedResources[].scopeId": "ScopeId",
        "requestSource": "Request_Source",
        "retentionInDays": "RetentionInDays",
        "samplingPercentage": "SamplingPercentage",
        "tenantId": "TenantId",
        "workspaceResourceId": "WorkspaceResourceId",
    },
    required=("kind", "location"),
    replace=("location",),
    stable={
        **SETTLED,
        "appId": (),
        "applicationId": (),
        "connectionString": (),
        "creationDate": (),
        "hockeyAppToken": (),
        "instrumentationKey": (),
        "laMigrationDate": (),
        "privateLinkScopedResources": (),
        "provisioningState": (),
        "tenantId": (),
    },
    secrets=("connectionString", "instrumentationKey", "hockeyAppToken"),
    defaults={"retentionInDays": 90},
)

DIAGNOSTIC_SETTING = Row(
    token="azure-native:monitor:DiagnosticSetting",
    arm_type="Microsoft.Insights/diagnosticSettings",
    api_version="2021-05-01-preview",
    path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    parameters=(
        Parameter("resourceUri", r"/?subscriptions/[^/]+(?:/[^/]+)*", 1, 2048),
        Parameter("name", r"[^<>*%&:\\?+/]+", 1, 260),
    ),
    inputs=words(
        "resourceUri eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs marketplacePartnerId "
        "metrics name serviceBusRuleId storageAccountId workspaceId"
    ),
    outputs=words(
        "azureApiVersion eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs "
        "marketplacePartnerId metrics name serviceBusRuleId storageAccountId systemData type workspaceId"
    ),
    flat=True,
    required=("resourceUri",),
    stable={**SETTLED},
    maps=(),
    filled=("logs[].retentionPolicy", "metrics[].retentionPolicy"),
)
