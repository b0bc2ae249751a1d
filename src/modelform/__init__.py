"""modelform: infrastructure as code for AI model deployments on Azure."""

__version__ = "0.1.0"
