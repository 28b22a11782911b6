from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bad:
    # ok: secrets-not-shown
    key_id: str
    # ruleid: secrets-not-shown
    secret: str
    # ruleid: secrets-not-shown
    webhook_secret: str | None
    # ruleid: secrets-not-shown
    token_key: bytes = field(default=b"")
    # ruleid: secrets-not-shown
    api_key: str = ""


@dataclass(frozen=True)
class Good:
    # ok: secrets-not-shown
    secret: str = field(repr=False)
    # ok: secrets-not-shown
    token_key: bytes = field(default=b"", repr=False)
