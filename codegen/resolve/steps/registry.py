"""Every step of the language."""

from __future__ import annotations

from codegen.resolve.steps import codes, data, epochs, lists, money, numbers, objects, patterns, text, times

STEPS = {
    step.name: step
    for module in (text, patterns, numbers, money, times, epochs, data, codes, lists, objects)
    for step in module.STEPS
}
"""Every step by name."""
