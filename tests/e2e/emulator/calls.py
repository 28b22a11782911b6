"""What each role called: the emulator's process writes it down, the suite reads it."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """One kind of request by a role. `resource` is an ARN, or `*` where the action knows no resource."""

    role: str
    action: str
    resource: str
    allowed: bool


class CallLog:
    """Each different call once, in a file that another process can read meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[Call] = set()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            if call not in self._seen:
                self._seen.add(call)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(call)) + "\n")


def read(path: Path) -> list[Call]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Call(**json.loads(line)) for line in lines]
