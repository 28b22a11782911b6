"""The tables of the one SQLite file. Times are integers: microseconds since 1970, UTC."""

from __future__ import annotations

VERSION = 2
"""Raised with every change of a statement below."""

STATEMENTS = (
    """
    CREATE TABLE ingest_record (
        vendor_id TEXT NOT NULL,
        external_event_id TEXT NOT NULL,
        ingest_id TEXT NOT NULL,
        event_type TEXT NOT NULL,
        source TEXT NOT NULL,
        topic TEXT,
        occurred_at TEXT,
        received_at INTEGER NOT NULL,
        raw_bucket TEXT NOT NULL,
        raw_key TEXT NOT NULL,
        raw_sha256 TEXT NOT NULL,
        raw_offset INTEGER,
        raw_length INTEGER,
        payload_digest TEXT NOT NULL,
        digest_rule TEXT NOT NULL,
        lane TEXT NOT NULL,
        status TEXT NOT NULL,
        dispatch_at INTEGER,
        parked INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        schema_version TEXT,
        mapping_version TEXT,
        normalized TEXT NOT NULL,
        UNIQUE (vendor_id, external_event_id)
    )
    """,
    "CREATE INDEX ingest_record_by_id ON ingest_record (ingest_id)",
    "CREATE INDEX ingest_record_by_vendor ON ingest_record (vendor_id, ingest_id)",
    """
    CREATE INDEX ingest_record_due ON ingest_record (lane, dispatch_at, ingest_id)
    WHERE dispatch_at IS NOT NULL AND parked = 0
    """,
    "CREATE INDEX ingest_record_parked ON ingest_record (ingest_id) WHERE parked = 1",
    """
    CREATE TABLE quarantine (
        vendor_id TEXT NOT NULL,
        item_id TEXT NOT NULL,
        external_event_id TEXT NOT NULL,
        ingest_id TEXT NOT NULL,
        event_type TEXT NOT NULL,
        source TEXT NOT NULL,
        topic TEXT,
        occurred_at TEXT,
        received_at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        stage TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        violations TEXT NOT NULL,
        raw_bucket TEXT NOT NULL,
        raw_key TEXT NOT NULL,
        raw_sha256 TEXT NOT NULL,
        raw_offset INTEGER,
        raw_length INTEGER,
        payload_digest TEXT NOT NULL,
        digest_rule TEXT NOT NULL,
        mapping_version TEXT,
        quarantined_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        released_at INTEGER,
        PRIMARY KEY (vendor_id, item_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX quarantine_by_path ON quarantine (vendor_id || '/' || item_id)",
    """
    CREATE TABLE outbox (
        outbox_id INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        detail_type TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        vendor_id TEXT NOT NULL,
        normalized_key TEXT,
        normalized_version_id TEXT,
        normalized_sha256 TEXT,
        detail TEXT,
        UNIQUE (created_at, event_id, revision, detail_type)
    )
    """,
    """
    CREATE TABLE feed (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id TEXT NOT NULL UNIQUE,
        detail_type TEXT NOT NULL,
        detail BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE raw_segment (
        segment_id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        known_bytes INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE raw_object (
        key TEXT PRIMARY KEY,
        segment_id INTEGER NOT NULL,
        body_offset INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE api_key (
        key_id TEXT PRIMARY KEY,
        key_sha256 TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        vendor_id TEXT,
        created_at INTEGER NOT NULL,
        ends_at INTEGER
    )
    """,
    """
    CREATE TABLE webhook_secret (
        secret_id TEXT PRIMARY KEY,
        vendor_id TEXT NOT NULL,
        secret TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        ends_at INTEGER
    )
    """,
    "CREATE INDEX webhook_secret_by_vendor ON webhook_secret (vendor_id)",
    """
    CREATE TABLE published_mapping (
        published_id INTEGER PRIMARY KEY,
        vendor_id TEXT NOT NULL,
        mapping_version TEXT NOT NULL,
        published_at INTEGER NOT NULL,
        contracts TEXT NOT NULL,
        deployed INTEGER NOT NULL,
        UNIQUE (vendor_id, mapping_version)
    )
    """,
)
