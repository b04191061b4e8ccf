"""The load arithmetic: what it says, and that it says no more than applies."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from backend_lead.analysis import arithmetic as family
from backend_lead.analysis.arithmetic import arithmetic, groups
from backend_lead.analysis.arithmetic.line import bits, byte_words, people
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.design import Sum
from backend_lead.views.resolve import resolve
from tests.added import added
from tests.app.good_model import GOOD, changed
from tests.chat_model import CHAT

SMALL = changed(("users: 10k", "users: 100"), ("count: 6", "count: 3"), ("count: 9", "count: 3"))


def lines(text: str) -> list[Sum]:
    return arithmetic(resolve(read_checked_text(text).system), 0.05)


def group(text: str, name: str) -> dict[str, Sum]:
    return {line.label: line for line in lines(text) if line.group == name}


@pytest.mark.parametrize("text", [GOOD, SMALL, CHAT])
def test_every_line_has_a_formula_and_an_id_of_its_own(text: str) -> None:
    """Each number can be followed back; no two share an id."""
    found = lines(text)
    assert all(one.formula and one.figure.text and one.figure.how for one in found)
    assert len({one.figure.id for one in found}) == len(found)


def test_groups_come_in_order_and_list_themselves() -> None:
    """From users to quotas; a file with a GROUP is a member."""
    names = [module.GROUP for module in groups()]
    assert names[0] == "Users to requests" and names[-1] == "Platform quotas"
    files = {p.stem for p in Path(family.__file__).parent.glob("*.py")} - {"__init__", "line"}
    assert {module.__name__.rsplit(".", 1)[1] for module in groups()} == files


def test_a_group_is_added_by_adding_a_file(tmp_path: Path) -> None:
    """A module beside the others is asked for its sums."""
    text = 'GROUP, PLACE = "Extra", 5\n\ndef sums(flow, response_s):\n    return iter(())\n'
    with added(family, tmp_path, "extra.py", text):
        assert "Extra" in [module.GROUP for module in groups()]
    assert "Extra" not in [module.GROUP for module in groups()]


def test_held_connections_are_counted() -> None:
    """Sixty thousand on three instances: memory, descriptors, addresses, heartbeats, the rush."""
    found = group(CHAT, "Held connections")
    assert found["gate: per instance"].figure.value == 20e3
    assert found["gate: memory of an instance"].figure.value == pytest.approx(20e3 * 40e3)
    assert "16% in use" in found["gate: memory of an instance"].formula
    assert found["lb: addresses towards an instance"].figure.text == "1 address"
    assert found["web: heartbeats"].figure.value == pytest.approx(2000)
    assert found["gate: a zone lost, connections a second"].figure.value == pytest.approx(
        333.3, 0.01
    )
    assert "20k/s if none waits" in found["gate: a zone lost, connections a second"].formula


def test_more_connections_than_ports_need_more_addresses() -> None:
    """A hundred thousand on an instance need four addresses of a proxy."""
    found = group(CHAT.replace("users: 60k", "users: 300k"), "Held connections")
    assert found["lb: addresses towards an instance"].figure.text == "4 addresses"


def test_what_a_model_has_not_has_no_line() -> None:
    """A shop holds no connections and keeps no topics; a small one has a short page."""
    assert not group(GOOD, "Held connections")
    assert not any("kept" in one.label for one in group(GOOD, "Storage").values())
    assert [one.label for one in lines(SMALL) if one.group == "Logs, traces, metrics"] == [
        "Log lines a day"
    ]
    assert not any("per machine" in label for label in group(SMALL, "Bandwidth"))
    assert any("per machine" in label for label in group(GOOD, "Bandwidth"))


def test_pools_are_multiplied_out() -> None:
    """Instances x pool against what a server accepts, with a pooler too."""
    pools = group(GOOD, "Connections to stores")["db: a server"]
    assert pools.figure.text == "96 of 1,802"
    assert pools.formula.startswith("6 app instances x 16 = 96")
    pooled = changed(
        ("    zones: 3\n    operations", "    zones: 3\n    pooler: {size: 200}\n    operations")
    )
    assert "1 pooler x 200 = 200" in group(pooled, "Connections to stores")["db: a server"].formula


def test_storage_is_followed_to_disks_backups_and_topics() -> None:
    """Rows, growth with indexes on both nodes, what can be gone back to, what a topic keeps."""
    found = group(CHAT, "Storage")
    day = 500 * 1000 * 86_400
    assert found["db: growth a day"].figure.value == pytest.approx(day)
    assert found["db: growth a year on disks"].figure.value == pytest.approx(day * 365 * 1.6 * 2)
    data = 1e6 * 1000 * 1.6
    assert found["db: backups"].figure.value == pytest.approx(data + 7 * min(data, day * 4))
    kept = found["bus.messages: kept"]
    assert kept.figure.value == pytest.approx(500 * 1000 * 86_400 * 3)
    assert "3 copies" in kept.formula


def test_quotas_near_or_over_are_named() -> None:
    """What is far below is counted in one line."""
    found = group(GOOD, "Platform quotas")
    cores = found["On-demand vCPUs of running instances"]
    assert cores.figure.text == "30 of 5: raise before launch"
    assert cores.formula.startswith("6 app x 2 + 9 pricing x 2")
    assert "below half" in found["Others compared"].figure.text
    wide = changed(
        ("    zones: 3\n    operations", "    zones: 3\n    replicas: 16\n    operations")
    )
    text = group(wide, "Platform quotas")["Read replicas of one database"].figure.text
    assert text == "16 of 15: cannot be raised"


def test_traces_follow_from_the_visits_of_a_request() -> None:
    """Four spans a message at one in a hundred, where logs are worth planning."""
    found = group(CHAT.replace("users: 60k", "users: 600k"), "Logs, traces, metrics")
    assert found["Traces a day"].figure.value == pytest.approx(5000 * 0.01 * 4 * 500 * 86_400)


def test_numbers_are_written_for_people() -> None:
    """Three digits with the unit that fits."""
    assert (people(1234), byte_words(2.5e9), bits(125e6)) == ("1.23k", "2.5 GB", "1 Gbit/s")
    assert isinstance(groups()[0], ModuleType)
