"""Whatever text stands in a contract: no exception, and no code that the templates do not write."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.memo import Memo
from codegen.models import generate_models
from codegen.render.project import render_project
from codegen.runtime import mapping as runtime
from codegen.source import read_sources
from tests.codegen.effort import examples

COMPILE = Path(__file__).parents[1] / "compile"
BASE = read_sources(COMPILE / "base")
CASES = {path.parent.name: read_sources(path) for path in sorted(COMPILE.glob("*/in"))}
PASSING = [name for name in CASES if (COMPILE / name / "out").exists()]
ROOT = Path(__file__).parents[2]
REAL = read_sources(ROOT)
HOSTILE = [
    "'", '"', '"""', "'''", "\\", "\n", "\r\n", "\t", "#", "|", "[", "]", "{", "}", ",", ":", "-", "?", ">", "|-",
    "---", "...", "&a", "*a", "a: &a [*a, *a]", "<<: *a", "!!python/object:os.x", "%YAML 1.1", "- " * 500, "(" * 300,
    "x" * 70_000, "\0", "\x1b[31m", "\u2028", "\u202e", "\ud800", "\udce9", "é", "😀", "%", "{{ 1/0 }}", "{% raw %}",
    "{#", "$ref", "__import__('os')", "'); import os; os.system('x')  #", '"""\nimport os\n"""',
    "\n    raise SystemExit\n", "or quarantine", " | ", "??", "not ", "null", "true", "~",
    "type: ignore", "fmt: off", "noqa", "9" * 5_000, "1e99999999", "-1e-99999", "0x1F", ".inf", ".nan",
]  # fmt: skip
WORD = re.compile(r"\w+")
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""As YAML counts them."""
NODES = set(
    WORD.findall("""
        Module ImportFrom alias FunctionDef arguments arg Name Load Store Constant AnnAssign Assign Dict Subscript
        Return List Tuple Call keyword Attribute If Compare Is IsNot Eq LtE NotIn UnaryOp Not USub BoolOp And Or Raise
        IfExp Lambda ListComp comprehension GeneratorExp
    """)
)
IMPORTS = {
    "__future__": {"annotations"},
    "decimal": {"Decimal"},
    "typing": {"Any"},
    "generated.runtime": {"mapping"},
    "generated.runtime.binding": {"EventBinding", "VendorProfile", "WebhookBinding", "WebhookEnvelope"},
}
NAMES = set(
    WORD.findall("""
        Any Decimal rt payload envelope value converted data body topic headers item dict list str bool len any
        frozenset PROFILE read_webhook
    """)
)
FIELDS = {"get", "event_type", "external_event_id", "occurred_at"}
DEFINED = re.compile(r"_?[a-z0-9_]+|_[A-Z0-9_]+")


def strangers(module: str) -> set[str]:
    """What a mapper holds that no template writes."""
    tree = ast.parse(module)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    tables = {
        node.target.id for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    known = NAMES | IMPORTS["generated.runtime.binding"] | functions | tables
    found = {name for name in functions | tables if not DEFINED.fullmatch(name)}
    for node in ast.walk(tree):
        if type(node).__name__ not in NODES:
            found.add(type(node).__name__)
        match node:
            case ast.ImportFrom(module=source, names=names):
                found |= {f"{source}.{name.name}" for name in names} - {
                    f"{source}.{name}" for name in IMPORTS.get(source or "", ())
                }
            case ast.Name(id=name) if name not in known and not re.fullmatch(r"scope\d+", name):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="rt"), attr=name) if not hasattr(runtime, name):
                found.add(f"rt.{name}")
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner != "rt" and name not in FIELDS:
                found.add(f"{owner}.{name}")
            case ast.Call(func=ast.Name(id=name)) if name == "str":
                found.add("str()")
    return found


def compiled(sources: dict[str, str]) -> dict[str, str]:
    """The mappers; empty if something was reported, which then has a place in one of the files."""
    diagnostics = Diagnostics()
    project = resolve(sources, None, diagnostics)
    for found in diagnostics.sorted():
        assert str(found).isprintable()
        assert found.message
        lines = len(LINE_BREAK.findall(sources[found.span.path])) + 1
        assert 1 <= found.span.line <= lines + 1
        assert found.span.column >= 1
    if project is None:
        assert diagnostics.has_errors()
        return {}
    files = render_project(project)
    return {
        path: text for path, text in files.items() if path.startswith("generated/mappers/") and "__init__" not in path
    }


def unfit(sources: dict[str, str]) -> dict[str, set[str]]:
    return {path: found for path, text in compiled(sources).items() if (found := strangers(text))}


def test_the_templates_write_nothing_else() -> None:
    assert unfit(REAL) == {}
    for name in PASSING:
        assert compiled(BASE | CASES[name])
        assert unfit(BASE | CASES[name]) == {}


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "eval('1')",
        "rt.system()",
        "_a.b",
        "[x for x in y]",
        "payload.x",
        "str(1)",
        "class X: pass",
        "_aB = 1",
    ],
)
def test_strange_code_is_seen(code: str) -> None:
    assert strangers(f"_a: Any = 1\n{code}\n".replace("_aB = 1", "_aB: Any = 1"))


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, str]:
    """A project with hostile text somewhere in one of its files."""
    name = draw(st.sampled_from([*PASSING, "vendorA", "square"]))
    if name in CASES:
        sources = BASE | CASES[name]
    else:
        others = [path for path in REAL if path.startswith(("mappings/", "openapi/")) and name not in path]
        sources = {path: text for path, text in REAL.items() if path not in others}
    own = [path for path in sources if path not in BASE]
    if name == "vendorA" and draw(st.booleans()):
        own = ["openapi/dvss.yaml"]
        sources |= {path: REAL[path] for path in own}
    path = draw(st.sampled_from(own)) if draw(st.integers(0, 4)) else draw(st.sampled_from(sorted(sources)))
    text = sources[path]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        words = [match.span() for match in re.finditer(r"[A-Za-z_]+|'[^']*'|\"[^\"]*\"", text)] or [(0, 0)]
        shape = draw(st.sampled_from(["insert", "replace", "cut", "repeat", "text"]))
        evil = draw(st.sampled_from(HOSTILE))
        first, last = draw(st.sampled_from(words))
        if shape == "insert":
            text = text[:start] + evil + text[start:]
        elif shape == "replace":
            text = text[:first] + evil + text[last:]
        elif shape == "cut":
            text = text[:start] + text[start + draw(st.integers(1, 40)) :]
        elif shape == "repeat":
            text = text[:start] + text[start : start + 40] * 2 + text[start + 40 :]
        else:
            text = text[:first] + draw(st.text(max_size=20)) + text[last:]
    return sources | {path: text}


@examples(300)
@given(mutants())
def test_hostile_text_anywhere_gives_diagnostics_or_plain_code(sources: dict[str, str]) -> None:
    assert unfit(sources) == {}


@examples(100)
@given(st.text(), st.sampled_from(["name", "contact", "const", "case", "key", "enum", "description", "title"]))
def test_any_text_survives_where_text_may_stand(text: str, place: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(sign):08x}" for sign in text) + '"'
    at = dict.fromkeys(("name", "contact", "const", "case", "key", "enum", "description", "title"), '"plain"') | {
        place: quoted
    }
    mapping = f"""
