import pytest

CONTRACTS = (
    "completion",
    "credential_store",
    "event_bus",
    "event_queries",
    "ingest_index",
    "normalized_store",
    "outbox",
    "quarantine_store",
    "raw_store",
    "system",
)
# Their assertions are to explain themselves as those of test modules do.
pytest.register_assert_rewrite(*(f"{__name__}.contract_{name}" for name in CONTRACTS))
