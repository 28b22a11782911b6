"""What the steps of a running scenario share."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.subscription import Subscription
from tests.e2e.target import Target
from tests.e2e.templates import filled
from tests.e2e.vendors import Vendors


class MismatchError(Exception):
    """What was found is not what was expected; each line is a difference."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("\n".join(found))


@dataclass(frozen=True)
class Run:
    """A scenario on a target, with the values that its texts can name."""

    target: Target
    vendors: Vendors
    subscription: Subscription
    values: dict[str, Any]
    started: float = field(default_factory=time.time)

    def filled(self, value: Any, **more: Any) -> Any:
        """`value` with its placeholders replaced."""
        return filled(value, {**self.target.outputs, **self.values, **more})

    def eventually(self, look: Callable[[], list[str]], within: float | None = None) -> None:
        """Look until there is no difference. Raises MismatchError with the last ones when patience is at its end."""
        deadline = time.monotonic() + (within or self.target.patience)
        while found := look():
            if time.monotonic() > deadline:
                raise MismatchError(found)
            time.sleep(self.target.pause)

    def save(self, values: Mapping[str, Any]) -> None:
        self.values.update(values)
