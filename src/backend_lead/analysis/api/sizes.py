"""Bytes of the answer of an operation: as its endpoint says, else as its contract does."""

from __future__ import annotations

import json

from backend_lead.catalog.transfer import ANSWER, CALL_OVERHEAD
from backend_lead.model.system import Endpoint
from backend_lead.views.api.parts import Contract, FieldOf, Operation
from backend_lead.views.api.schema import example_of, sample
from backend_lead.views.api.types import Type
from backend_lead.views.flow import Flow
from backend_lead.views.steps import endpoint_of

ITEMS = 20  # of a list within an answer whose length nobody says
_MARKS = 4  # bytes around a name and a value in JSON: quotes, colon, comma
_DEEPEST = 4  # shapes within shapes that are looked into


def asked_bytes(flow: Flow, op: Operation) -> float:
    """Bytes of a request, as its endpoint says them, else those of its head."""
    endpoint = _endpoint(flow, op)
    return endpoint.request.value if endpoint and endpoint.request else CALL_OVERHEAD.value


def answer_bytes(flow: Flow, contract: Contract, op: Operation) -> tuple[float, str]:
    """Bytes of an answer, and whence: `stated`, `contract` or `assumed`.

    What the model states of an endpoint is believed where one operation alone is answered by it;
    else the contract is counted: pages are full, a thing is as large as its row.
    """
    endpoint = _endpoint(flow, op)
    if endpoint is not None and endpoint.response is not None:
        alone = sum(o.nature != "event" and o.said.endpoint == op.said.endpoint
                    for o in contract.operations.values()) == 1  # fmt: skip
        if alone and endpoint.response.origin == "stated":
            return endpoint.response.value, "stated"
    if op.answer not in ("one", "list", "page") or op.gives is None:
        return ANSWER.value, "assumed"
    if op.answer == "one":
        return _bytes(contract, op.gives), "contract"
    item = op.gives.item or op.gives
    return op.said.page * _bytes(contract, item), "contract"


def _endpoint(flow: Flow, op: Operation) -> Endpoint | None:
    ref = op.said.endpoint
    return endpoint_of(flow.system, ref) if ref is not None and ref in flow.nodes else None


def _bytes(contract: Contract, type_: Type, within: int = 0, most: int | None = None) -> float:
    if type_.item is not None:
        return (most or ITEMS) * _bytes(contract, type_.item, within)
    if type_.sort != "shape" or within >= _DEEPEST:
        return float(len(json.dumps(sample(contract, type_), ensure_ascii=False)))
    shape = contract.shapes[type_.name]
    if shape.entity:
        return contract.entities[shape.name].row.value
    return sum(len(f.json) + _MARKS + _field(contract, f, within + 1) for f in shape.fields)


def _field(contract: Contract, f: FieldOf, within: int) -> float:
    if f.type.item is None and f.type.sort != "shape":
        return float(len(json.dumps(example_of(contract, f), ensure_ascii=False)))
    return _bytes(contract, f.type, within, f.most)
