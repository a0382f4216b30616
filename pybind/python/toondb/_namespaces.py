"""Namespaces: one tenant's data each, kept apart from all others."""

from typing import List, Optional

from ._methods import Methods, always_true, any_of, first
from ._toondb import Core
from ._types import Metadata, NamespaceInfo, NamespaceStats


class NamespaceMethods(Core, Methods):
    """Namespaces are named ``[A-Za-z0-9][A-Za-z0-9._-]{0,63}``; ``default`` always exists."""

    def create_namespace(
        self,
        name: str,
        metadata: Optional[Metadata] = None,
        *,
        bytes_max: Optional[int] = None,
        vectors_max: Optional[int] = None,
        collections_max: Optional[int] = None,
        exist_ok: bool = True,
    ) -> bool:
        """Create a namespace. Returns True.

        A write to a new name creates it too; this sets its metadata and quota (bytes of live data, vectors, collections
        and indexes; None = no bound). One that exists is left as it is, or raises AlreadyExistsError with
        ``exist_ok=False``.
        """
        quota = {"bytes_max": bytes_max, "vectors_max": vectors_max, "collections_max": collections_max}
        arguments = {"metadata": metadata, "quota": quota, "must_be_new": not exist_ok}
        return self._call("CreateNamespace", name, arguments, always_true)

    def list_namespaces(self) -> List[str]:
        """The names of all namespaces, in order."""
        return self._call("ListNamespaces", None, {})

    def describe_namespace(self, name: str) -> NamespaceInfo:
        """What is known of a namespace. Raises NamespaceNotFoundError."""
        return self._call("DescribeNamespace", name, {}, first)

    def delete_namespace(self, name: str) -> bool:
        """Delete a namespace with everything in it. Returns True. Raises NamespaceNotFoundError."""
        return self._call("DeleteNamespace", name, {}, any_of)

    def namespace_stats(self, name: str = "default") -> NamespaceStats:
        """The counters of a namespace. Raises NamespaceNotFoundError."""
        return self._call("NamespaceStats", name, {})

    def set_quota(
        self,
        name: str,
        *,
        bytes_max: Optional[int] = None,
        vectors_max: Optional[int] = None,
        collections_max: Optional[int] = None,
    ) -> NamespaceInfo:
        """Replace the bounds of a namespace; None = no bound. What exceeds them already stays, only growth is
        refused.
        """
        quota = {"bytes_max": bytes_max, "vectors_max": vectors_max, "collections_max": collections_max}
        return self._call("SetQuota", name, {"quota": quota}, first)

    def flush(self, *, namespace: str = "default") -> int:
        """Write the log into the store, so that a restart replays nothing. Returns the commit_seq up to which it did.

        No durability depends on it: acknowledged writes are on disk already.
        """
        return self._call("Flush", namespace, {})
