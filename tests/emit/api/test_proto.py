"""Protobuf: numbers that stay, packages that never meet, and what buf and protoc say."""

from __future__ import annotations

import pytest

from backend_lead.emit.api.proto import files
from backend_lead.model.contract import ApiOperation, EntityField
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from tests.emit.api.joined_shop import joined_shop
from tests.emit.api.judges import buf
from tests.emit.api.readings import read_proto


def written(system: System) -> dict[str, str]:
    """The files of a model."""
    found = contract(system)
    assert found is not None
    return files(found)


@pytest.mark.parametrize(
    "backend", ["v1", "enum", "message", "google", "catalog", "types", "joined-shop", "option"]
)
def test_any_backend_may_have_any_name(backend: str) -> None:
    """A backend called like a version, a word of protobuf or a service of its own is compiled and
    clean."""
    made = written(joined_shop().model_copy(update={"backend": backend}))
    assert read_proto(made).answers
    assert buf(made) == ""


def test_a_hidden_field_keeps_its_number() -> None:
    """Hiding a field moves no other: its number is its place in the model."""
    shop = joined_shop()
    product = shop.entities["product"]
    name = product.fields["name"].model_copy(update={"hidden": True})
    changed = product.model_copy(update={"fields": {**product.fields, "name": name}})
    types = "api/proto/joined_shop/types/v1/types.proto"
    before = written(shop)[types]
    after = written(shop.model_copy(update={"entities": {**shop.entities, "product": changed}}))
    assert "string name = 2;" in before and "Money price = 3;" in before
    assert "Money price = 3;" in after[types]
    product_after = after[types].partition("message Product {")[2].partition("}")[0]
    assert "string name = 2;" not in product_after


def test_an_input_may_be_called_like_the_mask() -> None:
    """An update of a field called `update_mask` is compiled; the mask gets another name."""
    shop = joined_shop()
    product = shop.entities["product"]
    fields = {**product.fields, "update_mask": EntityField(type="string")}
    assert shop.api is not None
    change = ApiOperation(does="update", of="product", endpoint="catalog.show", **{"for": ["app"]})
    api = shop.api.model_copy(update={"operations": {**shop.api.operations, "reword": change}})
    entities = {**shop.entities, "product": product.model_copy(update={"fields": fields})}
    made = written(shop.model_copy(update={"entities": entities, "api": api}))
    assert {"updateMask", "requestUpdateMask"} <= set(read_proto(made).inputs["reword"])
    assert buf(made) == ""


def test_a_service_has_a_package_of_its_own() -> None:
    """One package with one service for each component that answers, and one of shared types."""
    made = written(joined_shop())
    names = ("catalog", "order_desk", "people", "reviews", "types")
    assert set(made) == {
        "api/proto/buf.yaml", *(f"api/proto/joined_shop/{n}/v1/{n}.proto" for n in names)
    }  # fmt: skip
    desk = made["api/proto/joined_shop/order_desk/v1/order_desk.proto"]
    assert "service OrderDeskService {" in desk
