"""The files of the data layer: scripts run, contracts lint, pages tell what is in the model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.emit import render
from backend_lead.emit.data.access_patterns import served_by
from backend_lead.emit.data.data_executive import WORDS_MAX
from backend_lead.emit.data.figures import figures
from backend_lead.emit.data.layer_reading import data_reading
from backend_lead.trial.drivers import Server
from tests.emit.data.domain_files import design_of, files_of, judge
from tests.views.data.databases import in_database


@pytest.mark.parametrize("id", domains())
def test_the_scripts_run_as_they_are_written(id: str, server: Server) -> None:
    """Each store's two files run on an empty PostgreSQL, one after the other."""
    files = files_of(id)
    stores = sorted(n for n in files if re.fullmatch(r"data/oltp/[a-z-]+\.sql", n))
    assert stores

    async def use(line: Any) -> None:
        for name in stores:
            await line.execute(files[name])
            await line.execute(files[name.replace("oltp", "governance")])
        read = data_reading(design_of(id))
        assert read is not None
        there = await line.fetchval(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relname = ANY ($1)", list(read.layer.tables),
        )  # fmt: skip
        assert there == len(read.layer.tables)

    in_database(server, use)


@pytest.mark.parametrize("last", ["governance", "streaming"])
def test_an_erasure_reaches_the_outbox_as_the_role_of_the_upkeep(last: str, server: Server) -> None:
    """All files of a store run in either order, twice on one server; the nightly jobs run with the
    rights of their role, and an erasure empties the events of the person and tells readers."""
    files = files_of("social-feed")
    names = ["data/governance/db.sql", "data/streaming/outbox.sql"]
    names = names if last == "streaming" else names[::-1]

    async def use(line: Any) -> None:
        for name in ("data/oltp/db.sql", *names):
            await line.execute(files[name])
        who = await line.fetchval(
            "INSERT INTO users (handle, email, name, about) VALUES ('h', 'h@x.example', 'N', '') "
            "RETURNING id"
        )
        await line.execute(
            "INSERT INTO posts (author_id, text, likes, comments) VALUES ($1, 'secret', 0, 0)", who
        )
        assert "secret" in str(await line.fetch("SELECT row FROM outbox"))
        await line.execute("INSERT INTO upkeep.erasures (person_table, person_key, due_at) "
                           "VALUES ('users', $1, now())", str(who))  # fmt: skip
        await line.execute("SET ROLE feed_upkeep")
        for job in re.findall(r"CALL (upkeep\.[a-z_]+\(\));", files["data/governance/db.sql"]):
            if "make_all_parts" not in job:
                await line.execute(f"CALL {job}")
        await line.execute("CALL outbox_upkeep()")
        await line.execute("RESET ROLE; SET ROLE feed_relay")
        rows = await line.fetch("SELECT subject, change, row FROM outbox")
        assert not any(r["row"] for r in rows)
        assert [r["subject"].rpartition(".")[0] for r in rows if r["change"] == "erase"] == [
            "feed.erasure"
        ]
        await line.execute("RESET ROLE")

    in_database(server, use)


@pytest.mark.parametrize("id", domains())
def test_contracts_lint(id: str, tmp_path: Path) -> None:
    """The Data Contract CLI finds nothing wrong with the contract of any product."""
    program = judge("datacontract")
    contracts = {n: t for n, t in files_of(id).items() if n.endswith(".odcs.yaml")}
    assert contracts
    for name, text in contracts.items():
        path = tmp_path / Path(name).name
        path.write_text(text, encoding="utf-8")
        ran = subprocess.run([program, "lint", str(path)], capture_output=True, text=True)
        assert ran.returncode == 0 and "is valid" in ran.stdout, ran.stdout


@pytest.mark.parametrize("id", domains())
def test_every_index_tells_why(id: str) -> None:
    """Each index of a script stands under the statements it serves, with rate and cost."""
    for name, text in files_of(id).items():
        if re.fullmatch(r"data/oltp/[a-z-]+\.sql", name):
            parts = re.split(r"\n(?=CREATE (?:UNIQUE )?INDEX)", text)
            for before, index in pairwise(parts):
                comment = before.rsplit("\n\n", 1)[-1]
                assert "-- for " in comment and "-- costs about" in comment, index[:80]


