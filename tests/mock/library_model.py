"""A model whose contract has one of everything, for the mock and the rules about contracts."""

LIBRARY = """\
backend: library
workload:
  clients:
    readers:
      users: 1k
      think_time: 10 s
      timeout: 2 s
      access: {audience: web, auth: pkce}
      journeys: {read: 100%}
    shops:
      rate: 5/s
      timeout: 2 s
      access:
        audience: partner
        tiers:
          basic: {callers: 20, limit: {rate: 5/s, burst: 10}}
          gold: {callers: 2, limit: {rate: 50/s, burst: 100}}
      journeys: {sell: 100%}
  peak: {factor: 3}
  entry: [lb]
journeys:
  read: {steps: [app.list_books, app.get_book, app.lend]}
  sell: {steps: [app.list_books]}
components:
  lb: {kind: load-balancer, zones: 3}
  app:
    kind: http-service
    instance: m7g.large
    count: 3
    zones: 3
    pool: 16
    endpoints:
      list_books: {does: [cpu: 1 ms, {query: db.books, timeout: 500 ms}]}
      get_book: {does: [cpu: 1 ms, {query: db.book, timeout: 500 ms}]}
      lend: {writes: true, does: [cpu: 1 ms, {query: db.insert_loan, timeout: 500 ms}]}
      keep: {writes: true, does: [cpu: 1 ms, {query: db.insert_loan, timeout: 500 ms}]}
      look: {does: [cpu: 1 ms, {query: db.book, timeout: 500 ms}]}
  db:
    kind: postgres
    instance: db.m7g.xlarge
    zones: 3
    operations:
      books: {type: read, cpu: 1 ms, entity: book}
      book: {type: read, cpu: 0.2 ms, entity: book}
      insert_loan: {type: write, cpu: 0.5 ms, entity: loan}
entities:
  book:
    store: db
    row: 1 kB
    rows: 900
    fields:
      id: {type: id, key: true}
      title: {type: string, most: 80, example: Blue lamp}
      state: {type: string, one_of: [available, lent, withdrawn], generated: true}
      price: {type: money}
      pages: {type: int, nullable: true}
      cost: {type: money, seen_by: [readers]}
      changed_at: {type: timestamp, generated: true}
  loan:
    store: db
    row: 200 B
    rows: 1M
    owned_by: reader
    fields:
      id: {type: id, key: true}
      reader: {type: ref(reader), generated: true}
      book: {type: ref(book)}
      note: {type: string, most: 200, nullable: true}
      due: {type: date, generated: true}
  reader:
    store: db
    row: 200 B
    rows: 10k
    owned_by: id
    fields:
      id: {type: id, key: true}
      name: {type: string, personal: true}
      email: {type: email, personal: true}
api:
  operations:
    list_books:
      {does: list, of: book, endpoint: app.list_books, for: [readers, shops],
       filters: [state, title], sorts: [title, price], page: 20}
    get_book: {does: get, of: book, endpoint: app.get_book, for: [readers, shops]}
    search_books: {does: search, of: book, endpoint: app.list_books, for: [readers], public: true}
    add_books:
      {does: create, of: book, endpoint: app.keep, for: [shops], bulk: 50, roles: [librarian],
       takes: {title: {type: string, most: 80}, price: {type: money}}}
    change_book:
      {does: update, of: book, endpoint: app.keep, for: [readers], roles: [librarian],
       takes: {title: {type: string, most: 80}, pages: {type: int, nullable: true}}}
    remove_book: {does: delete, of: book, endpoint: app.keep, for: [readers], roles: [librarian]}
    withdraw_book: {does: act, of: book, endpoint: app.keep, for: [readers], roles: [librarian]}
    lend_book: {does: create, of: loan, endpoint: app.lend, for: [readers], mine: true}
    get_loan: {does: get, of: loan, endpoint: app.look, for: [readers]}
    my_loans: {does: list, of: loan, endpoint: app.look, for: [readers], mine: true}
    me: {does: get, of: reader, endpoint: app.look, for: [readers], mine: true}
    bind_book:
      {does: act, of: book, endpoint: app.keep, for: [shops], takes_long: true, gives: nothing,
       takes: {title: {type: string, most: 80}}}
    old_books:
      {does: list, of: book, endpoint: app.look, for: [shops], whole: true,
       deprecated: {since: "2026-01-01", sunset: "2027-01-01", instead: list_books}}
slos:
  - {journey: "*", p99: 300 ms, availability: 99.9%}
topology: {provider: aws, region: us-east-1, zones: 3}
"""
