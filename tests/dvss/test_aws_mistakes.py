"""What is wrong with the file, the credentials or the environment is said in a sentence or two, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.dvss.environment import PREFIX, deployed
from tests.dvss.program import dvss
from tests.ports.aws_faults import json_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dvss.environment import Environment


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with pytest.MonkeyPatch.context() as monkeypatch, deployed(tmp_path_factory.mktemp("aws"), monkeypatch) as made:
        assert dvss("publish", "--deployment", made.path).code == 0
        yield made


@pytest.fixture
def environment(published: Environment) -> Iterator[Environment]:
    yield published
    published.calls.faults.clear()


def sentence(*arguments: object, code: int = 1) -> str:
    """What a command says that is refused."""
    ran = dvss(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("dvss: ")
    assert ran.err.count("\n") == 1
    return ran.err


FILES = {
    "no json": "is no file of outputs: it is no JSON.",
    "[]": "is no file of outputs: it is no JSON object.",
    "{}": "is no file of outputs: its member environment is missing.",
    '"\\ud800"': "is no file of outputs: it is no JSON object.",
}


@pytest.mark.parametrize("text", FILES)
@pytest.mark.parametrize("command", [("key", "list"), ("publish",), ("events", "list"), ("quarantine", "list")])
def test_a_file_of_another_form_is_named(tmp_path: Path, text: str, command: tuple[str, ...]) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(text)
    said = sentence(*command, "--deployment", path)
    assert f"{path} {FILES[text]} `make deploy ENV=...` writes it anew." in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = sentence("events", "list", "--deployment", tmp_path / "none.json")
    assert f"{tmp_path / 'none.json'} cannot be read (No such file or directory)." in said
    assert "`make deploy ENV=...` writes dist/outputs.<env>.json" in said
    assert "cannot be read (Is a directory)" in sentence("events", "list", "--deployment", tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("raw_bucket", None, "missing"),
        ("raw_bucket", "", "wrong"),
        ("region", 7, "wrong"),
        ("usage_plan_ids", [], "wrong"),
        ("usage_plan_ids", {"rate-1-burst-1": 1}, "wrong"),
    ],
)
def test_a_member_that_is_missing_or_wrong_is_named(
    environment: Environment, tmp_path: Path, name: str, value: Any, why: str
) -> None:
    path = environment.with_outputs(tmp_path / "outputs.json", **{name: value})
    assert f"is no file of outputs: its member {name} is {why}." in sentence("key", "list", "--deployment", path)


def test_a_folder_and_a_deployment_are_not_named_together(environment: Environment, tmp_path: Path) -> None:
    both = ("--data-dir", tmp_path, "--deployment", environment.path)
    for command in (("events", "list"), ("key", "add", "vendorA"), ("mappings", "list")):
        assert "are both named. Name the one that you mean." in sentence(*command, *both)


def test_without_credentials_the_ways_to_get_some_are_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = sentence("events", "list", "--deployment", environment.path)
    assert "There are no AWS credentials here. Log in (`aws sso login`), or set AWS_PROFILE" in said
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    said = sentence("events", "list", "--deployment", environment.path)
    assert "There is no AWS profile of that name (The config profile (nobody) could not be found)." in said


ANSWERS = {
    "UnrecognizedClientException": "AWS does not know these credentials (UnrecognizedClientException). Log in",
    "ExpiredTokenException": "The AWS credentials have expired. Log in",
    "ValidationException": "AWS refused GetParameter (ValidationException): as told",
}


@pytest.mark.parametrize("code", ANSWERS)
def test_what_aws_refuses_is_said(environment: Environment, code: str) -> None:
    environment.calls.faults["ssm.GetParameter"] = json_error(code, message="as told")
    assert ANSWERS[code] in sentence("events", "list", "--deployment", environment.path)


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("dynamodb.Query", ("key", "list")),
        ("dynamodb.PutItem", ("key", "add", "vendorA")),
        ("dynamodb.Query", ("quarantine", "list")),
        ("ssm.GetParameter", ("explain", "x", "--vendor", "vendorA")),
        ("dynamodb.UpdateItem", ("publish",)),
    ],
)
def test_a_permission_that_is_missing_is_named(
    environment: Environment, operation: str, command: tuple[str, ...]
) -> None:
    action = operation.replace(".", ":")
    message = f"User: arn:aws:iam::1:user/x is not authorized to perform: {action} on resource: arn:aws:x because no"
    environment.calls.faults[operation] = json_error("AccessDeniedException", message=message)
    said = sentence(*command, "--deployment", environment.path)
    assert f"These AWS credentials may not do {action}. docs/spec/runbook.md lists" in said


def test_a_permission_that_the_gateway_misses_is_named(environment: Environment) -> None:
    message = "User: x is not authorized to perform: apigateway:POST on resource: arn:aws:apigateway:x::/apikeys"
    environment.calls.faults["api-gateway.CreateApiKey"] = json_error("AccessDeniedException", 403, message=message)
    said = sentence("key", "add", "vendorA", "--deployment", environment.path)
    assert "These AWS credentials may not do apigateway:POST." in said
    environment.calls.faults.clear()
    assert dvss("key", "add", "vendorA", "--deployment", environment.path).code == 0
    keys = [one["id"] for one in dvss("key", "list", "--deployment", environment.path, "--json").lines]
    assert environment.gateway_keys().keys() == set(keys)


def test_another_region_has_no_such_environment(environment: Environment, tmp_path: Path) -> None:
    path = environment.with_outputs(tmp_path / "outputs.json", region="us-west-2")
    said = sentence("key", "list", "--deployment", path)
    assert "Query finds nothing in us-west-2:" in said
    assert "Environment test is gone, or these credentials are of another account." in said
    assert f"There is no parameter {PREFIX}/token-key here." in sentence("publish", "--deployment", path)


def test_aws_that_is_not_reached_is_said(environment: Environment) -> None:
    def unreachable(request: Any, _: Any) -> Any:
        raise EndpointConnectionError(endpoint_url=request.url)

    environment.calls.faults["ssm.GetParameter"] = unreachable
    assert "AWS is not reached in eu-central-1" in sentence("events", "list", "--deployment", environment.path)


def test_a_vendor_that_is_not_deployed_gets_no_credential(environment: Environment, tmp_path: Path) -> None:
    path = environment.with_outputs(tmp_path / "outputs.json", usage_plan_ids={"rate-1-burst-1": "x"})
    said = sentence("key", "add", "vendorA", "--deployment", path)
    assert "vendorA has no usage plan in this deployment. Deploy the contracts of this checkout first." in said
    name = f"{PREFIX}/vendors/woocommerce/secrets"
    environment.client("ssm").delete_parameter(Name=name)
    said = sentence("key", "add", "woocommerce", "--deployment", environment.path)
    assert f"There is no parameter {name}. Deploy the contracts of this checkout first." in said
    environment.client("ssm").put_parameter(Name=name, Value='{"active":[]}', Type="SecureString")


def test_an_operators_key_is_refused(environment: Environment) -> None:
    assert "There are no operators' keys on AWS" in sentence(
        "key", "add", "--operator", "--deployment", environment.path
    )
