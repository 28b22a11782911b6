"""The file of names that a deployment on AWS leaves behind: ``dist/outputs.<env>.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Those outputs of the Terraform components that an operator's commands need."""

    environment: str
    region: str
    api_url: str
    usage_plan_ids: Mapping[str, str]
    raw_bucket: str
    normalized_bucket: str
    ingest_records_table: str
    vendor_mappings_table: str
    quarantine_table: str
    outbox_table: str
    event_bus: str
    live_queue_url: str
    replay_queue_url: str
    parameter_prefix: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """The outputs in a file. Raises ConfigurationError that names the file and the way out."""
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            message = f"{path} cannot be read ({error.strerror}). `make deploy ENV=...` writes dist/outputs.<env>.json."
            raise ConfigurationError(message) from error
        except ValueError as error:
            raise _unlike(path, "it is no JSON") from error
        if not isinstance(document, dict):
            raise _unlike(path, "it is no JSON object")
        return cls(**{field.name: _member(path, document, field.name) for field in fields(cls)})


def _member(path: Path, document: dict[str, Any], name: str) -> Any:
    found = document.get(name)
    if name == "usage_plan_ids":
        is_right = isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    else:
        is_right = isinstance(found, str) and found != ""
    if not is_right:
        raise _unlike(path, f"its member {name} is {'wrong' if name in document else 'missing'}")
    return found


def _unlike(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"{path} is no file of outputs: {why}. `make deploy ENV=...` writes it anew.")
