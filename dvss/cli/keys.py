"""``dvss key``: API keys, and the secrets that vendors sign webhooks with."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Outputs
from dvss.credentials import API_KEY_SCHEME, is_secret_id
from handlers.values import Role

if TYPE_CHECKING:
    from datetime import datetime

    from dvss.credentials import IssuedKey, IssuedSecret
    from dvss.deployment import Deployment

app = typer.Typer(no_args_is_help=True, help="Add, list, rotate and revoke API keys and webhook secrets.")

SecretStdin = Annotated[
    bool, typer.Option("--secret-stdin", help="Read the vendor's own webhook secret from standard input.")
]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="Read it from a file that nobody else may read.")
]


@app.command()
def add(
    vendor: Annotated[str | None, typer.Argument(help="The vendor that the key is for.")] = None,
    *,
    operator: Annotated[bool, typer.Option("--operator", help="A key to read the feed and the metrics with.")] = False,
    secret_stdin: SecretStdin = False,
    secret_file: SecretFile = None,
    api_key: Annotated[
        bool,
        typer.Option("--api-key", help="An API key, also for a vendor that signs webhooks (to ask for its events)."),
    ] = False,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Add a credential and print it, once.

    A vendor of the envelope API gets an API key; a vendor that signs its webhooks gets a webhook secret: generated, to
    be entered at the vendor, or with --secret-stdin the one that the vendor shows. Only a credential that is made here
    goes to standard output, so that a script can keep it: KEY=$(dvss key add vendorA).
    """
    if operator == (vendor is not None):
        terminal.fail("Name a vendor, or give --operator, and not both.", terminal.Exit.USAGE)
    from dvss.bootstrap import opened_or_made

    with opened_or_made(data_dir, outputs) as deployment:
        credentials = deployment.credentials
        if vendor is None:
            _show_key(credentials.keys.add(Role.OPERATOR), "an operator", as_json=as_json)
        elif api_key or _scheme(deployment, vendor) == API_KEY_SCHEME:
            if secret_stdin or secret_file is not None:
                option = "--secret-stdin" if secret_stdin else "--secret-file"
                terminal.fail(f"An API key for {vendor} is made here, not given: leave {option} out.")
            _show_key(credentials.keys.add(Role.VENDOR, vendor), vendor, as_json=as_json)
        else:
            given = _read_secret(secret_file, from_stdin=secret_stdin)
            secret = _checked_secret(_scheme(deployment, vendor), vendor, given)
            _show_secret(credentials.secrets.add(vendor, secret), vendor, is_given=given is not None, as_json=as_json)


def _scheme(deployment: Deployment, vendor: str) -> str:
    profile = deployment.registry.vendor(vendor)
    if profile is None:
        known = ", ".join(deployment.registry.vendor_ids())
        terminal.fail(f"There is no mapping for vendor {vendor}. Vendors with one: {known}.")
    return profile.scheme


def _read_secret(path: Path | None, *, from_stdin: bool) -> str | None:
    """The secret that was given; None where none was."""
    from dvss.permissions import check_private

    if from_stdin and path is not None:
        terminal.fail("Give --secret-stdin or --secret-file, not both.", terminal.Exit.USAGE)
    if path is not None:
        try:
            with path.open(encoding="utf-8") as file:
                check_private(path, os.fstat(file.fileno()), "the secret")
                return file.read().rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            terminal.fail(f"The secret in {path} cannot be read: {reason}.")
    return sys.stdin.read().rstrip("\r\n") if from_stdin else None


def _checked_secret(scheme: str, vendor: str, secret: str | None) -> str | None:
    """The secret, if it has the form of its scheme; None where one is to be made."""
    from handlers.core.signatures.schemes import SCHEMES

    rules = SCHEMES.get(scheme)
    if rules is None:
        terminal.fail(f"{vendor} signs no webhooks any more: revoke its secret.")
    if secret is None and not rules.is_ours_to_make:
        terminal.fail(f"{vendor} makes its secret itself: give it with --secret-stdin ({rules.form}).")
    if secret is not None and not rules.is_secret(secret):
        terminal.fail(f"What was given is no secret of scheme {scheme}: {rules.form}.")
    return secret


def _show_key(issued: IssuedKey, owner: str, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json({"keyId": issued.key_id, "key": issued.key})
        return
    sys.stderr.write(f"API key {issued.key_id} of {owner}. It is shown this once; send it in the header x-api-key.\n")
    sys.stdout.write(f"{issued.key}\n")


def _show_secret(issued: IssuedSecret, vendor: str, *, is_given: bool, as_json: bool) -> None:
    """Who gave the secret has it: it is said again to nobody."""
    if as_json:
        terminal.print_json({"secretId": issued.secret_id, **({} if is_given else {"secret": issued.secret})})
        return
    if is_given:
        sys.stderr.write(f"Webhook secret {issued.secret_id} of {vendor} is in force.\n")
        return
    sys.stderr.write(f"Webhook secret {issued.secret_id} of {vendor}. Enter it where {vendor} signs its webhooks.\n")
    sys.stdout.write(f"{issued.secret}\n")


@app.command("list")
def list_(*, data_dir: DataDir = None, outputs: Outputs = None, as_json: AsJson = False) -> None:
    """List every credential that ever was, never the credential itself."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        now = deployment.clock.now()
        credentials = deployment.credentials
        rows = [
            (key.key_id, "API key", key.vendor_id or key.role, key.created_at, key.ends_at)
            for key in credentials.keys.entries()
        ]
        rows += [
            (secret.secret_id, "webhook secret", secret.vendor_id, secret.created_at, secret.ends_at)
            for secret in credentials.secrets.entries()
        ]
    listed = [(*row, _state(row[4], now)) for row in sorted(rows, key=lambda row: row[3])]
    if as_json:
        for id_, kind, owner, created, ends, state in listed:
            terminal.print_json(
                {"id": id_, "kind": kind, "owner": owner, "createdAt": created, "endsAt": ends, "state": state}
            )
        return
    terminal.print_table("", ("id", "kind", "of", "created", "ends", "state"), listed)


def _state(ends_at: datetime | None, now: datetime) -> str:
    if ends_at is None:
        return "in force"
    return "ending" if ends_at > now else "ended"


@app.command()
def rotate(
    credential: Annotated[str, typer.Argument(help="Id of the key or secret, as `dvss key list` shows it.")],
    *,
    grace_hours: Annotated[float, typer.Option(min=0, help="How long the old one stays in force.")] = 24.0,
    secret_stdin: SecretStdin = False,
    secret_file: SecretFile = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Replace a credential; the old one stays in force for a while."""
    from dvss.bootstrap import opened_either

    grace = timedelta(hours=grace_hours)
    with opened_either(data_dir, outputs) as deployment:
        credentials = deployment.credentials
        owner = _secret_owner(deployment, credential)
        if owner is None:
            _show_key(credentials.keys.rotate(credential, grace), "the same owner", as_json=as_json)
        else:
            given = _read_secret(secret_file, from_stdin=secret_stdin)
            secret = _checked_secret(_scheme(deployment, owner), owner, given)
            issued = credentials.secrets.rotate(owner, grace, secret)
            _show_secret(issued, owner, is_given=given is not None, as_json=as_json)


def _secret_owner(deployment: Deployment, credential: str) -> str | None:
    """Whose webhook secret it is; None where it is none."""
    if not is_secret_id(credential):
        return None
    entries = deployment.credentials.secrets.entries()
    return next((entry.vendor_id for entry in entries if entry.secret_id == credential), None)


@app.command()
def revoke(
    credential: Annotated[str, typer.Argument(help="Id of the key or secret, as `dvss key list` shows it.")],
    *,
    data_dir: DataDir = None,
    outputs: Outputs = None,
) -> None:
    """End a credential now."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        credentials = deployment.credentials
        if _secret_owner(deployment, credential) is None:
            credentials.keys.revoke(credential)
        else:
            credentials.secrets.revoke(credential)
    sys.stderr.write(f"{credential} is ended.\n")