@pytest.mark.parametrize("id", domains())
def test_every_statement_is_told_and_served(id: str) -> None:
    """Each statement of a store has its row, and each but a sum over all is served by something."""
    read = data_reading(design_of(id))
    assert read is not None
    page = files_of(id)["data/oltp/access-patterns.md"]
    for pattern in read.layer.patterns:
        assert f"`{pattern.id.partition('.')[2]}`" in page
        assert pattern.stated and "nothing:" not in served_by(read, pattern), pattern.id


@pytest.mark.parametrize("id", domains())
def test_pages_tell_figures_with_their_origin(id: str) -> None:
    """The strategy tells each headline figure with its origin; the executive page is read in two
    minutes; no page has an empty heading or a line of a template left."""
    files = files_of(id)
    read = data_reading(design_of(id))
    assert read is not None
    strategy = files["data/README.md"]
    for figure in figures(read):
        assert f"| {figure.label} | {figure.text} | {figure.origin} |" in strategy
        assert figure.how
    assert len(files["data/executive.md"].split()) <= WORDS_MAX
    for name, text in files.items():
        if name.endswith(".md"):
            assert not re.search(r"\n## [^\n]+\n+(?=## |\Z)", text), name
            assert "None" not in text.replace("None was found", "").replace(
                "None: each request", ""), name  # fmt: skip
            assert "{" not in re.sub(r"`[^`]*`", "", text), name
    for link in re.findall(r"\]\(([a-z][^)]*)\)", strategy):
        assert f"data/{link}" in files, link


def test_erasure_is_told_for_every_place() -> None:
    """Who is erased is told table by table, then backups and what is given to others, each with
    the time after which it is gone."""
    page = files_of("ecommerce")["data/governance/README.md"]
    assert "`SELECT upkeep.erase_customers(ARRAY[...])`" in page
    assert "| `orders` | kept | `ship_to_name`" in page and "then blanked" in page
    assert "backups of `db`" in page and "7 d" in page
    assert "| views for analyses in the store |" in page and "| warehouse |" not in page


@pytest.mark.parametrize("id", domains())
def test_streams_are_spoken_of_where_they_run(id: str) -> None:
    """An erasure goes through streams only in a design that has some; events that the API promises
    have a phase of their own, with what ends it."""
    files = files_of(id)
    runs = "data/streaming/runbook.md" in files
    assert ("| streams to the warehouse |" in files["data/governance/README.md"]) == runs
    assert "| events to others |" in files["data/coordination.md"]


def test_bytes_are_put_together_on_one_line() -> None:
    """Who stated the bytes of rows finds them in the line of those on disk, with what is added."""
    read = data_reading(design_of("telemetry"))
    assert read is not None
    how = next(f.how for f in figures(read) if f.id == "data_bytes")
    for words in ("of rows as the model counts them + ", "of row headers (28 B each) + ",
                  "keys and indexes"):  # fmt: skip
        assert words in how


def test_text_that_people_write_is_a_mark() -> None:
    """A title of a person's row is not shown to analysts though its class is internal; a code is,
    and the page names what is hidden so."""
    files = files_of("generic")
    view = files["data/governance/db.sql"].split("CREATE VIEW masked.items", 1)[1]
    assert "'***' END AS title" in view.split(";", 1)[0]
    assert "`items.title`" in files["data/governance/README.md"]
    users = files["data/governance/db.sql"].split("CREATE VIEW masked.users", 1)[1]
    assert "t.locale" in users.split(";", 1)[0]


def test_rows_without_a_part_are_watched() -> None:
    """A table in parts has an alert on the part of the rest, which names table and store."""
    text = files_of("telemetry")["data/watching/alerts.yaml"]
    assert 'parts_rest_rows{store="db",table="readings"} > 0' in text
    assert "parts_rest_rows" not in files_of("ecommerce")["data/watching/alerts.yaml"]


