"""Pydantic models of every contract, by datamodel-code-generator under one pinned set of options."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.memo import key_of_text
from codegen.naming import model_module
from codegen.runtime.json_forms import dump

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.ir.project import ContractSchema
    from codegen.memo import Memo

OPTIONS = (
    "--ignore-pyproject",
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


def generate_models(schemas: Sequence[ContractSchema], diagnostics: Diagnostics, memo: Memo) -> Mapping[str, str]:
    """Source text by path below ``generated/models``, one module for each schema; a schema without one is reported."""
    files: dict[str, str] = {}
    for schema in schemas:
        bundle = dump(dict(schema.bundle)).decode()
        key = key_of_text("model", bundle)
        text = memo.find(key)
        if text is None:
            text, said = _generated(bundle)
            if text is None:
                diagnostics.add(Code.KEYWORD, schema.span, f"no model can be made of '{schema.name}': {said}")
                continue
            memo.keep(key, text)
        files[f"{model_module(schema.name)}.py"] = text
    return files


def _generated(bundle: str) -> tuple[str | None, str]:
    """The module's text, or None and the reason."""
    # It takes a second to import, which `--help` and a build that makes no model need not spend.
    from datamodel_code_generator.__main__ import Exit, main

    with TemporaryDirectory() as folder:
        source, target = Path(folder, "schema.json"), Path(folder, "model.py")
        source.write_text(bundle, encoding="utf-8")
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = main(["--input", str(source), "--output", str(target), *OPTIONS])
        if status is not Exit.OK:
            return None, " ".join(said.getvalue().split())
        return target.read_text(encoding="utf-8"), ""
