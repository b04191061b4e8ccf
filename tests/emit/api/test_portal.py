"""The pages to read: complete, without a network, and their signature holds."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.emit.api.designs import pages


def code_blocks(name: str) -> list[str]:
    """The texts of a page that stand as they are."""
    return [html.unescape(x) for x in re.findall(r"<pre>(.*?)</pre>", pages()[name], re.S)]


def test_the_signature_of_the_example_verifies() -> None:
    """The lines a partner copies accept the request that stands above them, and no other."""
    blocks = code_blocks("api/portal.html")
    request = next(x for x in blocks if x.startswith("webhook-id"))
    lines = next(x for x in blocks if "def verified" in x)
    head, _, body = request.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    secret = re.search(r"with the secret <code>(.*?)</code>", pages()["api/portal.html"])
    assert secret is not None
    scope: dict[str, Any] = {}
    exec(lines, scope)  # the very lines of the page
    sent = int(headers["webhook-timestamp"])
    check = scope["verified"]
    assert check(headers, body.encode(), secret[1], now=sent + 1)
    assert not check(headers, body.encode() + b" ", secret[1], now=sent + 1)
    assert not check(headers, body.encode(), secret[1], now=sent + 301)


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No script, style, picture or font comes over a network."""
    for name in ("api/portal.html", "api/docs/mobile.html"):
        text = pages()[name]
        assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text)
        assert "@import" not in text and "url(" not in text


def test_every_operation_has_its_place() -> None:
    """Each operation is in the contents and in the text, under one address."""
    text = pages()["api/docs/mobile.html"]
    for name in ("listProducts", "getStock", "viewCart", "placeOrder", "changeProfile"):
        assert text.count(f'id="{name}"') == 1
        assert f'href="#{name}"' in text


def test_fields_of_lists_and_shapes_stand_below_them() -> None:
    """An order shows its lines and their fields, and which must be there."""
    text = pages()["api/portal.html"]
    order = text[text.index('id="getOrder"') :]
    assert order.index("lines") < order.index("productId") < order.index("quantity")
    assert 'style="--in: 1.1rem"' in order


def test_who_may_call_without_a_token_is_told() -> None:
    """Public operations say that they need none, others name their scope."""
    text = pages()["api/portal.html"]
    first = text[text.index('id="listProducts"') : text.index('id="listOrders"')]
    assert "no token needed" in first
    assert "partnerMtls: orders:write" in text
