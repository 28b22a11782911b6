"""The credentials of an environment on AWS, as operators change them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import generated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvss.aws.api_keys import AwsApiKeys
    from dvss.aws.outputs import Outputs
    from dvss.aws.webhook_secrets import AwsWebhookSecrets


@dataclass(frozen=True, slots=True)
class AwsCredentialsAdministration:
    keys: AwsApiKeys
    secrets: AwsWebhookSecrets


def usage_plan_ids(outputs: Outputs) -> Mapping[str, str]:
    """The id of each vendor's usage plan, by the names that the compiler gave to Terraform."""
    variables = Path(generated.__file__).with_name("vendors.auto.tfvars.json")
    vendors = json.loads(variables.read_bytes())["vendors"]
    plans = {vendor_id: vendor["usage_plan"] for vendor_id, vendor in vendors.items()}
    return {one: outputs.usage_plan_ids[plan] for one, plan in plans.items() if plan in outputs.usage_plan_ids}
