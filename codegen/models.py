"""Pydantic models of every contract, by datamodel-code-generator under one pinned set of options."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.naming import model_module
from codegen.runtime.exact_json import dump

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.ir.project import ContractSchema

OPTIONS = (
    "--input-file-type", "jsonschema",
    "--output-model-type", "pydantic_v2.BaseModel",
    "--target-python-version", "3.13",
    "--base-class", "generated.runtime.model.ContractModel",
    "--use-annotated",
    "--strict-nullable",
    "--snake-case-field",
    "--use-title-as-name",
    "--use-schema-description",
    "--use-field-description",
    "--enum-field-as-literal", "all",
    "--use-exact-imports",
    "--use-missing-sentinel",
    "--collapse-root-models",
    "--output-datetime-class", "AwareDatetime",
    "--disable-timestamp",
    "--no-allow-remote-refs",
    "--strict-refs",
    "--formatters", "builtin",
)  # fmt: skip


def generate_models(schemas: Sequence[ContractSchema], diagnostics: Diagnostics) -> Mapping[str, str]:
    """Source text by path below ``generated/models``, one module for each schema; a schema without one is reported."""
    # It takes a second to import, which `--help` and a build that fails early need not spend.
    from datamodel_code_generator.__main__ import Exit, main

    files: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        for schema in schemas:
            source = Path(folder, "schema.json")
            source.write_bytes(dump(dict(schema.bundle)))
            target = Path(folder, "model.py")
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                status = main(["--input", str(source), "--output", str(target), *OPTIONS])
            if status is not Exit.OK:
                message = f"no model can be made of '{schema.name}': {' '.join(said.getvalue().split())}"
                diagnostics.add(Code.KEYWORD, schema.span, message)
                continue
            files[f"{model_module(schema.name)}.py"] = target.read_text(encoding="utf-8")
    return files
