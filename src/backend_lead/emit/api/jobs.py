"""Work that goes on after its request was answered: its schema, and the operation that tells of it.

An operation that takes long answers 202 with a job; where the job is read stands in `Location`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend_lead.emit.api.problems import name_of, statuses
from backend_lead.emit.api.securing import security_of
from backend_lead.model.contract import Audience
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.api.schema import schema

_JOB_EXAMPLE = {"id": "job-01J9ZQ4T7M", "state": "WAITING", "createdAt": "2026-03-01T09:30:00Z",
                "problem": None}  # fmt: skip
STATES = ("WAITING", "RUNNING", "DONE", "FAILED")
_KEY = "jobId"
_HEADERS = ("X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After")


def has_result(operations: Sequence[Operation]) -> bool:
    """Whether what takes long gives something when it is done."""
    return any(op.gives is not None for op in long_ones(operations))


def job_example(operations: Sequence[Operation]) -> dict[str, Any]:
    """A job as it travels, not yet begun."""
    return _JOB_EXAMPLE | ({"result": None} if has_result(operations) else {})


def long_ones(operations: Sequence[Operation]) -> list[Operation]:
    """The operations that answer with a job."""
    return [op for op in operations if op.said.takes_long]


def job_path(found: Contract) -> str:
    """Where a job is read; beside an entity of the model that is called so."""
    taken = any(op.path.startswith(f"/v{found.major}/jobs") for op in found.operations.values())
    return f"/v{found.major}/{'background-jobs' if taken else 'jobs'}/{{{_KEY}}}"


def job_id(found: Contract) -> str:
    """The operationId of asking after a job."""
    return "getJob" if "get_job" not in found.operations else "getBackgroundJob"


def job_link(found: Contract) -> dict[str, Any]:
    """How the answer of what takes long leads to its job."""
    return {
        "job": {
            "operationId": job_id(found),
            "parameters": {_KEY: "$response.body#/id"},
            "description": "How it goes.",
        }
    }


def job_statuses(operations: Sequence[Operation]) -> list[int]:
    """The errors of asking after a job; none where nothing takes long."""
    usual = {status for op in long_ones(operations) for status in statuses(op)}
    return sorted((usual & {401, 403, 429, 500, 503}) | {400, 404}) if usual else []


def job_operation(
    found: Contract, operations: Sequence[Operation], audience: Audience
) -> dict[str, Any]:
    """How a caller asks after a job: every caller who may begin one."""
    return {
        "operationId": job_id(found),
        "tags": [long_ones(operations)[0].of.type_name],
        "summary": "Ask how a job goes",
        "description": "Ask how a job goes. Wait `Retry-After` seconds between two questions; a "
        "job is kept for a day after its end, with what came of it. Answers 404 for what belongs "
        "to somebody else.",
        "parameters": [{
            "name": _KEY, "in": "path", "required": True, "description": "The id of the job.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64},
            "example": _JOB_EXAMPLE["id"],
        }],
        "responses": {
            "200": {
                "description": "Done.",
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Job"},
                        "examples": {"usual": {"value": job_example(operations)}},
                    }
                },
            },
            **{str(code): {"$ref": f"#/components/responses/{name_of(code)}"}
               for code in job_statuses(operations)},
        },
        "security": _security(found, operations, audience),
    }  # fmt: skip


def _security(
    found: Contract, operations: Sequence[Operation], audience: Audience
) -> list[dict[str, list[str]]]:
    """The token that began it is enough to ask after it: no scope of its own."""
    ways = {
        name for op in long_ones(operations)
        for way in security_of(found, op, audience) for name in way
    }  # fmt: skip
    return [{name: []} for name in sorted(ways)] or [{}]


def job_schema(found: Contract, operations: Sequence[Operation]) -> dict[str, Any]:
    """Work that goes on after its request was answered, and at last what came of it."""
    out: dict[str, Any] = {
        "type": "object",
        "description": "Work that takes longer than a request may.",
        "required": ["id", "state", "createdAt", "problem"],
        "properties": {
            "id": {"type": "string", "maxLength": 64, "examples": [_JOB_EXAMPLE["id"]]},
            "state": {"type": "string", "enum": list(STATES), "description": "How far it is."},
            "createdAt": {
                "type": "string",
                "format": "date-time",
                "description": "When it was begun.",
            },
            "problem": {"anyOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}]},
        },
    }
    given: list[dict[str, Any]] = []
    for op in long_ones(operations):
        one = schema(found, op.gives) if op.gives is not None else None
        if one is not None and one not in given:
            given.append(one)
    if given:
        told = "What the operation gives, once the job is done; null before, and where it failed."
        out["required"].append("result")
        out["properties"]["result"] = {"anyOf": [*given, {"type": "null"}], "description": told}
    return out
