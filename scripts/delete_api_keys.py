"""Deletes the API keys of an environment's usage plans, which `dvss key` made and Terraform does not know.

Takes the region as its argument, and reads what `tf.sh ENV output` of 03-application prints.
"""

from __future__ import annotations

import contextlib
import json
import sys

import botocore.session


def main() -> None:
    """Delete every key of every plan, and say how many there were."""
    outputs = json.load(sys.stdin)
    client = botocore.session.get_session().create_client("apigateway", region_name=sys.argv[1])
    keys = {
        key["id"]
        for plan in outputs["usage_plan_ids"]["value"].values()
        for page in client.get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan)
        for key in page.get("items", ())
    }
    for key in sorted(keys):
        # A key that was ended meanwhile, or by a run of this that did not come to its end, is gone already.
        with contextlib.suppress(client.exceptions.NotFoundException):
            client.delete_api_key(apiKey=key)
    print(f"destroy: {len(keys)} API keys deleted", file=sys.stderr)


if __name__ == "__main__":
    main()
