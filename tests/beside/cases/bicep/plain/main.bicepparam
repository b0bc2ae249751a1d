using 'main.bicep'

// One account in the EU.
param name = 'it\'s-acct'
param tags = {
  team: 'search' // and nobody else
  'cost-centre': '4711'
}
param skus = [
  'GlobalStandard'
  'DataZoneStandard'
]
param capacity = 20
param closed = true
