"""Rows: what Azure Monitor keeps of other resources."""

from __future__ import annotations

from modelform.provider.row import SETTLED, Parameter, Row, words

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