def test_offered_lists_are_told_with_their_price() -> None:
    """The page of statements tells each filter and order of the API, what serves it and how many
    rows a page takes; a list that no statement answers is named."""
    page = files_of("ecommerce")["data/oltp/access-patterns.md"]
    assert "| `list_products` | - | `price_amount` | `db.list_products` | " in page
    assert "`products_price_amount_idx`" in page and "(too many)" not in page
    assert "answers `list_entries`" in files_of("payments")["data/oltp/access-patterns.md"]


def test_backups_and_the_list_are_told() -> None:
    """How an erasure reaches backups: kept so long, the list outside, the other way with its
    price."""
    page = files_of("ecommerce")["data/governance/README.md"]
    for words in ("### Backups", "kept for 7 d", "copied outside the store's backups",
                  "upkeep.erase_asked()", "a key for each person", "backups of `db`"):  # fmt: skip
        assert words in page


def test_a_right_says_what_asks_for_it() -> None:
    """A service that may delete and has no statement that does is told to have it for erasing."""
    page = files_of("ecommerce")["data/governance/README.md"]
    lines = [line for line in page.splitlines() if line.startswith("| `shop_app_service`")]
    (carts,) = [line for line in lines if "| `carts` |" in line]
    assert "DELETE" in carts and "no statement deletes; DELETE is to erase a person" in carts
    (products,) = [line for line in lines if "| `products` |" in line]
    assert "6 statements; owns it" in products and "for repairs" in products
    (orders,) = [line for line in lines if "| `orders` |" in line]
    assert "DELETE" not in orders


def test_restores_are_told_as_stores_grow() -> None:
    """A restore counts the log since the last backup, today and later, with its range and verdict;
    what a lost disk takes is told by how the log is kept."""
    page = files_of("ecommerce")["data/oltp/stores.md"]
    later = page[page.index("### As it grows") : page.index("### What is lost with a disk")]
    assert all(when in later for when in ("today", "in 1 month", "in 12 months", "in 36 months"))
    assert "log to replay" in later and "Asked for: 1 h" in later
    lost = page[page.index("### What is lost with a disk") :]
    assert "whole files only" in lost and "**loses more**" in lost and "pg_receivewal" in lost


def test_a_hot_key_is_told() -> None:
    """A domain in which one event takes a third of the load says that shards do not spread it."""
    page = files_of("ticketing")["data/oltp/stores.md"]
    assert "makes 38.6% of the load" in page and "Up to 4 shards" in page
    assert "makes 38.6% of the load" in files_of("ticketing")["data/executive.md"]


def test_an_answer_from_outside_is_a_saga() -> None:
    """A payment that asks the card network tells how it is repeated and taken back."""
    page = files_of("payments")["data/oltp/stores.md"]
    assert "`app.authorise_payment`" in page and "then somebody outside" in page


def test_without_fields_nothing_is_written() -> None:
    """A model whose entities have no fields has no data layer to write."""
    design = design_of("generic")
    bare = design.system.model_copy(deep=True)
    bare.api, bare.data = None, None
    for entity in bare.entities.values():
        entity.fields = {}
    from dataclasses import replace

    assert set(render(replace(design, system=bare), "data")) == set()


def test_the_same_model_gives_the_same_bytes() -> None:
    """Nothing of a clock or of chance gets into a file."""
    assert render(design_of("saas"), "data") == files_of("saas")


def test_the_same_model_gives_the_same_bytes_whatever_the_seed_of_hashes(tmp_path: Path) -> None:
    """Nothing that is written follows the order of a set."""
    model = Path(__file__).resolve().parents[3] / "examples" / "data-layer" / "backend.yaml"
    trees = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "backend_lead.cli", "generate", str(model), "--only", "data",
             "-o", str(out)],
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True,
        )  # fmt: skip
        trees.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert trees[0] == trees[1] and len(trees[0]) > 20


def test_a_pseudonym_is_told_as_personal() -> None:
    """In a contract the key of a person is a pseudonym and still personal."""
    text = next(t for n, t in files_of("ecommerce").items() if n.endswith(".odcs.yaml"))
    before, sign, _ = text.partition("masked: a pseudonym of the key")
    assert sign and before.rstrip().splitlines()[-1].strip().startswith(
        ("classification: personal", "transformDescription")
    )
