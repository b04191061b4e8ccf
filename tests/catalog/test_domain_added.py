"""Adding a domain is adding one file of data: nothing else is edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app.design import read_request
from backend_lead.catalog import domains
from backend_lead.model.finding import InvalidInput
from tests.added import added

SAID = "Design a backend for beehive monitoring with 5k concurrent users"
HIVES = """\
domain:
  id: hives
  title: Beehives
  summary: Keepers look at their hives and note what they did.
  words: [beehive monitoring, apiary]
  questions:
    - {text: How many hives has a keeper?, taken: ten, why: rows grow with them}
  people: keeper
  rows_per_user: {keeper: 10, hive: 100}
  activity:
    daily_of_monthly: &some {value: 10%, range: [5%, 20%], origin: assumed, source: guess,
                             why: a test}
    sessions_per_day: {value: 1, range: [1, 2], origin: assumed, source: guess, why: a test}
    session_length: {value: 5 min, range: [1 min, 9 min], origin: assumed, source: guess,
                     why: a test}
  sources:
    guess: no source; a test

system:
  backend: hives
  title: Beehives
  domain: hives
  workload:
    clients:
      web:
        users: {value: 1k, range: [1, 2k], origin: assumed, source: guess, why: a test}
        think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed, source: guess, why: a test}
        journeys: {look: {value: 100%, origin: computed, why: a test}}
    peak: {factor: {value: 2, range: [1, 3], origin: assumed, source: guess, why: a test}}
    entry: [edge]
    origins: {}
  journeys: {look: {steps: [app.show_hive]}}
  components:
    edge: {kind: load-balancer}
    app:
      kind: http-service
      instance: m7g.large
      count: 1
      endpoints: {show_hive: {does: [cpu: 1 ms, {query: db.read_hive, timeout: 1 s}]}}
    db:
      kind: postgres
      instance: db.m7g.large
      operations: {read_hive: {type: read, cpu: 0.2 ms, entity: hive}}
  entities:
    keeper: {store: db, row: 300 B, rows: &many {value: 10k, range: [1k, 99k], origin: assumed,
                                                 source: guess, why: a test}}
    hive: {store: db, row: 200 B, rows: *many}
  slos:
    - journey: "*"
      p99: {value: 300 ms, range: [100 ms, 1 s], origin: assumed, source: guess, why: a test}
      availability: {value: 99.9%, range: [99%, 99.99%], origin: assumed, source: guess,
                     why: a test}
  topology: {provider: aws, region: us-east-1, zones: 3, origins: {}}
"""


def test_a_file_is_a_domain(tmp_path: Path) -> None:
    """A sentence that names it gets its model, with the load and the people it stated."""
    with added(domains, tmp_path, "hives.yaml", HIVES):
        asked = read_request(SAID)
    assert asked.system.domain == "hives"
    assert set(asked.system.entities) == {"keeper", "hive"}
    users = asked.system.workload.clients["web"].users
    assert users is not None and users.value == 5000
    assert asked.system.entities["keeper"].rows.value == 50_000
    assert [s.text for s in asked.stated if s.meaning == "domain"] == ["hives"]


def test_without_its_file_the_domain_is_unknown() -> None:
    """The same sentence gets the worked domain, and is asked what it is about."""
    asked = read_request(SAID)
    assert asked.system.domain == "generic" and "hives" not in domains.domains()
    assert any("What kind of product" in question.text for question in asked.questions)


def test_a_domain_that_lacks_what_all_have_is_told(tmp_path: Path) -> None:
    """A finding for each missing part, with the file and the path; no bare KeyError."""
    short = HIVES.replace("  title: Beehives\n", "", 1).replace("region: us-east-1, ", "")
    short = short.replace("    app:\n", "    hut:\n")
    with added(domains, tmp_path, "hives.yaml", short), pytest.raises(InvalidInput) as said:
        read_request(SAID)
    found = said.value.findings
    assert [f.place.path for f in found] == [
        "domain.title", "system.components.app.endpoints", "system.topology.region",
    ]  # fmt: skip
    assert all(f.rule == "domain-incomplete" and "hives.yaml" in f.place.file for f in found)