vendor: acme
name: {at["name"]}
contact: {at["contact"]}
priority: 1
authentication: {{scheme: api-key}}
limits: {{requests_per_second: 1, burst: 1}}
events:
  item:
    payload:
      type: object
      title: {at["title"]}
      description: {at["description"]}
      required: [{at["key"]}]
      properties:
        {at["key"]}: {{type: string, maxLength: 64, description: {at["description"]}, enum: [{at["enum"]}, x]}}
        word: {{type: string}}
    emits: ItemUpdated@1.0
    map:
      itemId: {{const: x}}
      note: {{match: word or omit, cases: {{{at["case"]}: {at["const"]}}}, else: omit}}
"""
    sources = BASE | {"mappings/acme.yaml": mapping}
    assert unfit(sources) == {}


def test_models_hold_no_code_from_text() -> None:
    evil = 'x"""\nimport os\nos.system("x")\n"""\\ \'\'\' {{ 7 }}'
    schema: dict[str, Any] = {
        "title": "Thing", "description": evil, "type": "object", "required": [evil],
        "properties": {
            evil: {"type": "string", "description": evil, "examples": [evil], "enum": [evil, "'"]},
            "class": {"type": "object", "title": evil, "properties": {"__init__": {"type": "integer"}, "": {}}},
            "p": {"type": "string", "pattern": "^[\"'\\\\]+$"},
        },
    }  # fmt: skip
    diagnostics = Diagnostics()
    project = resolve(BASE | {"schemas/thing.schema.json": json.dumps(schema)}, None, diagnostics)
    assert project, diagnostics.sorted()
    tree = ast.parse(generate_models(project.schemas, diagnostics, Memo({}))["thing.py"])
    imports = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names
    }
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert imports <= {"annotations", "Annotated", "Any", "Literal", "ContractModel", "Field", "MISSING"}
    assert calls <= {"Field"}
