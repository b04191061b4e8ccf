"""A request that writes to several places, as a state machine that PostgreSQL keeps.

The state lies in the first store that the request writes to. Each step has a key of its own (the
saga's and the step's number), so that doing it again changes nothing. What holds, whatever crashes:

- a saga ends `done` with every step done, or `undone` with every step that was done taken back, the
  last first; it is `stuck` where taking back failed too often, and somebody looks;
- a step of the same store is one transaction with the word that it is done;
- a step whose outcome nobody knows is asked again by its key; after too often it is taken back as
  if it had been done, so taking back what is not there must succeed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.views.data.copies import Saga, sagas
from backend_lead.views.data.ddl import Statement, literal
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.watching import STORE, Column, Query

TRIES = 8  # of a step, seconds apart that double: some two minutes, as long as a restart takes
OUTSIDE = "outside"


@dataclass(frozen=True)
class SagaStep:
    """A step: where it acts, what it does there, and what takes it back."""

    place: str
    does: str
    undoes: str


@dataclass(frozen=True)
class SagaPlan:
    """A saga, the store that keeps its state, and its steps in their order."""

    saga: Saga
    home: str
    steps: tuple[SagaStep, ...]

    @property
    def name(self) -> str:
        return self.saga.endpoint


def plans(layer: Layer) -> list[SagaPlan]:
    """The sagas of a data layer whose state a relational store of it can keep."""
    out = []
    for saga in sagas(layer):
        home = next((p for p in saga.places if p in layer.stores), None)
        if home is not None and len(saga.places) > 1:
            out.append(SagaPlan(saga, home, tuple(_steps(saga, home))))
    return out


def _steps(saga: Saga, home: str) -> Iterator[SagaStep]:
    for place in saga.places:
        last = place == saga.places[-1]
        told = f", and the events {', '.join(saga.later)} into the outbox" if (
            saga.later and place == home) else ""  # fmt: skip
        if place == home:
            yield SagaStep(
                place, f"the rows of this request{told}, in the transaction of saga_told",
                "the same rows to the state of a request that failed" if not last else
                "the same rows back",
            )  # fmt: skip
        elif place == OUTSIDE:
            yield SagaStep(
                place,
                "the call, with the step's key",
                "take back what was done under the step's key, if anything was",
            )
        else:
            yield SagaStep(place, "its rows, and the step's key into saga_seen, in one transaction",
                           "the same rows back, if the key is there")  # fmt: skip


def statements(found: list[SagaPlan]) -> Iterator[Statement]:
    """Tables and functions that keep sagas, and the steps of those that a store keeps."""
    yield Statement(
        "CREATE TABLE saga_steps (\n  saga text,\n  step smallint CHECK (step > 0),\n"
        "  place text NOT NULL,\n  does text NOT NULL,\n  undoes text NOT NULL,\n"
        "  PRIMARY KEY (saga, step)\n);",
    )
    rows = ",\n".join(
        f"  ({literal(p.name)}, {n}, {literal(s.place)}, {literal(s.does)}, {literal(s.undoes)})"
        for p in found for n, s in enumerate(p.steps, 1)
    )  # fmt: skip
    yield Statement(f"INSERT INTO saga_steps VALUES\n{rows};")
    yield Statement(
        "CREATE TABLE sagas (\n  id uuid PRIMARY KEY,\n  saga text NOT NULL,\n"
        "  input jsonb NOT NULL,\n  state text NOT NULL DEFAULT 'running'\n"
        "    CHECK (state IN ('running', 'undoing', 'done', 'undone', 'stuck')),\n"
        "  step smallint NOT NULL DEFAULT 1,\n  tried smallint NOT NULL DEFAULT 0,\n"
        "  due_at timestamptz NOT NULL DEFAULT now(),\n"
        "  began_at timestamptz NOT NULL DEFAULT now(),\n  ended_at timestamptz\n);",
        "one row for each request, its id the idempotency key; written before anything else is",
    )
    yield Statement(
        "CREATE INDEX sagas_due ON sagas (due_at) WHERE state IN ('running', 'undoing');",
        "what goes on is found without those that ended",
    )
    yield Statement(
        "CREATE INDEX sagas_open ON sagas (began_at) WHERE ended_at IS NULL;", "what is watched"
    )
    yield Statement(
        "CREATE TABLE saga_log (\n  saga_id uuid NOT NULL REFERENCES sagas,\n"
        "  step smallint NOT NULL,\n  action text NOT NULL CHECK (action IN ('do', 'undo')),\n"
        "  outcome text NOT NULL CHECK (outcome IN ('started', 'done', 'failed', 'unknown')),\n"
        "  at timestamptz NOT NULL DEFAULT clock_timestamp(),\n  answer jsonb\n);",
        "what was tried and what came of it; only added to",
    )  # fmt: skip
    yield Statement("CREATE INDEX saga_log_of ON saga_log (saga_id);", "a saga's history")
    yield Statement(_BEGIN, "a request begins; again with its key it finds what became of it")
    yield Statement(
        _NEXT,
        "a worker takes the next step that is due, for so long; a worker that "
        "dies gives it back by time",
    )
    yield Statement(
        _TOLD,
        "a worker tells what came of it. `failed`: refused, for certain without "
        "effect; `unknown`: no answer. The word of a worker that is too late changes "
        "nothing",
    )


def watch(home: str) -> Query:
    """What a store that keeps sagas is asked about them."""
    return Query(
        "sagas",
        f"SELECT {literal(home)} AS store, count(*) FILTER (WHERE state = 'stuck') AS stuck, "
        "coalesce(extract(epoch FROM now() - min(began_at) FILTER (WHERE state IN ('running', "
        "'undoing'))), 0) AS oldest_open_seconds FROM sagas WHERE ended_at IS NULL",
        (STORE, Column("stuck", "GAUGE", "sagas that could not be taken back"),
         Column("oldest_open_seconds", "GAUGE", "age of the oldest that goes on")),
    )  # fmt: skip


def seen_elsewhere() -> Statement:
    """What another store that takes part keeps."""
    return Statement(
        "CREATE TABLE saga_seen (saga_id uuid, step smallint, at timestamptz NOT NULL DEFAULT "
        "now(),\n  PRIMARY KEY (saga_id, step));",
        "keys of steps done here, in the transaction of their rows; a step whose key is there is "
        "done already, and taking it back deletes the key",
    )


_BEGIN = """\
CREATE FUNCTION saga_begin(key uuid, called text, given jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM saga_steps AS s WHERE s.saga = called) THEN
    RAISE EXCEPTION 'no saga is called %', called;
  END IF;
  INSERT INTO sagas (id, saga, input) VALUES (key, called, given) ON CONFLICT (id) DO NOTHING;
  RETURN (SELECT state FROM sagas WHERE id = key);
