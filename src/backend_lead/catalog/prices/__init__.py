"""Machines and prices of providers, each row with its source, date and method (README.md here)."""

from backend_lead.catalog.prices.book import PriceBook
from backend_lead.catalog.prices.machines import Instance, instance, ladder, machine_types
from backend_lead.catalog.prices.price import Price
from backend_lead.catalog.prices.user_file import read_user_file

__all__ = [
    "Instance",
    "Price",
    "PriceBook",
    "instance",
    "ladder",
    "machine_types",
    "read_user_file",
]
