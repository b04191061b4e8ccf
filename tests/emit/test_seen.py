"""Sessions, stale reads, lost writes, messages put aside and ways between regions in the pages."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from backend_lead import emit
from backend_lead.emit.management import offer
from backend_lead.emit.report import objectives
from backend_lead.emit.report.readings import Readings
from backend_lead.model.design import Bottleneck
from backend_lead.model.finding import Finding
from backend_lead.model.ways import limit_of
from tests.emit.sample_design import LOAD_RUN, sample_design
from tests.emit.sample_seen import FAILOVER, WHY, add_seen, seen_design
from tests.emit.test_executive import JARGON, passing
from tests.emit.test_report import Page

HEADINGS = ("Sessions as they went", "Messages put aside", "How fresh reads from replicas are",
            "How busy the ways between regions are")  # fmt: skip


def section(html: str, word: str) -> str:
    """The text of a section of the report."""
    part = html.split(f'<section id="{word}">')[1].split("</section>")[0]
    return " ".join(" ".join(Page(part).words).split())


@pytest.fixture(scope="module")
def html() -> str:
    return emit.render(seen_design("1 s"), "report")["report.html"]


def test_each_stands_where_it_is_looked_for(html: str) -> None:
    """Sessions with the load, messages and reads with latency, ways with capacity, writes with
    the trial that lost them."""
    assert "browse mobile 2 app.get_product 29.3k 0.602 99.87% load-7c1e" in section(html, "load")
    latency = section(html, "latency")
    assert "log.orders mailer.send 517 5.53% trial-db-77f2" in latency
    assert "orders-db 2 s 28.1k 28.5% 2,007 685 load-7c1e" in latency
    assert "orders-db 2 s up to 7 s 27k 50% 0 0 trial-db-77f2" in latency
    way = "us-east-1 to eu-west-1 10 MB/s 431/s 9.34 MB/s 93.4%"
    assert way in section(html, "capacity")
    cards = html.split('<section id="trials">')[1].split("</section>")[0].split("<article")
    (card,) = [" ".join(" ".join(Page(x).words).split()) for x in cards if FAILOVER in x]
    assert ("Acknowledged writes of orders-db lost in its failover at 20 s to a replica 2 s "
            "behind; objective: those of the last 1 s at most missed 189" in card)  # fmt: skip
    assert "Messages that mailer.send put aside 517" in card
    assert "Stale of orders-db's reads at replicas 50%" in card
    assert "Acknowledged writes" not in "".join(x for x in cards if FAILOVER not in x)


def test_stations_tell_of_visits_that_ended(html: str) -> None:
    """The column has the terminal's name, everywhere."""
    assert "Ended/s" in section(html, "capacity") and "Arrivals" not in html
    figures = {figure.id: figure for figure in Readings(seen_design()).all()}
    assert figures["load.app.cores.ended_per_s"].label.endswith("visits that ended per second")


def test_nothing_is_shown_of_what_a_design_has_not() -> None:
    """A design with none of it has no heading, row or figure of it on any page."""
    out = emit.render(sample_design())
    words = (*HEADINGS, "Acknowledged writes", "put aside", "Confirmed writes", "The way from")
    for path in ("report.html", "README.md", "executive.md"):
        assert not [word for word in words if word in out[path]], path
    ids = [f["id"] for f in json.loads(out["evidence/figures.json"])["figures"]]
    assert not [x for x in ids if re.match(r"(session|copies|failover|aside|link)\.", x)]


def test_each_number_has_its_origin() -> None:
    """Run, command and how: in the evidence, and in the notes of the page."""
    out = emit.render(seen_design())
    page = out["report.html"]
    figures = json.loads(out["evidence/figures.json"])["figures"]
    mine = [f for f in figures if re.match(r"(session|copies|failover|aside|link)\.", f["id"])]
    assert len(mine) == 2 * 3 + 2 * 4 + 1 + 2 + 3
    for f in mine:
        assert f["origin"] == "simulated" and f["repeat"] and f["how"]
        assert f["run"] in (LOAD_RUN, FAILOVER)
        assert f"</b> {f['label']}</p>".replace("'", "&#39;") in page, f["id"]
    (lost,) = [f for f in mine if f["id"].startswith("failover.")]
    assert (lost["value"], lost["text"], lost["how"]) == (188.6, "189", WHY)