END $$;"""
_NEXT = f"""\
CREATE FUNCTION saga_next(lease interval) RETURNS TABLE (
  id uuid, saga text, step smallint, place text, action text, what text, input jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  s sagas;
BEGIN
  SELECT * INTO s FROM sagas AS d WHERE d.state IN ('running', 'undoing')
    AND d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF s.id IS NULL THEN
    RETURN;
  END IF;
  IF s.tried >= {TRIES} THEN
    IF s.state = 'undoing' THEN
      UPDATE sagas AS d SET state = 'stuck' WHERE d.id = s.id;
      RETURN;
    END IF;
    s.state := 'undoing';
    s.tried := 0;
  END IF;
  UPDATE sagas AS d SET state = s.state, tried = s.tried + 1, due_at = clock_timestamp() + lease
    WHERE d.id = s.id;
  action := CASE s.state WHEN 'running' THEN 'do' ELSE 'undo' END;
  INSERT INTO saga_log VALUES (s.id, s.step, action, 'started');
  RETURN QUERY SELECT s.id, s.saga, s.step, p.place, action,
    CASE action WHEN 'do' THEN p.does ELSE p.undoes END, s.input
    FROM saga_steps AS p WHERE p.saga = s.saga AND p.step = s.step;
END $$;"""
_TOLD = f"""\
CREATE FUNCTION saga_told(key uuid, at_step smallint, action text, outcome text,
  answer jsonb DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  s sagas;
  last smallint;
BEGIN
  SELECT * INTO STRICT s FROM sagas WHERE id = key FOR UPDATE;
  IF s.step <> at_step
    OR s.state <> (CASE action WHEN 'do' THEN 'running' ELSE 'undoing' END) THEN
    RETURN s.state;
  END IF;
  INSERT INTO saga_log VALUES (key, at_step, action, outcome, clock_timestamp(), answer);
  SELECT max(step) INTO last FROM saga_steps WHERE saga = s.saga;
  IF outcome = 'done' OR (action = 'do' AND outcome = 'failed') THEN
    IF action = 'do' AND outcome = 'done' THEN
      s.step := s.step + 1;
    ELSE
      s.state := 'undoing';
      s.step := s.step - 1;
    END IF;
    s.tried := 0;
    s.due_at := clock_timestamp();
    s.state := CASE WHEN s.step > last THEN 'done' WHEN s.step < 1 THEN 'undone' ELSE s.state END;
  ELSIF s.tried >= {TRIES} THEN
    s.state := CASE action WHEN 'do' THEN 'undoing' ELSE 'stuck' END;
    s.tried := 0;
    s.due_at := clock_timestamp();
  ELSE
    s.due_at := clock_timestamp() + interval '0.5 s' * power(2, s.tried);
  END IF;
  UPDATE sagas SET state = s.state, step = s.step, tried = s.tried, due_at = s.due_at,
    ended_at = CASE WHEN s.state IN ('done', 'undone') THEN clock_timestamp() END
    WHERE id = key;
  RETURN s.state;
END $$;"""
