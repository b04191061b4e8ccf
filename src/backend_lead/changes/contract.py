"""YAML and JSON contracts: values with the place each stands at, and references that stay inside.

Everything a hostile text could try (aliases that expand without end, references that run in a
circle, other files, the network) ends in a finding; nothing but the text itself is ever read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from backend_lead.changes.change import Text
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.document import Document
from backend_lead.views.yaml_text import quoted

Loc = tuple[str | int, ...]
REFS_MAX = 20  # references that lead to each other before it is called a circle
# Values below these keys are data of the author's, not structure.
DATA_KEYS = {"example", "examples", "default", "enum", "const"}
_JSON_INDENT = re.compile(r"^[ \t]+", re.M)
# The reader of YAML speaks of models; of contracts other words are true.
_WORDS = {
    "yaml-empty": ("the file says nothing", "a contract", "is this the right file?"),
    "yaml-not-a-mapping": (
        "a contract is a mapping of keys to values", "keys with values", "is this the right file?",
    ),
    "yaml-several-documents": (
        "the file holds several documents", "one document", "keep one contract per file",
    ),
    "yaml-tag": ("tags are not used in a contract", "values without tag",
                 "delete the word that starts with !"),
    "yaml-merge-key": ("YAML 1.2 has no merge keys", "keys of the contract",
                       "write the fields out, or refer to a component"),
    "yaml-alias-bomb": ("aliases expand to more than a contract can hold", "",
                        "write the values out instead of repeating aliases"),
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A value of a contract and where it stands. References have been followed."""

    contract: Contract
    loc: Loc
    value: Any

    def at(self, *keys: str | int) -> Spot | None:
        """What stands below; None where there is nothing. References are followed on the way."""
        spot = self
        for key in keys:
            inner = spot.value
            listed = isinstance(inner, list) and isinstance(key, int) and key < len(inner)
            if not listed and not (isinstance(inner, dict) and key in inner):
                return None
            spot = spot.contract.spot((*spot.loc, key), inner[key])
        return spot

    def children(self, key: str) -> dict[str, Spot]:
        """The entries of a mapping below, by name; empty where there is none."""
        inner = self.at(key)
        if inner is None or not isinstance(inner.value, dict):
            return {}
        return {name: spot for name in inner.value if (spot := inner.at(name)) is not None}

    def items(self, key: str) -> list[Spot]:
        """The entries of a list below; empty where there is none."""
        inner = self.at(key)
        if inner is None or not isinstance(inner.value, list):
            return []
        return [spot for i in range(len(inner.value)) if (spot := inner.at(i)) is not None]

    def get(self, key: str, default: Any = None) -> Any:
        """An entry of the mapping as it is written."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    @property
    def pointer(self) -> str:
        return pointer(self.loc)

    @property
    def place(self) -> Place:
        return self.contract.document.place(self.loc, of_key=True)

    @property
    def name(self) -> str:
        """The last word of the way: the name of a component that was referred to."""
        return str(self.loc[-1]) if self.loc else ""


@dataclass(frozen=True, eq=False)
class Contract:
    """One document: its values, its places, and every reference in it."""

    file: str
    document: Document
    root: dict[str, Any]
    siblings: bool = False  # whether keys beside a $ref count, as since OpenAPI 3.1

    @property
    def top(self) -> Spot:
        return Spot(self, (), self.root)

    def spot(self, loc: Loc, value: Any) -> Spot:
        """A value with its place; a reference becomes what it refers to."""
        beside: dict[str, Any] = {}
        for _ in range(REFS_MAX):
            ref = reference(value)
            if ref is None:
                break
            if self.siblings:
                beside = {**{k: v for k, v in value.items() if k != "$ref"}, **beside}
            loc, value = self.target(ref)
        if beside and isinstance(value, dict):
            value = {**value, **beside}
        return Spot(self, loc, value)

    def target(self, ref: str) -> tuple[Loc, Any]:
        """Where a reference leads, which `read` has made sure of."""
        value: Any = self.root
        loc: list[str | int] = []
        for part in parts(ref):
            key: str | int = int(part) if isinstance(value, list) else part
            value = value[key]
            loc.append(key)
        return tuple(loc), value

    @cached_property
    def references(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Every reference: what it leads to in one line, and the references in that."""
        found: dict[str, tuple[str, frozenset[str]]] = {}
        for ref in sorted({ref for _, ref in _references(self.root, ())}):
            value = self.target(ref)[1]
            inner = frozenset(inner for _, inner in _references(value, ()))
            found[ref] = (one_line(value), inner)
        return found


