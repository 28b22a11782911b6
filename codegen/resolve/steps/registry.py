"""Every step of the language."""

from __future__ import annotations

from codegen.resolve.steps import lists, numbers, text, times

STEPS = {step.name: step for step in (*text.STEPS, *numbers.STEPS, *times.STEPS, *lists.STEPS)}
"""Every step by name."""
