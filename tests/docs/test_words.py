"""The identifiers, commands and targets that the pages name exist."""

from __future__ import annotations

import re
import shlex
from functools import cache

import botocore.session
import pytest
import typer
from botocore import xform_name
from typer.core import TyperGroup, TyperOption

from dvss.cli.app import app
from tests.docs.markdown import ROOT, Page, page, pages, rows

CODE = ("codegen/**/*.py", "generated/**/*.py", "handlers/**/*.py", "dvss/**/*.py")


@cache
def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for form in CODE for path in ROOT.glob(form))


@cache
def words() -> frozenset[str]:
    """Every identifier in the code."""
    return frozenset(re.findall(r"\w+", code()))


def test_the_identifiers_of_the_glossary_exist() -> None:
    table = [row for row in rows(page("docs/spec/glossary.md").text) if len(row) == 3]
    named = [name for _, _, cell in table for name in re.findall(r"`(\w+)`", cell)]
    assert len(named) > 60
    assert [name for name in named if name not in words()] == []


def test_no_word_of_the_glossary_is_explained_twice() -> None:
    explained = [row[0] for row in rows(page("docs/spec/glossary.md").text)]
    assert sorted(explained) == sorted(set(explained))


def test_the_metrics_of_the_run_book_exist() -> None:
    known = {name.replace(".", "_") for name in re.findall(r'"(dvss\.[a-z_]+\.[a-z_]+)"', code())}
    named = set(re.findall(r"`(dvss_\w+)`", page("docs/spec/runbook.md").text))
    assert len(named) > 5
    assert {name.removesuffix("_total") for name in named} <= known


def mistakes(line: str) -> list[str]:
    """What is wrong with a command line, as far as the program's own command tree can tell."""
    arguments = shlex.split(line.split(" | ", maxsplit=1)[0].split(" > ", maxsplit=1)[0], comments=True)
    command = typer.main.get_command(app)
    wrong = []
    for argument in arguments[1:]:
        if isinstance(command, TyperGroup) and not argument.startswith("-"):
            if argument not in command.commands:
                return [f"{line}: no command {argument}"]
            command = command.commands[argument]
        elif argument.startswith("--"):
            name = argument.split("=")[0]
            options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
            known = {name for option in options for name in (*option.opts, *option.secondary_opts)}
            if name not in known | {"--help"}:
                wrong.append(f"{line}: no option {name}")
    return wrong


COMMAND = re.compile(r"`(dvss [^`]+)`")


@pytest.mark.parametrize("source", pages(), ids=lambda page: page.name)
def test_every_dvss_command_on_a_page_exists(source: Page) -> None:
    lines = [line for line in source.commands() if line.startswith("dvss ")]
    lines += COMMAND.findall(source.prose)
    assert [mistake for line in lines for mistake in mistakes(line)] == []


def test_the_command_check_sees_what_is_wrong() -> None:
    assert mistakes("dvss sned file.json") == ["dvss sned file.json: no command sned"]
    assert mistakes("dvss send file.json --key k --loud") == ["dvss send file.json --key k --loud: no option --loud"]
    assert mistakes("dvss send file.json --key=k --batch 10") == []


AWS_OPTIONS = {"query", "output", "region", "profile"}
"""What each command of AWS takes besides its own."""


def aws_mistakes(line: str) -> list[str]:
    """What is wrong with a command of AWS, as far as its description of the service can tell."""
    arguments = shlex.split(line, comments=True)
    service, name, options = arguments[1], arguments[2], [one[2:] for one in arguments if one.startswith("--")]
    model = botocore.session.get_session().get_service_model(service.removesuffix("api"))
    operations = {xform_name(one, "-"): one for one in model.operation_names}
    if name not in operations:
        return [f"{line}: no command {name}"]
    given = model.operation_model(operations[name]).input_shape
    known = {xform_name(one, "-") for one in given.members} | AWS_OPTIONS if given else AWS_OPTIONS
    return [f"{line}: no option --{one}" for one in options if one.removeprefix("no-") not in known]


def test_every_aws_command_on_a_page_exists() -> None:
    lines = [line for source in pages() for line in source.commands()]
    found = [match[1] or match[2] for line in lines if (match := re.search(r"^(aws .+)|\$\((aws [^)]+)\)", line))]
    assert len(found) > 10
    assert [mistake for line in found for mistake in aws_mistakes(line)] == []


def test_the_aws_command_check_sees_what_is_wrong() -> None:
    assert aws_mistakes("aws sqs redrive --queue-url q") == ["aws sqs redrive --queue-url q: no command redrive"]
    assert aws_mistakes("aws sqs purge-queue --url q") == ["aws sqs purge-queue --url q: no option --url"]
    assert aws_mistakes("aws s3api get-object --bucket b --key k file") == []


@pytest.mark.parametrize("source", pages(), ids=lambda page: page.name)
def test_every_make_target_on_a_page_exists(source: Page) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"`make ([a-z0-9-]+)", source.prose)
    named += [line.split()[1] for line in source.commands() if line.startswith("make ")]
    assert set(named) <= targets