class Sameness:
    """Tells what need not be looked into: same words, and only references that lead to the same."""

    def __init__(self, old: Contract, new: Contract) -> None:
        was, now = old.references, new.references
        self.changed = {ref for ref in {*was, *now} if was.get(ref) != now.get(ref)}
        using: dict[str, set[str]] = {}
        for ref, (_, inner) in [*was.items(), *now.items()]:
            for used in inner:
                using.setdefault(used, set()).add(ref)
        queue = list(self.changed)
        while queue:
            more = using.get(queue.pop(), set()) - self.changed
            self.changed |= more
            queue += more

    def same(self, old: Spot, new: Spot) -> bool:
        """Whether two values say the same, with everything they refer to."""
        if one_line(old.value) != one_line(new.value):
            return False
        return not any(ref in self.changed for _, ref in _references(new.value, ()))


def read(text: Text, *, siblings: bool = False) -> Contract:
    """Read a contract. Raises InvalidInput with everything that makes it unusable."""
    written = text.text
    if written.lstrip()[:1] == "{":  # JSON may be indented with tabs, YAML may not
        written = _JSON_INDENT.sub(lambda hit: " " * len(hit[0]), written)
    try:
        document = Document.parse(written, text.file)
    except InvalidInput as err:
        raise InvalidInput([_reworded(finding) for finding in err.findings]) from None
    contract = Contract(text.file, document, document.plain(), siblings)
    findings = [*_outside(contract)]
    if findings:
        raise InvalidInput(findings)
    return contract


def claims(text: str, key: str) -> bool:
    """Whether a YAML or JSON text has a key at its top that says what it is."""
    written = text.removeprefix("\ufeff").lstrip()
    if written[:1] == "{":
        return re.search(rf'[{{,]\s*["\']?{key}["\']?\s*:\s*["\'\d]', written) is not None
    return re.search(rf"""^["']?{key}["']?[ \t]*:""", written, re.MULTILINE) is not None


def reference(value: Any) -> str | None:
    """The reference a value consists of, or None."""
    ref = value.get("$ref") if isinstance(value, dict) else None
    return ref if isinstance(ref, str) else None


def parts(ref: str) -> list[str]:
    """The steps of a JSON pointer behind a #."""
    body = ref.removeprefix("#").removeprefix("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in body.split("/")] if body else []


def pointer(loc: Loc) -> str:
    """A way through a document as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)


def one_line(value: Any) -> str:
    """A value in one spelling, to compare: the order of keys says nothing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _references(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    ref = reference(value)
    if ref is not None:
        yield loc, ref
    if isinstance(value, dict):
        named = bool(loc) and loc[-1] in ("properties", "patternProperties", "dependentSchemas")
        for key, inner in value.items():
            if named or not (key in DATA_KEYS or key.startswith("x-")):
                yield from _references(inner, (*loc, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _references(inner, (*loc, i))


def _outside(contract: Contract) -> Iterator[Finding]:
    """References that leave the document, lead nowhere, or lead in a circle."""
    for loc, ref in _references(contract.root, ()):
        place = contract.document.place((*loc, "$ref"))
        if not ref.startswith("#"):
            where = "the network" if "://" in ref else "another file"
            yield Finding(
                "contract-reference-outside", "error", f"a reference leads to {where}", place,
                quoted(ref), "references within the file, such as #/components/schemas/Item",
                "bundle the contract into one file first",
            )  # fmt: skip
            continue
        try:
            seen, value = {ref}, contract.target(ref)[1]
            while (inner := reference(value)) is not None and inner.startswith("#"):
                if inner in seen or len(seen) >= REFS_MAX:
                    yield Finding(
                        "contract-reference-circle", "error", "references only lead to each other",
                        place, quoted(ref), "a reference that ends at a definition",
                        "write the definition out at one of them",
                    )  # fmt: skip
                    break
                seen.add(inner)
                value = contract.target(inner)[1]
        except (KeyError, IndexError, ValueError, TypeError):
            yield Finding(
                "contract-reference-unknown", "error", "a reference leads to nothing", place,
                quoted(ref), "something that the file holds", "correct the name, or add it",
            )  # fmt: skip


def _reworded(finding: Finding) -> Finding:
    if finding.rule not in _WORDS:
        return finding
    message, allowed, hint = _WORDS[finding.rule]
    return replace(finding, message=message, allowed=allowed or finding.allowed, hint=hint)
