"""What each rule about contracts finds: changes to the library's model, and what is then said."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mock.library_model import LIBRARY

OLD = 'deprecated: {since: "2026-01-01", sunset: "2027-01-01", instead: list_books}'
TIERS = """\
        tiers:
          basic: {callers: 20, limit: {rate: 5/s, burst: 10}}
          gold: {callers: 2, limit: {rate: 50/s, burst: 100}}
"""
QUERY = "get_book: {does: [cpu: 1 ms, {query: db.book, timeout: 500 ms}]}"
OUTSIDE = ("  db:\n", "  rates: {kind: third-party-api, operations: {ask: {type: read}}}\n  db:\n")


@dataclass(frozen=True)
class Bad:
    """Changes to the library's model, where the finding is, words it must say."""

    changes: tuple[tuple[str, str], ...]
    path: str
    words: tuple[str, ...]
    level: str = "warning"


def changed(*changes: tuple[str, str]) -> str:
    """The library's model with each old text replaced by a new one, once."""
    text = LIBRARY
    for old, new in changes:
        assert old in text, f"the library's model has no {old!r}"
        text = text.replace(old, new, 1)
    return text


CONTRACT_BAD: dict[str, list[Bad]] = {
    "object-access": [
        Bad((("    owned_by: reader\n", ""),), "api.operations.get_loan",
            ("any row by its key", "`reader` names a reader", "owned_by")),
        Bad((("get_loan: {does: get, of: loan, endpoint: app.look, for: [readers]}",
              "get_loan: {does: get, of: loan, endpoint: app.look, for: [readers, shops]}"),),
            "workload.clients.shops", ("names no person", "`get_loan`", "called like the client"),
            "unknown"),
        Bad((("endpoint: app.keep, for: [readers], roles: [librarian]}\n    withdraw",
              "endpoint: app.keep, for: [shops], roles: [shop]}\n    withdraw"),),
            "workload.clients.shops", ("`remove_book`", "nothing says whose"), "unknown"),
    ],
    "caller-known": [
        Bad((("for: [readers], mine: true}\n    get_loan",
              "for: [readers], public: true}\n    get_loan"),),
            "api.operations.lend_book", ("anybody", "a public command")),
        Bad((("get_loan: {", "get_reader: {does: get, of: reader, endpoint: app.look, public: true,"
              " for: [readers]}\n    get_loan: {"),), "api.operations.get_reader",
            ("gives `name`",)),
        Bad((("access:\n        audience: partner",
              "access:\n        auth: session\n        audience: partner"),),
            "workload.clients.shops", ("by a session", "client-credentials-jwt")),
    ],
    "field-access": [
        Bad((("    me: {", "    readers_of: {does: list, of: reader, endpoint: app.look, for: "
              "[shops]}\n    me: {"),), "entities.reader.fields.name",
            ("`name`, `email`", "seen_by")),
        Bad((("    me: {", "    taken: {does: event, of: loan, gives: slip, after: lend_book, for: "
              "[shops]}\n    me: {"),
             ("api:\n", "api:\n  shapes:\n    slip: {fields: {loan: {type: ref(loan)}, to: {type: "
              "place}}}\n    place: {fields: {street: {type: string, class: personal}}}\n")),
            "api.shapes.place.fields.street", ("`taken`", "`street`")),
        Bad((("note: {type: string, most: 200, nullable: true}", "scan: {type: url}"),
             ("    me: {", "    scanned: {does: event, of: loan, after: lend_book, for: "
              "[readers]}\n    me: {")),
            "api.operations.scanned", ("`scan`", "(signed)", "an id"), "note"),
        Bad((("note: {type: string, most: 200, nullable: true}", "credit: {type: money}"),),
            "api.operations.lend_book", ("`lend_book` may set `credit`", "generated: true")),
    ],
    "answer-bounded": [
        Bad((("rows: 900", "rows: 2M"),),
            "api.operations.old_books", ("all 2,000,000 rows", "up to 1,000")),
        Bad((("page: 20", "page: 500"),), "api.operations.list_books", ("500 items", "up to 100")),
        Bad((("bulk: 50", "bulk: 5000"),), "api.operations.add_books", ("5,000", "bulk: 1000")),
        Bad(((TIERS, ""),), "workload.clients.shops", ("one partner of `shops`", "tiers")),
    ],
    "function-access": [
        Bad((("remove_book: {does: delete, of: book, endpoint: app.keep, for: [readers], "
              "roles: [librarian]}",
              "remove_book: {does: delete, of: book, endpoint: app.keep, for: [readers]}"),),
            "api.operations.remove_book", ("`books:write`", "has no owner", "roles: [admin]")),
        Bad((("withdraw_book: {does: act, of: book, endpoint: app.keep, for: [readers], "
              "roles: [librarian]}",
              "block_loan: {does: act, of: loan, endpoint: app.keep, for: [readers]}"),),
            "api.operations.block_loan", ("`block` in its name",)),
    ],
    "sensitive-flow": [
        Bad((("lend_book:", "reserve_book:"),), "workload.clients.readers",
            ("`readers` may `reserve_book`", "tier"), "note"),
    ],
    "url-input": [
        Bad((("note: {type: string, most: 200, nullable: true}", "cover: {type: url}"),),
            "api.operations.lend_book", ("`cover`", "id of an upload"), "note"),
    ],
    "api-inventory": [
        Bad((("2027-01-01", "2026-02-01"),), "api.operations.old_books.deprecated",
            ("ended on 2026-02-01",)),
        Bad((("      price: {type: money}\n", "      price: {type: money, deprecated: {since: "
              '"2025-01-01", sunset: "2026-02-01"}}\n'),), "entities.book.fields.price.deprecated",
            ("the field `price` ended on 2026-02-01",)),
        Bad(((OLD, OLD.replace(", instead: list_books", "")),),
            "api.operations.old_books.deprecated", ("nothing says what to use",), "note"),
        Bad((("steps: [app.list_books]", "steps: [app.list_books, app.count]"),
             ("      look:", "      count: {does: [cpu: 1 ms]}\n      look:")),
            "components.app.endpoints.count", ("`app.count`", "no operation", "api")),
    ],
    "third-party-bounds": [
        Bad((OUTSIDE, (QUERY, "get_book: {does: [cpu: 1 ms, {query: rates.ask, timeout: 1 s}]}")),
            "components.app.endpoints.get_book.does[1].query",
            ("`rates`", "a limit of calls under way or a breaker", "breaker:")),
        Bad((OUTSIDE, (QUERY, "get_book: {does: [cpu: 1 ms, {query: rates.ask, limit: 9}]}")),
            "components.app.endpoints.get_book.does[1].query", ("without a timeout",)),
    ],
    "address-private": [
        Bad((("    me: {", "    find_reader: {does: list, of: reader, endpoint: app.look, "
              "filters: [email], for: [readers]}\n    me: {"),), "api.operations.find_reader",
            ("`email` as filter in its query", "personal")),
        Bad((("    me: {", "    by_token: {does: list, of: loan, endpoint: app.look, mine: true, "
              "for: [readers], takes: {reset_token: {type: string}}}\n    me: {"),),
            "api.operations.by_token", ("`reset_token` as input in its query", "secret")),
    ],
    "id-guessable": [
        Bad((("id: {type: id, key: true}\n      reader:", "id: {type: long, key: true}\n"
              "      reader:"),), "entities.loan.fields.id", ("counted", "ULID")),
    ],
}  # fmt: skip
