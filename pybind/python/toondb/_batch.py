"""Writes and preconditions collected for one atomic commit."""

from typing import Any, Callable, Optional

from . import _toondb
from ._methods import Arguments
from ._types import Key


class BatchBase(_toondb.Batch):
    """Notes the writes whose methods are called on it."""

    def __repr__(self) -> str:
        return f"<toondb.WriteBatch of {len(self)} writes>"

    def _call(
        self,
        operation: str,
        namespace: Optional[str],
        arguments: Arguments,
        then: Optional[Callable[[Any], Any]] = None,
    ) -> Any:
        self._add(operation, arguments)

    def _put(self, key: Key, value: Key, namespace: str, ttl_ms: Optional[int], durability: str) -> Any:
        self._add("Put", {"key": key, "value": value, "ttl_ms": ttl_ms})

    def require_absent(self, key: Key) -> None:
        """Commit only if the key is absent."""
        self._require({"target": ("key", {"key": key}), "condition": "absent"})

    def require_present(self, key: Key) -> None:
        """Commit only if the key is present."""
        self._require({"target": ("key", {"key": key}), "condition": "present"})

    def require_value(self, key: Key, value: Key) -> None:
        """Commit only if the key holds exactly this value."""
        self._require({"target": ("key", {"key": key}), "condition": ("equals", {"value": value})})

    def _read(self, target: str, arguments: Arguments, seq: int, count: int) -> None:
        """Commit only if what was read at ``seq`` is as it was: ``count`` things, none of them newer."""
        condition: Any = "absent" if count == 0 else ("unchanged_since", {"seq": seq, "count": count})
        self._require({"target": (target, arguments), "condition": condition})
