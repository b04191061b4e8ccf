"""Designs of models with an API, computed without a run."""

from __future__ import annotations

from functools import cache

from backend_lead.app.evidence import computed
from backend_lead.emit import render
from backend_lead.search.assess import assess
from tests.api_model import shop_with


@cache
def pages(*pairs: tuple[str, str]) -> dict[str, str]:
    """Every file about the API of the shop with texts replaced."""
    return render(computed(assess(shop_with(*pairs)), 1), "api")
