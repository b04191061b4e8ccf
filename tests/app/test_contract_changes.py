"""compare, for contracts: told by their content, judged, and a gate by the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend_lead.app.contract_changes import compare_contracts, protocol_of
from backend_lead.changes import protocols
from backend_lead.model.finding import InvalidInput
from tests.app.command_line import Place
from tests.app.good_model import GOOD
from tools.changes_page import ROOT, example, output

OPENAPI = '{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": %s}'
SDL = "type Query { a: Int }\n"
OUTSIDE = '{"/a": {"$ref": "https://x.example/a"}}'


@pytest.mark.parametrize("id", protocols())
def test_the_page_shows_what_the_gate_prints(id: str, tmp_path: Path) -> None:
    """Run by hand, the example of each protocol fails as its part of docs/changes.md shows."""
    here = Place(tmp_path)
    before, after = example(protocols()[id])
    for name in (before, after):
        here.write(name, (ROOT / name).read_text(encoding="utf-8"))
    done = here.run("compare", before, after)
    assert (done.code, done.err) == (1, "")
    assert done.out.rstrip("\n") == output(protocols()[id])
    assert done.out in (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")
    assert here.run("compare", before, before).code == 0


def test_every_format_says_the_same(tmp_path: Path) -> None:
    """Text, Markdown and JSON name the same changes; JSON has all there is to know of each."""
    here = Place(tmp_path)
    here.write("a.graphql", SDL)
    here.write("b.graphql", "type Query { b: Int }\n")
    told = {form: here.run("compare", "a.graphql", "b.graphql", "-f", form)
            for form in ("text", "markdown", "json")}  # fmt: skip
    assert {done.code for done in told.values()} == {1}
    content = json.loads(told["json"].out)
    assert content["counts"] == {"breaking": 1, "maybe": 0, "compatible": 1}
    assert content["exit_code"] == 1 and content["protocol"] == "graphql"
    change = content["changes"][0]
    assert (change["operation"], change["field"]) == ("Query.a", "Query.a")
    assert (change["place"]["file"], change["place"]["line"]) == ("a.graphql", 1)
    for form in ("text", "markdown"):
        assert change["message"] in told[form].out and change["safe"] in told[form].out
        assert "a.graphql:1" in told[form].out


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("openapi: 3.0.1\ninfo: {}\n", "openapi"),
        ("# a note\n\ninfo: {}\nopenapi: 3.0.1\n", "openapi"),
        (OPENAPI % "{}", "openapi"),
        ("swagger: '2.0'\n", "openapi"),
        ("asyncapi: 3.0.0\n", "asyncapi"),
        ("openapi: 3.0.0\ninfo:\n  description: |\n    type Query { a: Int }\n", "openapi"),
        ('"""\nall that can be asked\n"""\ntype Query { a: Int }', "graphql"),
        ("# x\nextend schema @link(url: 1)\n", "graphql"),
        ("enum A { B }", "graphql"),
        ('// x\nsyntax = "proto3";\nmessage A {}', "proto"),
        ("message A { int32 b = 1; }", "proto"),
        ("enum A { B = 0; }", "proto"),
        ("", None),
        (GOOD, None),
        ("type: object\nproperties: {}\n", None),
        ("message: hello; world\n", None),
        ("backend: shop\nworkload:\n  openapi: 3\n", None),
    ],
)
def test_a_protocol_is_told_by_the_content(text: str, id: str | None) -> None:
    """Names of files say nothing; what the text begins with does, models are no contracts."""
    found = protocol_of(text)
    assert (found.id if found else None) == id


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (OPENAPI % "{}", SDL, "contract-mixed"),
        (SDL, GOOD, "contract-unknown"),
        (GOOD, SDL, "contract-unknown"),
        (SDL, "", "contract-unknown"),
        (SDL, b"\xff\xfe", "yaml-encoding"),
        (SDL, b"x" * 17_000_000, "file-too-large"),
        (SDL, "type Query {", "contract-graphql"),
        (OPENAPI % "{}", OPENAPI % OUTSIDE, "contract-reference-outside"),
        (OPENAPI % "{}", '{"openapi": "3.0.0", "a": [', "yaml-syntax"),
        (OPENAPI % "{}", "swagger: '2.0'", "contract-version"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_told_with_exit_code_2(
    before: str, after: str | bytes, rule: str, tmp_path: Path
) -> None:
    """Mixed, unreadable, too large and hostile files are findings with the file's name."""
    here = Place(tmp_path)
    here.write("a", before)
    here.write("b", after)
    done = here.run("compare", "a", "b")
    assert (done.code, done.out) == (2, "")
    assert f"[{rule}]" in done.err and done.err.startswith(("error: a", "error: b"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """One contract and nothing beside it, or a folder, is no comparison."""
    here = Place(tmp_path)
    here.write("a", SDL)
    assert "[file-missing]" in here.run("compare", "a", "b").err
    assert "[contract-unknown]" in here.run("compare", "a", ".").err


def test_two_models_are_compared_as_before(tmp_path: Path) -> None:
    """What is no contract goes to the comparison of models."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(GOOD)
    assert compare_contracts(str(tmp_path / "a"), str(tmp_path / "b")) is None


def test_without_its_reader_a_protocol_is_not_judged(tmp_path: Path) -> None:
    """Exit code 3 says that nothing was checked, which is not the same as clean."""
    here = Place(tmp_path)
    here.write("a.graphql", SDL)
    (here.here / "graphql").mkdir()  # a package of that name which is not the parser
    (here.here / "graphql" / "__init__.py").write_text("raise ModuleNotFoundError(name='graphql')")
    here.env["PYTHONPATH"] = f"{here.here}:{here.environment()['PYTHONPATH']}"
    done = here.run("compare", "a.graphql", "a.graphql")
    assert (done.code, done.out) == (3, "")
    assert "pip install 'backend-lead[api]'" in done.err


def test_imports_of_protobuf_come_from_folders_around(tmp_path: Path) -> None:
    """Imported files are found beside or above; ways out of the folder are not followed."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "y.proto").write_text('syntax = "proto3"; package x; message Y {}')
    (tmp_path / "deep").mkdir()
    old, new = tmp_path / "deep" / "a.proto", tmp_path / "deep" / "b.proto"
    text = 'syntax = "proto3";\nimport "x/y.proto";\nmessage M { x.Y a = 1; }'
    old.write_text(text)
    new.write_text(text.replace("x.Y a", "x.Y b"))
    found = compare_contracts(str(old), str(new))
    assert found is not None and [c.id for c in found.changes] == ["field-name-changed"]
    new.write_text(text.replace("x/y.proto", "../x/y.proto"))
    with pytest.raises(InvalidInput):
        compare_contracts(str(old), str(new))


def test_a_contract_of_five_thousand_operations_is_compared(tmp_path: Path) -> None:
    """A large contract takes seconds; the one operation that changed is the one that is told."""

    def written(name: str, kind: str) -> str:
        media = {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
        paths = {f"/p{i}": {"get": {"operationId": f"get{i}", "responses": {
            "200": {"description": "x", "content": media}}}} for i in range(5000)}  # fmt: skip
        other = {"application/json": {"schema": {"type": kind}}}
        paths["/p7"]["get"]["responses"]["200"]["content"] = other
        file = tmp_path / name
        file.write_text(json.dumps({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1.0.0"}, "paths": paths,
            "components": {"schemas": {"S": {"type": "object"}}},
        }, indent=1))  # fmt: skip
        return str(file)

    found = compare_contracts(written("a.json", "string"), written("b.json", "integer"))
    assert found is not None
    assert [(c.operation, c.id) for c in found.of("breaking")] == [
        ("GET /p7", "response-body-type-changed")
    ]
