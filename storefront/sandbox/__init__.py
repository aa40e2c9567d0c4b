"""A Stripe that runs offline: HTTP API, signed webhooks, card form. It knows no shop."""

from storefront.sandbox.app import create_sandbox
from storefront.sandbox.config import SandboxConfig
from storefront.sandbox.process import SandboxProcess, running_sandbox, start_sandbox

__all__ = [
    "SandboxConfig",
    "SandboxProcess",
    "create_sandbox",
    "running_sandbox",
    "start_sandbox",
]
