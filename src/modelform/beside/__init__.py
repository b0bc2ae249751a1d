"""Beside other tools: the checks on what Terraform, Pulumi, ARM templates and Bicep declare, before they apply it.

One reader a format makes `declared.Declared` of its file, `assemble` the stack that checks read, and `checking` brings
what they find back to the tool's own places.
"""
