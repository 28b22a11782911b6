"""Writes the Lambda functions' zip from the sources and a folder of installed packages.

The same input gives the same bytes. What goes in is listed here; the rest of the packages stays out. ``build.sh`` calls
this.
"""

from __future__ import annotations

import argparse
import importlib.util
import marshal
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_models import botocore_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
# The earliest time that a zip can name.
EPOCH = (1980, 1, 1, 0, 0, 0)
# The flags of bytecode that is not compared with its source: https://peps.python.org/pep-0552/
UNCHECKED_HASH = (1).to_bytes(4, "little")
# A function's zip and its layers, unpacked: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_UNPACKED_BYTES = 250 * 1024 * 1024

SOURCES = (
    "generated/__init__.py",
    "generated/registry.py",
    "generated/mappers/*.py",
    "generated/runtime/*.py",
    "generated/lineage/*.json",
    "generated/schemas/**/*.json",
    "handlers/**/*.py",
)
"""Globs of our own files, from the project's root. Models and contracts stay out: no function reads them."""
NOT_SOURCES = frozenset({"generated/runtime/model.py"})

PACKAGES = (
    "_cffi_backend*.so",
    "aws_lambda_powertools/*.py",
    "aws_lambda_powertools/exceptions/**/*.py",
    "aws_lambda_powertools/logging/**/*.py",
    "aws_lambda_powertools/metrics/**/*.py",
    "aws_lambda_powertools/shared/**/*.py",
    "aws_lambda_powertools/tracing/**/*.py",
    "aws_lambda_powertools/utilities/__init__.py",
    "aws_lambda_powertools/utilities/jmespath_utils/*.py",
    "aws_lambda_powertools/warnings/*.py",
    "botocore/*.py",
    "botocore/crt/*.py",
    "botocore/docs/utils.py",
    "botocore/retries/*.py",
    "botocore/vendored/**/*.py",
    "botocore/cacert.pem",
    "cryptography/**/*.py",
    "cryptography/**/*.so",
    "dateutil/**/*.py",
    "jiter/*.py",
    "jiter/*.so",
    "jmespath/**/*.py",
    "jsonschema_rs/**/*.py",
    "jsonschema_rs/*.so",
    "phonenumbers/**/*.py",
    "re2/*.py",
    "re2/*.so",
    "six.py",
    "typing_extensions.py",
    "tzdata/**/*",
    "urllib3/**/*.py",
    # By these scanners of deployed functions know what is inside.
    "*.dist-info/METADATA",
)
"""Globs of the installed packages' files."""
STAND_INS = {
    # Docstrings of clients, waiters and paginators, which nobody reads in a function: a tenth of a cold start.
    "botocore/docs/__init__.py": b"",
    "botocore/docs/docstring.py": b"""class ClientMethodDocstring:
    def __init__(self, **kwargs):
        pass


PaginatorDocstring = WaiterDocstring = ClientMethodDocstring
""",
    # It looks for the version of a package for HTTP/2 that is not there.
    "urllib3/http2/__init__.py": b"",
}
"""What stands in the place of a package's module, or of what it would import."""


def chosen(folder: Path, globs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file that a glob names. Raises ValueError for a glob that names none."""
    for glob in globs:
        paths = [path for path in folder.glob(glob) if path.is_file() and "__pycache__" not in path.parts]
        if not paths:
            message = f"no file in {folder} is like {glob}; scripts/package.py lists what the functions need"
            raise ValueError(message)
        for path in paths:
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def compiled(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The bytecode of each module. It is never compared with its source: the folder of a function cannot be written."""
    for name, source in sorted(files.items()):
        if name.endswith(".py"):
            code = compile(source, f"/var/task/{name}", "exec", dont_inherit=True)
            head = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)
            yield importlib.util.cache_from_source(name), head + marshal.dumps(code)


def write(output: Path, files: Mapping[str, bytes]) -> None:
    """A zip whose bytes depend on nothing but the files' names and bytes."""
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.with_name(f"{output.name}.part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # a zip made elsewhere than on Unix carries no modes
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, body)
    draft.replace(output)


def report(output: Path, files: Mapping[str, bytes]) -> None:
    sizes: dict[str, int] = {}
    for name, body in files.items():
        top = name.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + len(body)
    for top, size in sorted(sizes.items(), key=lambda item: -item[1])[:10]:
        print(f"{size / 1e6:8.2f} MB  {top}")
    print(f"{sum(sizes.values()) / 1e6:8.2f} MB  unpacked, {len(files)} files")
    print(f"{output.stat().st_size / 1e6:8.2f} MB  {output}")


def gathered(packages: Path) -> dict[str, bytes]:
    """Every file of the zip by its name. Raises ValueError where something is not there."""
    files = {name: body for name, body in chosen(ROOT, SOURCES) if name not in NOT_SOURCES}
    installed = dict(chosen(packages, PACKAGES))
    files |= botocore_data(packages / "botocore" / "data", files)
    files |= installed | STAND_INS
    return files | dict(compiled(files))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="the folder that the packages are installed in")
    parser.add_argument("--output", type=Path, required=True, help="the zip to write")
    options = parser.parse_args()
    try:
        files = gathered(options.packages)
    except ValueError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    if sum(map(len, files.values())) > MOST_UNPACKED_BYTES:
        print("package: unpacked it is more than the 250 MB that Lambda takes.", file=sys.stderr)
        return 1
    write(options.output, files)
    report(options.output, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
