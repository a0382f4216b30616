"""Namespace methods, awaited.

Written by scripts/write_async.py from ``_namespaces.py``.
"""

from typing import List, Optional

from .._store import Store
from .._types import Metadata, NamespaceInfo, NamespaceStats
from ._mirror import Mirror


class AsyncNamespacesMethods(Mirror[Store]):
    """:class:`NamespaceMethods`, awaited."""

    async def create_namespace(
        self,
        name: str,
        metadata: Optional[Metadata] = None,
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
        return await self._call(
            Store.create_namespace, name, metadata, bytes_max, vectors_max, collections_max, exist_ok
        )

    async def list_namespaces(self) -> List[str]:
        """The names of all namespaces, in order."""
        return await self._call(Store.list_namespaces)

    async def describe_namespace(self, name: str) -> NamespaceInfo:
        """What is known of a namespace. Raises NamespaceNotFoundError."""
        return await self._call(Store.describe_namespace, name)

    async def delete_namespace(self, name: str) -> bool:
        """Delete a namespace with everything in it. Returns True. Raises NamespaceNotFoundError."""
        return await self._call(Store.delete_namespace, name)

    async def namespace_stats(self, name: str = "default") -> NamespaceStats:
        """The counters of a namespace. Raises NamespaceNotFoundError."""
        return await self._call(Store.namespace_stats, name)

    async def set_quota(
        self,
        name: str,
        bytes_max: Optional[int] = None,
        vectors_max: Optional[int] = None,
        collections_max: Optional[int] = None,
    ) -> NamespaceInfo:
        """Replace the bounds of a namespace; None = no bound. What exceeds them already stays, only growth is
        refused.
        """
        return await self._call(Store.set_quota, name, bytes_max, vectors_max, collections_max)

    async def flush(self, namespace: str = "default") -> int:
        """Write the log into the store, so that a restart replays nothing. Returns the commit_seq up to which it did.

        No durability depends on it: acknowledged writes are on disk already.
        """
        return await self._call(Store.flush, namespace)
