"""Machines and prices of providers, each row with its source, date and method (README.md here)."""

from backend_lead.catalog.prices.book import Price, PriceBook, read_user_file
from backend_lead.catalog.prices.machines import Instance, instance, ladder, machine_types

__all__ = [
    "Instance",
    "Price",
    "PriceBook",
    "instance",
    "ladder",
    "machine_types",
    "read_user_file",
]
