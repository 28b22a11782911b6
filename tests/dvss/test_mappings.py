"""`dvss mappings`: what a server publishes at its start is what the compiler compares with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codegen.cli import main as codegen
from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.source import read_sources
from generated.registry import REGISTRY
from tests.dvss.program import dvss

if TYPE_CHECKING:
    import pytest

    from tests.dvss.program import Server

ROOT = Path(__file__).parents[2]


def test_a_server_publishes_what_it_runs(server: Server) -> None:
    listed = dvss("mappings", "list", "--data-dir", server.data_dir, "--json").lines
    profiles = [REGISTRY.vendor(vendor_id) for vendor_id in REGISTRY.vendor_ids()]
    versions = {profile.vendor_id: profile.mapping_version for profile in profiles if profile}
    assert {one["vendorId"]: one["mappingVersion"] for one in listed} == versions
    assert all(one["deployed"] for one in listed)
    table = dvss("mappings", "list", "--data-dir", server.data_dir).out
    assert versions["vendorA"] in table
    assert "deployed" in table


def test_the_exported_contracts_compile_to_the_versions_that_are_deployed(server: Server, tmp_path: Path) -> None:
    ran = dvss("mappings", "export", tmp_path / "deployed", "--data-dir", server.data_dir)
    assert ran.code == 0
    assert f"of {len(REGISTRY.vendor_ids())} deployed mappings" in ran.err
    project = resolve(read_sources(tmp_path / "deployed"), None, Diagnostics())
    assert project is not None
    listed = dvss("mappings", "list", "--data-dir", server.data_dir, "--json").lines
    assert {vendor.vendor: vendor.mapping_version for vendor in project.vendors} == {
        one["vendorId"]: one["mappingVersion"] for one in listed
    }


def test_the_contracts_of_now_are_compared_with_those_deployed(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dvss("mappings", "export", tmp_path / "deployed", "--data-dir", server.data_dir)
    mapping = tmp_path / "deployed" / "mappings" / "vendorA.yaml"
    assert codegen(["--root", str(ROOT), "compare", "--base-folder", str(tmp_path / "deployed")]) == 0
    capsys.readouterr()
    text = mapping.read_text(encoding="utf-8")
    assert "burst: 4000" in text
    mapping.write_text(text.replace("burst: 4000", "burst: 5000"), encoding="utf-8")
    assert codegen(["--root", str(ROOT), "compare", "--base-folder", str(tmp_path / "deployed")]) == 1
    assert "breaking[EV305]: limit burst was 5000 and is 4000\n    for vendor vendorA\n" in capsys.readouterr().out


def test_before_anything_is_published_the_export_is_empty(tmp_path: Path) -> None:
    data = tmp_path / "data"
    dvss("key", "add", "vendorA", "--data-dir", data)
    assert dvss("mappings", "list", "--data-dir", data, "--json").out == ""
    ran = dvss("mappings", "export", tmp_path / "deployed", "--data-dir", data)
    assert (ran.code, (tmp_path / "deployed").exists()) == (0, False)


def test_an_export_goes_into_an_empty_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ran = dvss("mappings", "export", tmp_path, "--data-dir", tmp_path / "data")
    assert ran.code == 2
    assert "is no empty folder" in ran.err
