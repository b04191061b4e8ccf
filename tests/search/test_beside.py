"""A search made by a second process is the search made here."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_lead.analysis.cost import use_prices
from backend_lead.intake.brief import read_brief
from backend_lead.model.system import System
from backend_lead.search.beside import beside
from backend_lead.search.searches import Searches, search
from backend_lead.search.state import Trail

ENDS_S = 20.0


@pytest.fixture
def prices(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "prices.csv"
    use_prices(None)


def system(users: str = "2k") -> System:
    return read_brief(f"a shop backend for {users} concurrent users").system


def told(trail: Trail) -> tuple[object, ...]:
    """What a design is made of."""
    final = trail.final
    return (trail.preference, trail.decisions, final.moves, final.found.system,
            final.found.total_usd, trail.opened,
            [(other.preference, other.decisions) for other in trail.others])  # fmt: skip


def test_it_finds_the_same() -> None:
    """Decisions, sizes and costs, of several searches one after the other."""
    with beside() as other:
        begun = [other.search(system(users)) for users in ("2k", "3k")]
        for users, one in zip(("2k", "3k"), begun, strict=True):
            found = one.result(ENDS_S)
            assert found is not None and told(found) == told(search(system(users)))


def test_what_is_begun_ahead_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as a search that was made; nothing is searched here."""
    with beside() as other:
        searches = Searches(other=other)
        searches.ahead(system())
        searches.ahead(system())
        while not all(one.running() for one in searches._ahead.values()):
            time.sleep(0.001)
        monkeypatch.setattr("backend_lead.search.searches.search", None)
        assert searches.made == 0
        assert searches.trail(system()).holds and searches.made == 1
        assert searches.trail(system()).holds and searches.made == 1


def test_what_waits_behind_another_search_is_made_here() -> None:
    """A search that turns out not to be needed holds up no other."""
    with beside() as other:
        searches = Searches(other=other)
        for users in ("3k", "2k"):
            searches.ahead(system(users))
        first, second = searches._ahead.values()
        assert told(searches.trail(system())) == told(search(system()))
        assert second.cancelled() and not first.cancelled()


def test_a_lost_process_is_replaced_by_a_search_here() -> None:
    """Killed at work: the search is made here, and so are all after it."""
    with beside() as other:
        searches = Searches(other=other)
        searches.ahead(system("3k"))
        os.kill(other.process().pid, signal.SIGKILL)
        assert told(searches.trail(system("3k"))) == told(search(system("3k")))
        searches.ahead(system())
        assert searches.trail(system()).holds


def test_it_counts_with_the_prices_in_use(prices: Path) -> None:
    """A user's own price file is read there, too; if it was changed since, the search is here."""
    prices.write_text("sku,region,unit,price,currency\nm7g.large,us-east-1,hour,9,USD\n")
    use_prices(str(prices))
    with beside() as other:
        found = other.search(system()).result(ENDS_S)
        assert found is not None and told(found) == told(search(system()))
        usual = prices.read_text()
        use_prices(None)
        assert told(found) != told(search(system()))
        use_prices(str(prices))
        prices.write_text(usual.replace("hour,9", "hour,8"))
        with beside() as another:
            assert another.search(system()).result(ENDS_S) is None


def test_it_ends_with_who_started_it() -> None:
    """Closing its input ends it, whatever it does."""
    with beside() as other:
        other.search(system("3k"))
        process = other.process()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(ENDS_S) == 0


def test_the_end_of_a_design_ends_it() -> None:
    """In the middle of a search; what is asked for afterwards is searched here."""
    with beside() as other:
        begun = other.search(system("3k"))
        process = other.process()
    assert process.returncode is not None and begun.result(ENDS_S) is None
    with pytest.raises(OSError):
        other.process()


def test_it_runs_nothing_of_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module there that is named like one of Python's is not taken."""
    (tmp_path / "queue.py").write_text("open('was_run', 'w')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with beside() as other:
        assert other.search(system()).result(ENDS_S) is not None
    assert not (tmp_path / "was_run").exists()
