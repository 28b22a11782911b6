"""The functions as Lambda runs them: size of the zip, cold start, processor time and AWS calls of an event.

``python -m tests.bench.bench_lambda [runs]``. Each cold start is a fresh process under AWS's own runtime client, from
its start to its first answer, on an unpacked zip that cannot be written; AWS is moto on loopback. A naive function that
does the same work runs in between, so that both meet the same machine: trust the ratios. Lambda gives 512 MB about
0.29 of a processor, after a start with a whole one.
"""

from __future__ import annotations

import compileall
import re
import shutil
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from py_compile import PycInvalidationMode
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.make_events import events
from tests.lambdas.aws_server import aws_server, proxy_event
from tests.lambdas.package import ROOT, build, install, unpack
from tests.lambdas.runtime import make_runtime_root, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lambdas.aws_server import AwsServer
    from tests.lambdas.runtime import Function

NAIVE_PACKAGES = (
    *("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"),
    *("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"),
)
RUNS = 9
WARM_EVENTS = 200
# Generous: a busy machine must not fail the measurement, a handler that imports boto3 must.
MOST_OF_NAIVE = 0.8
MOST_ZIP_BYTES = 25_000_000


@dataclass
class Variant:
    """One function that is measured."""

    name: str
    task_root: Path
    handler: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def bodies(prefix: str) -> Iterator[dict[str, Any]]:
    """Distinct events of vendorA."""
    return (proxy_event(text.encode()) for text in events(1_000_000, prefix))


def naive_root(folder: Path, *, bytecode: bool) -> Path:
    """The naive function's package, as pip would make it; ``bytecode`` as where somebody thought of it."""
    blocks = re.findall(r"^(\S+)==.*\n(?: .*\n)+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    assert set(NAIVE_PACKAGES) <= set(blocks)
    lines = (ROOT / "requirements" / "dev.txt").read_text()
    chosen = [re.search(rf"^{name}==.*\n(?: .*\n)+", lines, re.MULTILINE) for name in NAIVE_PACKAGES]
    requirements = folder.with_suffix(".txt")
    requirements.write_text("".join(found.group() for found in chosen if found))
    install(requirements, folder)
    for name in ("naive_handler", "bare_handler"):
        shutil.copy(ROOT / "tests" / "bench" / f"{name}.py", folder)
    if bytecode:
        compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return folder


def zip_size(folder: Path) -> int:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                opened.write(path, path.relative_to(folder))
    return archive.stat().st_size


def cold(variant: Variant, runtime_root: Path, aws: AwsServer, event: dict[str, Any]) -> None:
    with running(variant.task_root, runtime_root, variant.handler, aws.environment) as function:
        answer = function.invoke(event)
        variant.wall.append((time.perf_counter() - function.started_at) * 1000)
        variant.cpu.append(function.cpu_seconds() * 1000)
        assert answer.get("statusCode") == 202 or answer == {"batchItemFailures": []}, (answer, function.output())


def warm(function: Function, stream: Iterator[dict[str, Any]]) -> float:
    """Milliseconds of processor time that each accept takes once the process is warm."""
    for _ in range(20):
        function.invoke(next(stream))
    before = function.cpu_seconds()
    for _ in range(WARM_EVENTS):
        assert function.invoke(next(stream))["statusCode"] == 202
    return (function.cpu_seconds() - before) * 1000 / WARM_EVENTS


def calls_of(aws: AwsServer, function: Function, event: dict[str, Any]) -> str:
    aws.calls.clear()
    function.invoke(event)
    return f"{len(aws.calls)}  {' '.join(aws.calls)}"


def report_starts(variants: list[Variant]) -> None:
    ours, naive = variants[0], variants[1]
    print(f"\n{'cold start to first answer, ms':<42}{'wall':>8}{'cpu':>8}{'cpu / naive':>13}")
    for variant in variants:
        ratio = median(a / b for a, b in zip(variant.cpu, naive.cpu, strict=True))
        print(f"  {variant.name:<40}{median(variant.wall):8.0f}{median(variant.cpu):8.0f}{ratio:13.2f}")
    assert median(ours.cpu) < MOST_OF_NAIVE * median(naive.cpu)


def measure(folder: Path, aws: AwsServer, runs: int) -> None:
    archive = build(folder / "lambda.zip")
    root = unpack(archive, folder / "task")
    naive = naive_root(folder / "naive", bytecode=True)
    plain = naive_root(folder / "plain", bytecode=False)
    runtime_root = make_runtime_root(folder / "runtime")
    print(f"{'size, MB':<42}{'zip':>8}{'unpacked':>11}")
    for name, size, unpacked in (
        ("dvss", archive.stat().st_size, root),
        ("naive", zip_size(naive), naive),
    ):
        whole = sum(path.stat().st_size for path in unpacked.rglob("*") if path.is_file())
        print(f"  {name:<40}{size / 1e6:8.1f}{whole / 1e6:11.1f}")
    assert archive.stat().st_size < MOST_ZIP_BYTES
    variants = [
        Variant("dvss ingest", root, "handlers.functions.ingest.handler"),
        Variant("naive boto3 ingest, with bytecode", naive, "naive_handler.handler"),
        Variant("naive boto3 ingest, as pip leaves it", plain, "naive_handler.handler"),
        Variant("botocore and three clients, no work", naive, "bare_handler.handler"),
        Variant("dvss normalize", root, "handlers.functions.normalize.handler"),
    ]
    stream = bodies("cold")
    for _ in range(runs):
        for variant in variants:
            event = aws.sqs_event() if "normalize" in variant.name else next(stream)
            cold(variant, runtime_root, aws, event)
    report_starts(variants)
    print(f"\n{'processor time of a warm accept, ms':<42}")
    for variant in variants[:2]:
        with running(variant.task_root, runtime_root, variant.handler, aws.environment) as function:
            print(f"  {variant.name:<40}{warm(function, stream):8.2f}")
    report_calls(aws, runtime_root, variants, stream)


def report_calls(aws: AwsServer, runtime_root: Path, variants: list[Variant], stream: Iterator[dict[str, Any]]) -> None:
    print("\nAWS calls of an event")
    ours, normalize = variants[0], variants[-1]
    with running(ours.task_root, runtime_root, ours.handler, aws.environment) as function:
        function.invoke(next(stream))
        event = next(stream)
        aws.sqs_event()
        print(f"  accept     {calls_of(aws, function, event)}")
        print(f"  duplicate  {calls_of(aws, function, event)}")
    with running(normalize.task_root, runtime_root, normalize.handler, aws.environment) as function:
        function.invoke({"Records": []})
        print(f"  normalize  {calls_of(aws, function, aws.sqs_event())}")


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as folder, aws_server() as aws:
        measure(Path(folder), aws, runs)


if __name__ == "__main__":
    main()
