"""The intermediate representation to text: mappers and registry through Jinja, data as JSON, layout by ruff."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen.diagnostics import Code
from codegen.ir.statements import ObjectFunction
from codegen.memo import key_of_text
from codegen.naming import comment_text, page_code, page_text, py_literal
from codegen.render.gateway import gateway_document
from codegen.render.json_text import to_json
from codegen.render.pages import vendor_page
from codegen.render.python import kept, lines, scopes, value_code
from codegen.render.tfvars import tfvars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.ir.project import Project, RuleTrace, VendorMapping
    from codegen.memo import Memo

RUNTIME = Path(__file__).parents[1] / "runtime"


class FormatError(Exception):
    """Generated code that the formatter refused: a fault of a template, never of a contract."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # nosec B701 # noqa: S701 - the output is Python; contract text passes through codegen.naming
    )
    environment.filters |= {"literal": py_literal, "comment": comment_text, "value": value_code}
    environment.filters |= {"text": page_text, "code": page_code}
    environment.globals |= {
        "lines": lines,
        "kept": kept,
        "scopes": scopes,
        "is_object": lambda one: isinstance(one, ObjectFunction),
    }
    return environment


def render_project(project: Project) -> dict[str, str]:
    """Every generated file but the models, by path below the project's root; Python is not formatted yet."""
    environment = _environment()
    files: dict[str, str] = {}
    for path in sorted(RUNTIME.glob("*.py")):
        files[f"generated/runtime/{path.name}"] = path.read_text(encoding="utf-8")
    for schema in project.schemas:
        files[f"generated/schemas/{schema.name}.json"] = to_json(schema.bundle)
    mapper = environment.get_template("mapper.py.jinja")
    by_name = {schema.name: schema for schema in project.schemas}
    for vendor in project.vendors:
        module = mapper.render(vendor=vendor)
        files[f"generated/mappers/{vendor.module}.py"] = module
        files[f"generated/lineage/{vendor.module}.json"] = to_json(_lineage(vendor))
        files[f"docs/contract/vendors/{vendor.vendor}.md"] = vendor_page(environment, vendor, module, by_name)
    files["generated/mappers/__init__.py"] = '"""Compiled mappers, one module for each vendor."""\n'
    files["generated/__init__.py"] = environment.get_template("package.py.jinja").render()
    files["generated/registry.py"] = environment.get_template("registry.py.jinja").render(vendors=project.vendors)
    canonical = [schema for schema in project.schemas if schema.name.startswith("canonical/")]
    files["docs/contract/events.md"] = environment.get_template("events.md.jinja").render(schemas=canonical)
    codes = sorted(Code, key=lambda code: code.number)
    files["docs/contract/diagnostics.md"] = environment.get_template("diagnostics.md.jinja").render(codes=codes)
    reference = environment.get_template("mapping-language.md.jinja")
    files["docs/contract/mapping-language.md"] = reference.render(**asdict(project.language))
    files["generated/vendors.auto.tfvars.json"] = to_json(tfvars(project.vendors))
    if project.openapi is not None:
        files["generated/openapi.json"] = to_json(project.openapi)
        files["generated/gateway.json"] = to_json(gateway_document(project.openapi))
    return files


def _lineage(vendor: VendorMapping) -> dict[str, Any]:
    """Rules and the blocks that they stand in, each as lines after the one before: one inserted rule is one entry."""
    traces: list[RuleTrace] = list(vendor.webhook.traces) if vendor.webhook else []
    versions = [version for event in vendor.events for version in event.versions]
    traces += [trace for version in versions for trace in version.traces]
    entries = [(one.path, one.line, 1, one.rule, one.last_line, _trace(one)) for one in traces]
    blocks = [at for version in versions for at in version.blocks]
    entries += [(at.path, at.line, 0, at.block, at.line, {"block": at.block}) for at in blocks]
    sources = [vendor.path, *sorted({path for path, *_ in entries} - {vendor.path})]
    return {"sources": [{"path": path, "entries": _placed(path, entries)} for path in sources]}


def _placed(path: str, entries: list[tuple[str, int, int, str, int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The entries of one file."""
    listed = []
    end = 0
    for _, line, _, _, last_line, entry in sorted((one for one in entries if one[0] == path), key=lambda one: one[:4]):
        listed.append(entry | {"linesAfterPrevious": line - end, "lines": last_line - line + 1})
        end = last_line
    return listed


def _trace(trace: RuleTrace) -> dict[str, Any]:
    return {
        "rule": trace.rule,
        "target": trace.target,
        "sources": list(trace.sources),
        "steps": list(trace.steps),
        "expression": trace.expression,
    }


def format_python(files: Mapping[str, str], memo: Memo) -> dict[str, str]:
    """The files with every Python module sorted and laid out by ruff, whatever configuration the project has."""
    python = {path: text for path, text in files.items() if path.endswith(".py") and not _is_runtime(path)}
    keys = {path: key_of_text("layout", path, text) for path, text in python.items()}
    known = {path: memo.find(key) for path, key in keys.items()}
    laid_out = _laid_out({path: text for path, text in python.items() if known[path] is None})
    for path, text in laid_out.items():
        memo.keep(keys[path], text)
    return {path: known.get(path) or laid_out.get(path, text) for path, text in files.items()}


def _is_runtime(path: str) -> bool:
    return path.startswith("generated/runtime/")


def _laid_out(files: Mapping[str, str]) -> dict[str, str]:
    if not files:
        return {}
    with TemporaryDirectory() as folder:
        for path, text in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        common = ("--isolated", "--quiet", "--no-cache", "--target-version", "py313", "--line-length", "120")
        _ruff("check", "--select", "I,F401", "--fix", *common, folder=folder)
        _ruff("format", *common, folder=folder)
        return {path: Path(folder, path).read_text(encoding="utf-8") for path in files}


def _ruff(command: str, *options: str, folder: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own files
        [sys.executable, "-m", "ruff", command, *options, "."], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        message = f"ruff refuses generated code: {done.stdout}{done.stderr}"
        raise FormatError(message)


def manifest(project: Project, files: Mapping[str, str], contracts: Mapping[str, Sequence[str]], version: str) -> str:
    """Versions and digests of everything generated, in one place so that no file changes for another's sake.

    ``contracts`` are the contract files of each vendor.
    """
    return to_json(
        {
            "compiler": version,
            "mappings": {vendor.vendor: vendor.mapping_version for vendor in project.vendors},
            "contracts": contracts,
            "files": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in sorted(files.items())},
        }
    )
