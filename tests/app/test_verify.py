"""verify: the verdict, the evidence it keeps, and measured demands in a copy of the model."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend_lead.app import verify as use
from backend_lead.app.model_file import read_checked
from backend_lead.app.render_verify import render_text
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.finding import InvalidInput
from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.trial.drivers import DRIVERS, EXTRA
from tests.app.command_line import Done, Place
from tests.trial.stores import domain
from tests.views.streaming_model import shop

COMMENT = "# what the shop keeps"
INDEX = "orders_customer_id_created_at_idx"


def model_text(content: dict[str, Any] | None = None) -> str:
    text = fresh(System.model_validate(content or domain("ecommerce")))
    return text.replace("\ncomponents:", f"\n{COMMENT}\ncomponents:")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that whoever the server runs as can reach."""
    made = Path(tempfile.mkdtemp(prefix="verify-"))
    made.chmod(0o1777)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def proved(folder: Path) -> tuple[Place, Done]:
    """A shop, verified by the command."""
    place = Place(folder / "run", {"TMPDIR": str(folder)})
    (folder / "run").chmod(0o755)
    place.write("backend.yaml", model_text())
    return place, place.run("verify", "--only", "stores", "--rows", "9k",
                            "--write-measured", "measured.yaml")  # fmt: skip


def test_the_command_tells_each_pattern(proved: tuple[Place, Done]) -> None:
    """A line a pattern with plan, predicted and measured; exit code 0 where all of it holds."""
    place, done = proved
    assert done.code == 0, done.said
    assert done.out.startswith("The data layer holds.\n")
    assert "db: PostgreSQL 18" in done.out and "rows/s)" in done.out
    line = next(x for x in done.out.splitlines() if "db.read_product " in x)
    assert "0.12 ms" in line and " to " in line and "by index products_pkey" in line
    assert "cores busy as predicted" in done.out
    assert "kept as" in done.err and "filling 6 tables" in done.err
    left = [n for n in place.names() if "backend-lead-" in n]
    assert left == []


def test_evidence_lies_beside_the_model(proved: tuple[Place, Done]) -> None:
    """The file holds each statement, its plan and what was measured; it is no run of the kernel,
    so that `check` does not take it for one."""
    place, _ = proved
    kept = json.loads((place.here / use.FILE).read_text(encoding="utf-8"))
    assert kept["verdict"] == "pass" and kept["rows"] == 9000
    assert kept["repeat"].startswith("backend-lead verify backend.yaml --rows 9000")
    seen = kept["stores"]["db"]["patterns"]["db.list_orders"]
    assert seen["sql"].startswith("SELECT id, customer_id")
    assert any(INDEX in step for step in seen["plan"])
    measured = seen["measured_s"]
    assert 0 < measured["low"] <= measured["value"] <= measured["high"] < 0.1
    checked = place.run("check")
    assert "run-unreadable" not in checked.said


def test_measured_demands_go_into_a_copy(proved: tuple[Place, Done]) -> None:
    """The copy says *measured* with interval and source where a statement was measured in full;
    comments stay, nothing else changes, and it can be read."""
    place, _ = proved
    text = (place.here / "measured.yaml").read_text(encoding="utf-8")
    assert COMMENT in text
    before = read_checked(place.here / "backend.yaml").system
    after = read_checked(place.here / "measured.yaml").system
    seen = json.loads((place.here / use.FILE).read_text(encoding="utf-8"))["stores"]["db"]
    changed = 0
    for word, operation in after.components["db"].operations.items():
        pattern = seen["patterns"][f"db.{word}"]
        if not pattern["whole"]:
            assert operation == before.components["db"].operations[word]
            continue
        assert operation.cpu is not None and operation.cpu.origin == "measured"
        assert operation.cpu.value == pytest.approx(pattern["measured_s"]["value"], rel=0.01)
        assert "PostgreSQL 18" in (operation.cpu.source or "")
        operation.cpu = before.components["db"].operations[word].cpu
        changed += 1
    assert changed >= 8 and after == before


def test_a_file_is_not_written_over(proved: tuple[Place, Done]) -> None:
    """A copy that would go over a file is refused before anything is started."""
    place, _ = proved
    done = place.run("verify", "--only", "stores", "--write-measured", "measured.yaml")
    assert done.code == 2 and "is there already" in done.err and "starting" not in done.err


def without_numbers(found: use.Verified) -> Any:
    kept = json.loads(use.evidence(found))
    timed = ("views-off", "refresh-unknown")  # what follows from measured times
    kept["findings"] = [f for f in kept["findings"] if f["rule"] not in timed]
    for store in kept["stores"].values():
        del store["views"]  # sums of rows that timed writes changed
        del store["filled"]["seconds"]
        for pattern in store["patterns"].values():
            del pattern["measured_s"]
    return kept


