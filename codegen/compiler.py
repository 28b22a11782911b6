"""The pipeline: contracts in, files and diagnostics out. Touches no disk but a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.contract_files import files_of
from codegen.diagnostics import Diagnostics
from codegen.frontend.mapping import read_mapping
from codegen.frontend.openapi import read_openapi
from codegen.frontend.schema_store import SchemaStore
from codegen.frontend.secret_scan import find_secrets
from codegen.frontend.shared import SharedFiles, is_shared
from codegen.memo import Memo
from codegen.models import generate_models
from codegen.render.project import RUNTIME, format_python, manifest, render_project
from codegen.resolve.project import COMPILER_VERSION, resolve_project
from codegen.source import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.diagnostics import Diagnostic
    from codegen.ir.project import Project

_EDITOR_SCHEMA = "schemas/mapping.schema.json"
_OPENAPI = "openapi/dvss.yaml"


@dataclass(frozen=True, slots=True)
class CompileResult:
    """Files by path below the project's root, empty if a diagnostic is an error; and every diagnostic."""

    files: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    failed: bool


def compile_project(
    sources: Mapping[str, str], *, vendor: str | None = None, memo: Memo | None = None
) -> CompileResult:
    """Compile the contracts in ``sources`` (text by path below the project's root).

    With ``vendor`` only that vendor's mapping is compiled, and no models and pages are made: enough to run it.
    ``memo`` spares what it knows; without one everything is made anew.
    """
    memo = memo or Memo({})
    diagnostics = Diagnostics()
    project = resolve(sources, vendor, diagnostics)
    files: dict[str, str] = {}
    if project is not None:
        files = render_project(project)
        if vendor is None:
            models = generate_models(project.schemas, diagnostics, memo)
            files |= {f"generated/models/{path}": text for path, text in models.items()}
        else:
            files = {path: text for path, text in files.items() if not path.startswith("docs/")}
    if project is None or diagnostics.has_errors():
        return CompileResult({}, tuple(diagnostics.sorted()), failed=True)
    files = format_python(files, memo)
    contracts = {vendor.vendor: files_of(vendor, sources) for vendor in project.vendors}
    files |= {f"generated/contracts/{path}": sources[path] for paths in contracts.values() for path in paths}
    files["generated/manifest.json"] = manifest(project, files, contracts, COMPILER_VERSION)
    return CompileResult(files, tuple(diagnostics.sorted()), failed=False)


def resolve(sources: Mapping[str, str], vendor: str | None, diagnostics: Diagnostics) -> Project | None:
    """The intermediate representation; None if anything is wrong with the contracts."""
    contracts = {path: text for path, text in sources.items() if path != _EDITOR_SCHEMA}
    for path, text in sorted(contracts.items()):
        find_secrets(path, text, diagnostics)
    store = SchemaStore(contracts, diagnostics)
    shared = SharedFiles(contracts, diagnostics)
    mappings = []
    for path, text in sorted(contracts.items()):
        is_mapping = path.startswith("mappings/") and not is_shared(path)
        if is_mapping and (vendor is None or path == f"mappings/{vendor}.yaml"):
            node = load_yaml(path, text, diagnostics)
            document = read_mapping(path, node, shared, diagnostics) if node else None
            if node and document:
                mappings.append((document, node))
    openapi = None
    if _OPENAPI in contracts and vendor is None:
        openapi = read_openapi(_OPENAPI, contracts[_OPENAPI], store, diagnostics)
    runtime = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RUNTIME.glob("*.py"))}
    project = resolve_project(mappings, store, openapi, runtime, diagnostics)
    return None if diagnostics.has_errors() else project
