"""What the bodies of Microsoft.Network hold, by the type definitions of 2024-05-01 and 2024-06-01.

What belongs to networks of machines only (security rules, routes, gateways) is taken as it is sent.
"""

from __future__ import annotations

from modelform.sandbox.shapes import table

VERSIONS = (
    *("2020-11-01", "2021-08-01", "2022-07-01", "2022-11-01", "2023-04-01", "2023-09-01", "2023-11-01", "2024-01-01"),
    *("2024-03-01", "2024-05-01", "2024-07-01", "2024-10-01", "2025-01-01", "2025-03-01", "2025-05-01", "2026-03-01"),
)
ZONE_VERSIONS = ("2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01")

ENVELOPE = """
    id: text
    name: text
    type: text
    etag: text
"""
REFERENCE = table("id: text")

SUBNET_PROPERTIES = table(
    """
    addressPrefix: text
    addressPrefixes[]: text
    networkSecurityGroup: any
    routeTable: any
    natGateway: <reference>
    serviceEndpoints[]
      service: text
      networkIdentifier: any
      locations[]: text
      provisioningState~: text
    serviceEndpointPolicies[]: any
    privateEndpoints~: any
    ipConfigurations~: any
    ipConfigurationProfiles~: any
    ipAllocations[]: <reference>
    resourceNavigationLinks~: any
    serviceAssociationLinks~: any
    delegations[]
      id: text
      name: text
      type: text
      etag~: text
      properties
        serviceName: text
        actions~: any
        provisioningState~: text
    purpose~: text
    provisioningState~: text
    privateEndpointNetworkPolicies: Enabled|Disabled|NetworkSecurityGroupEnabled|RouteTableEnabled|*
    privateLinkServiceNetworkPolicies: Enabled|Disabled|*
    applicationGatewayIPConfigurations[]: any
    sharingScope: Tenant|DelegatedServices|*
    defaultOutboundAccess: flag
    ipamPoolPrefixAllocations[]: any
    serviceGateway@2026-03-01: <reference>
    """,
    reference=REFERENCE,
)
SUBNET = table(ENVELOPE + "    properties: <properties>\n", properties=SUBNET_PROPERTIES)

NETWORK = table(
    ENVELOPE
    + """
    location: text
    tags{}: text
    extendedLocation
      name: text
      type: EdgeZone|*
    properties
      addressSpace
        addressPrefixes[]: text
        ipamPoolPrefixAllocations[]: any
      dhcpOptions
        dnsServers[]: text
      flowTimeoutInMinutes: whole 4..30
      subnets[]: <subnet>
      virtualNetworkPeerings[]: any
      resourceGuid~: text
      provisioningState~: text
      enableDdosProtection: flag
      enableVmProtection: flag
      ddosProtectionPlan: <reference>
      bgpCommunities: any
      encryption
        enabled!: flag
        enforcement: DropUnencrypted|AllowUnencrypted|*
      ipAllocations[]: <reference>
      flowLogs~: any
      privateEndpointVNetPolicies: Disabled|Basic|*
      defaultPublicNatGateway~@2026-03-01: <reference>
      summarizedGatewayPrefixes@2026-03-01: any
    """,
    subnet=SUBNET,
    reference=REFERENCE,
)

CONNECTION = table(
    ENVELOPE
    + """
    properties
      provisioningState~: text
      privateLinkServiceId: text
      groupIds[]: text
      requestMessage: text 0..140
      privateLinkServiceConnectionState
        status: text
        description: text
        actionsRequired: text
    """
)

ENDPOINT = table(
    ENVELOPE
    + """
    location: text
    tags{}: text
    extendedLocation
      name: text
      type: EdgeZone|*
    properties
      subnet
        id: text
        name: text
        type: text
        etag: text
        properties: any
      networkInterfaces~: any
      provisioningState~: text
      privateLinkServiceConnections[]: <connection>
      manualPrivateLinkServiceConnections[]: <connection>
      customDnsConfigs[]
        fqdn: text
        ipAddresses[]: text
      applicationSecurityGroups[]: any
      ipConfigurations[]
        name: text
        type: text
        etag: text
        properties
          groupId: text
          memberName: text
          privateIPAddress: text
      customNetworkInterfaceName: text
      ipVersionType@2026-03-01: IPv4|IPv6|DualStack|*
      billingSku@2026-03-01: text
    """,
    connection=CONNECTION,
)

ZONE_GROUP = table(
    ENVELOPE
    + """
    properties
      provisioningState~: text
      privateDnsZoneConfigs[]
        name: text
        properties
          privateDnsZoneId: text
          recordSets~: any
    """
)

ZONE = table(
    ENVELOPE
    + """
    systemData~: any
    location: text
    tags{}: text
    properties
      maxNumberOfRecordSets~: whole
      numberOfRecordSets~: whole
      maxNumberOfVirtualNetworkLinks~: whole
      numberOfVirtualNetworkLinks~: whole
      maxNumberOfVirtualNetworkLinksWithRegistration~: whole
      numberOfVirtualNetworkLinksWithRegistration~: whole
      provisioningState~: text
      internalId~: text
    """
)

LINK = table(
    ENVELOPE
    + """
    systemData~: any
    location: text
    tags{}: text
    properties!
      virtualNetwork!
        id!: text
      registrationEnabled: flag
      resolutionPolicy@2024-06-01: Default|NxDomainRedirect|*
      virtualNetworkLinkState~: text
      provisioningState~: text
    """
)