def test_the_same_seed_gives_the_same_evidence(folder: Path) -> None:
    """But for what was measured, two runs keep the same bytes."""
    path = folder / "twice.yaml"
    path.write_text(model_text(), encoding="utf-8")
    first, second = (
        without_numbers(use.verify(path, only="stores", rows=3000, seed=5)) for _ in range(2)
    )
    assert first == second
    assert first["seed"] == 5 and first["stores"]["db"]["rows"]["orders"] == 1000


def test_what_is_wrong_fails(folder: Path) -> None:
    """An index left out, and a demand far above what the model says, are told with their places."""
    content = domain("ecommerce")
    operations = content["components"]["db"]["operations"]
    operations["read_product"]["cpu"] = {"value": "1 us", "range": ["1 us", "2 us"],
                                         "origin": "assumed", "why": "far too little"}  # fmt: skip
    path = folder / "wrong.yaml"
    path.write_text(model_text(content), encoding="utf-8")
    found = use.verify(path, only="stores", rows=40_000, without=[INDEX])
    told = {f.rule: f for f in found.findings}
    above = [f.place.path for f in found.findings if f.rule == "demand-above"]
    assert (found.verdict, found.exit_code) == ("fail", 1)
    assert told["index-missing"].place.line > 0 and told["index-missing"].place.file == str(path)
    assert "list_orders" in told["index-missing"].place.path
    assert "components.db.operations.read_product.cpu" in above
    text = render_text(found)
    assert text.startswith("The data layer does not hold.") and "[index-missing]" in text


def test_without_the_parts_it_is_not_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Nothing is guessed: the verdict is unknown, and what to install is said."""
    monkeypatch.setattr(type(DRIVERS["postgres"]), "packages", ("no-such-package",))
    path = folder / "bare.yaml"
    path.write_text(model_text(), encoding="utf-8")
    found = use.verify(path, only="stores")
    assert (found.verdict, found.exit_code, found.stores) == ("unknown", 1, [])
    assert [(f.rule, f.hint) for f in found.findings] == [("parts-missing", EXTRA)]
    assert render_text(found).startswith("The data layer is not fully known.")


def test_without_fields_there_is_nothing_to_prove(folder: Path) -> None:
    """A model whose entities have no fields has no tables; that is not a pass."""
    content = domain("ecommerce")
    content.pop("api", None)
    content.pop("data", None)
    for entity in content["entities"].values():
        for word in ("fields", "owned_by", "unique", "history", "erase", "purpose", "legal_hold"):
            entity.pop(word, None)
    for component in content["components"].values():
        for operation in component.get("operations", {}).values():
            operation.pop("pattern", None)
    path = folder / "plain.yaml"
    path.write_text(model_text(content), encoding="utf-8")
    found = use.verify(path, only="stores")
    assert found.verdict == "unknown" and [f.rule for f in found.findings] == ["no-tables"]


def test_words_that_are_not_known_are_refused(folder: Path) -> None:
    """A group or an index that does not exist is told with those that do."""
    path = folder / "words.yaml"
    path.write_text(model_text(), encoding="utf-8")
    with pytest.raises(InvalidInput, match="nothing to verify is called 'date'"):
        use.verify(path, only="date")
    with pytest.raises(InvalidInput) as told:
        use.verify(path, without=["orders_idx"])
    assert INDEX in told.value.findings[0].allowed


@pytest.mark.parametrize(
    ("mean_s", "whole", "rules"),
    [(1.6e-3, True, []), (6.7e-3, True, ["demand-off"]), (20e-3, True, ["demand-above"]),
     (20e-3, False, ["demand-above"]), (1.6e-3, False, ["rows-too-few"])],
)  # fmt: skip
def test_what_takes_longer_than_predicted_is_told(
    mean_s: float, whole: bool, rules: list[str]
) -> None:
    """Four times what was predicted is a finding, within the range that was believed too; and a
    lower bound above that range is no note."""
    system = shop()
    cpu = Duration.model_validate(
        {"value": "1.6 ms", "range": ["0.5 ms", "10 ms"], "origin": "assumed"}
    )
    system.components["db"].operations["insert_payment"].cpu = cpu
    demand = SimpleNamespace(mean_s=mean_s, low_s=mean_s * 0.95)
    asked = SimpleNamespace(pattern=SimpleNamespace(id="db.insert_payment"), demand=demand,
                            whole=whole, rows_seen=1.0, rows_due=9.0)  # fmt: skip
    found = use._demands(SimpleNamespace(asked=[asked]), system)  # type: ignore[arg-type]
    assert [f.rule for f in found] == rules
