"""The base class of the generated Pydantic models."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ContractModel(BaseModel):
    """Strict and immutable. Build one from bytes with ``model_validate_json``: only JSON tells 1 from "1" and true."""

    model_config = ConfigDict(
        strict=True, frozen=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )
