"""``dvss publish``: what a deployment on AWS needs from this checkout once Terraform has applied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson


def publish(
    *,
    outputs: Annotated[
        Path,
        typer.Option("--deployment", envvar="DVSS_DEPLOYMENT", help="The file of outputs that `make deploy` wrote."),
    ],
    as_json: AsJson = False,
) -> None:
    """Publish the mapping versions of this checkout to an environment on AWS, and finish what key commands left.

    Sets the key for tokens where there is none yet. Run again it changes nothing. `dvss serve` does the same for the
    data folder of one machine at its start.
    """
    from dvss.bootstrap import opened_on_aws
    from handlers.core.catalogue import publish as publish_mappings

    with opened_on_aws(outputs) as deployment:
        is_new_key = deployment.set_token_key()
        catalogue = deployment.application.mappings
        known = {(one.vendor_id, one.mapping_version) for one in catalogue.published()}
        publish_mappings(deployment.application)
        rows = [
            (one.vendor_id, one.mapping_version, (one.vendor_id, one.mapping_version) not in known)
            for one in catalogue.deployed()
        ]
        deployment.credentials.keys.mend()
    if as_json:
        for vendor_id, version, is_new in rows:
            terminal.print_json({"vendorId": vendor_id, "mappingVersion": version, "new": is_new})
        return
    listed = [(*row[:2], "published now" if row[2] else "as before") for row in rows]
    terminal.print_table("", ("vendor", "mapping version", "state"), listed)
    terminal.console().print(f"The key for tokens {'is set' if is_new_key else 'stays as it is'}.")
