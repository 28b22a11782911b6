"""The contract compiler: OpenAPI, JSON Schema and vendor mappings to models, mappers and documents."""

from codegen.compiler import CompileResult, compile_project
from codegen.diagnostics import Diagnostic

__all__ = ["CompileResult", "Diagnostic", "compile_project"]