def test_computed_losses_are_told_as_computed() -> None:
    """A standby has every write: that follows from the model, not from counting."""
    design = seen_design()
    design.lost_writes = [replace(design.lost_writes[0], by="standby", lag_s=0.0, writes=0.0,
                                  origin="computed")]  # fmt: skip
    figure = Readings(design).lost(design.lost_writes[0])
    assert (figure.origin, figure.text) == ("computed", "0")
    assert Readings(design).may_lose(design.lost_writes[0]) == ("", None)
    assert "no acknowledged write is lost." in emit.render(design, "readme")["README.md"]
    assert "Confirmed writes" not in emit.render(design, "executive")["executive.md"]


def test_the_page_in_markdown_says_the_same() -> None:
    """Every number of it in the report is in a sentence of the README."""
    text = emit.render(seen_design(), "readme")["README.md"]
    for words in (
        "Session `browse` of mobile, step 2, `app.get_product`: 29.3k asked, 0.602 a session; "
        "99.87% answered.",
        "`mailer.send` put 517 messages of `log.orders` aside in the run `trial-db-77f2`, 5.53%",
        "Replicas of `orders-db` at a lag of 2 s: 28.5% of 28.1k reads were stale; 2,007 after an "
        "own write went to the primary, of which 685 or more would have been",
        "at a lag of 2 s, 7 s at its most: 50% of 27k reads were stale (run `trial-db-77f2`).",
        "The way from us-east-1 to eu-west-1 is 93.4% in use: 9.34 MB/s of 10 MB/s.",
        "its replica serves 15 s later; some 189 acknowledged writes are lost (what may be lost is "
        "not stated).",
    ):
        assert words in text


@pytest.mark.parametrize(("lose_most", "promised", "found"), [
    ("", "not stated", "some 189, of the last 2 s"),
    ("1 s", "of the last 1 s", "some 189, of the last 2 s (missed)"),
    ("5 s", "of the last 5 s", "some 189, of the last 2 s"),
])  # fmt: skip
def test_who_decides_is_told_of_lost_writes(lose_most: str, promised: str, found: str) -> None:
    """Against what may be lost, in words that need not be looked up."""
    design = add_seen(passing(), lose_most)
    design.questions = []
    rows = {what: (a, b) for what, a, b in offer.promises(design)}
    (what,) = [what for what in rows if what.startswith("Confirmed writes lost if ")]
    assert rows[what] == (promised, found)
    assert not JARGON.findall(what + promised + found)
    assert what in emit.render(design, "executive")["executive.md"]


@pytest.mark.parametrize(("lose_most", "found"), [
    ("", "some 1,000, of the last 2 s"),
    ("5 s", "some 12, of the last 30 s (missed)"),
    ("1 s", "some 1,000, of the last 2 s (missed)"),
    ("90 s", "some 1,000, of the last 2 s"),
])  # fmt: skip
def test_who_decides_sees_the_failover_that_breaks_the_promise(lose_most: str, found: str) -> None:
    """Though another that is within it loses more; among equals the one that loses most."""
    design = add_seen(passing(), lose_most)
    (row,) = design.lost_writes
    design.lost_writes = [
        replace(row, writes=writes, lag_s=lag_s)
        for writes, lag_s in ((10.0, 60.0), (1000.0, 2.0), (12.0, 30.0))
    ]
    told = {what: words for what, _, words in offer.promises(design)}
    assert [w for what, w in told.items() if what.startswith("Confirmed writes")] == [found]


def test_lost_writes_stand_beside_the_verdict() -> None:
    """A design that meets its objectives says what it loses where nobody said how much it may."""
    design = passing()
    design.findings = [Finding("writes-lost", "warning", "a failover of `orders-db` loses some 189 "
                               "acknowledged writes (run stated)",
                               allowed="what may be lost is not stated")]  # fmt: skip
    said = objectives.reasons(design)
    assert said[0].endswith("met their objectives")
    assert said[1].endswith("(run stated): what may be lost is not stated")


def test_a_way_that_limits_is_named_once() -> None:
    """It belongs to all who send on it, so to none of them."""
    row = Bottleneck(1, "price", limit_of("a to b"), 1e3, 1e2, 0.93, "")
    assert objectives.neck(row) == "the way from a to b"
