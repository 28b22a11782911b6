"""How long the random tests look: shortly in the gate, long in `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.constants_ast import Constants

# Hypothesis also tries constants from the modules that happen to be loaded, so that the examples of one test would
# depend on which others ran before it. Nothing public turns that off.
assert "_local_constants" in vars(HypothesisProvider)
HypothesisProvider._local_constants = Constants()  # type: ignore[assignment]

FACTOR = 10 if os.environ.get("DVSS_SOAK") else 1


def examples(count: int) -> settings:
    """The same ``count`` examples on each run of the gate, ten times as many in a soak."""
    return settings(
        max_examples=FACTOR * count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
