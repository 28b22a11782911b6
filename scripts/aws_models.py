"""botocore's descriptions of AWS, cut to what ``handlers/aws`` calls.

Reading them whole would be a good part of a cold start.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Of botocore's data: what is no service's.
SHARED_DATA = ("_retry.json", "partitions.json", "sdk-default-configuration.json")


def words(sources: Mapping[str, bytes]) -> set[str]:
    """Every attribute and every string of the code that calls AWS."""
    found: set[str] = set()
    for name, source in sources.items():
        if name.startswith("handlers/aws/"):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def read_data(path: Path) -> Any:
    """A file of botocore's data, packed or not."""
    packed = path.with_name(f"{path.name}.gz")
    return json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())


def method(operation: str) -> str:
    """``PutObject`` as clients call it: ``put_object``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()


def trimmed(model: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """A service's model with the operations that are called, and the shapes that these refer to."""
    operations = {name: one for name, one in model["operations"].items() if method(name) in used}
    shapes: dict[str, Any] = {}
    left = list(shape_names(operations))
    # Errors that no operation lists are named by their shape alone.
    left += [name for name, shape in model["shapes"].items() if shape.get("exception")]
    while left:
        name = left.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            left += shape_names(shapes[name])
    used_parts = {"operations": operations, "shapes": dict(sorted(shapes.items()))}
    return {name: one for name, one in model.items() if name != "documentation"} | without_prose(used_parts)


def shape_names(node: Any) -> Iterator[str]:
    """The shapes that a part of a model refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        node = node.values()
    if not isinstance(node, str) and hasattr(node, "__iter__"):
        for one in node:
            yield from shape_names(one)


def without_prose(node: Any) -> Any:
    """Operations or shapes without their documentation. A member that is called so is an object, and stays."""
    if isinstance(node, dict):
        return {key: without_prose(one) for key, one in node.items() if key != "documentation" or isinstance(one, dict)}
    return [without_prose(one) for one in node] if isinstance(node, list) else node


def service_data(data: Path, used: set[str]) -> Iterator[tuple[str, Any]]:
    """The data of each service that the code names: its model, endpoints and paginators."""
    for service in sorted(path.name for path in data.iterdir() if path.is_dir() and path.name in used):
        version = max(path.name for path in (data / service).iterdir())
        folder = data / service / version
        yield f"{service}/{version}/service-2.json", trimmed(read_data(folder / "service-2.json"), used)
        extras = folder / "service-2.sdk-extras.json"
        if extras.exists():
            yield f"{service}/{version}/service-2.sdk-extras.json", read_data(extras)
        yield f"{service}/{version}/endpoint-rule-set-1.json", read_data(folder / "endpoint-rule-set-1.json")
        pages = read_data(folder / "paginators-1.json")["pagination"]
        kept = {name: one for name, one in pages.items() if method(name) in used}
        yield f"{service}/{version}/paginators-1.json", {"pagination": kept}


def endpoints(data: Path, services: set[str]) -> Any:
    """The partitions' endpoints of these services."""
    document = read_data(data / "endpoints.json")
    for partition in document["partitions"]:
        partition["services"] = {name: one for name, one in partition["services"].items() if name in services}
    return document


def botocore_data(data: Path, sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of botocore's data that the sources need, by their names in the package."""
    used = words(sources)
    documents: dict[str, Any] = dict(service_data(data, used))
    services = {name.partition("/")[0] for name in documents} | {"monitoring"}
    documents |= {name: read_data(data / name) for name in SHARED_DATA}
    documents["endpoints.json"] = endpoints(data, services)
    return {
        f"botocore/data/{name}": json.dumps(document, separators=(",", ":")).encode()
        for name, document in documents.items()
    }
