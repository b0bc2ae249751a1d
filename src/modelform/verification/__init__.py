"""Verification: Azure itself, asked with what modelform declares, and the sandbox held against its answers."""
