"""Usage plans as AWS shows them; as the emulator shows them they are changes to Terraform, or cannot be read by it.

A plan without a quota has none, where the emulator's has an empty one; and what an update sets, in texts as every patch
of API Gateway, are numbers.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1

_NUMBERS: dict[str, dict[str, Callable[[str], float]]] = {
    "throttle": {"rateLimit": float, "burstLimit": int},
    "quota": {"limit": int, "offset": int},
}


def install() -> None:
    create, update = apigateway_v1._create_usage_plan, apigateway_v1._update_usage_plan

    def create_without_empty_members(data: dict[str, Any]) -> Any:
        response = create(data)
        for plan in apigateway_v1._usage_plans.values():
            for member in _NUMBERS:
                if not plan.get(member, True):
                    del plan[member]
        return response

    def update_with_numbers(plan_id: str, data: dict[str, Any]) -> Any:
        for change in data.get("patchOperations", []):
            member, _, name = change["path"].lstrip("/").partition("/")
            number = _NUMBERS.get(member, {}).get(name)
            if number and "value" in change:
                change["value"] = number(change["value"])
        return update(plan_id, data)

    apigateway_v1._create_usage_plan = create_without_empty_members
    apigateway_v1._update_usage_plan = update_with_numbers
