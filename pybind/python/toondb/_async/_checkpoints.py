"""Checkpoints, awaited.

Written by scripts/write_async.py from ``_checkpoints.py``.
"""

from typing import List, Optional, Sequence

from .._checkpoints import ReadableFile, WritableFile
from .._store import Store
from .._types import CheckpointInfo, ExportFormat, Metadata, RestoreResult
from ._mirror import Mirror


class AsyncCheckpointMethods(Mirror[Store]):
    """:class:`CheckpointMethods`, awaited."""

    async def create_checkpoint(
        self,
        name: str = "",
        namespace: str = "default",
        include_patterns: Sequence[str] = (),
        metadata: Optional[Metadata] = None,
    ) -> CheckpointInfo:
        """Take a checkpoint of a namespace as it is now; writes go on meanwhile and are not in it.

        name: for people, need not be unique. include_patterns: globs over keys (as in :meth:`cache_invalidate`); with
        any, the checkpoint holds only the key-values whose key matches one, otherwise the whole namespace. metadata:
        whatever is to be remembered about it. Raises NamespaceNotFoundError, LimitExceededError and DiskFullError.
        """
        return await self._call(Store.create_checkpoint, name, namespace, include_patterns, metadata)

    async def list_checkpoints(self, namespace: str = "default") -> List[CheckpointInfo]:
        """The checkpoints of a namespace, oldest first, also of one that was deleted since."""
        return await self._call(Store.list_checkpoints, namespace)

    async def restore_checkpoint(
        self, checkpoint_id: str, namespace: Optional[str] = None, overwrite: bool = False
    ) -> RestoreResult:
        """Make a namespace hold what a checkpoint holds, in one step: a crash leaves all of the old or all of the new.

        namespace: where to; None = the one it was taken of. One that holds anything is refused with AlreadyExistsError
        unless ``overwrite``. Raises CheckpointNotFoundError.
        """
        return await self._call(Store.restore_checkpoint, checkpoint_id, namespace, overwrite)

    async def delete_checkpoint(self, checkpoint_id: str) -> bool:
        """Delete a checkpoint. Returns True if it existed. Raises InvalidArgumentError for what is no id."""
        return await self._call(Store.delete_checkpoint, checkpoint_id)

    async def export_checkpoint(self, checkpoint_id: str, path: WritableFile, format: ExportFormat = "binary") -> int:
        """Write a checkpoint to a file, to be kept elsewhere. Returns how many bytes.

        path: where to; the file appears, or replaces an older one, only when it is whole and on disk, readable by
        its owner alone. Or a file open for writing bytes, which is left open. format: "binary", compact and
        checksummed; "json", for people and other programs. Raises CheckpointNotFoundError.
        """
        return await self._call(Store.export_checkpoint, checkpoint_id, path, format)

    async def import_checkpoint(
        self, path: ReadableFile, namespace: str = "default", name: str = "", format: ExportFormat = "binary"
    ) -> CheckpointInfo:
        """Make a checkpoint of a namespace from an exported file; :meth:`restore_checkpoint` puts it to use.

        path: where from; or a file open for reading bytes, read to its end and left open. name: for people; empty = the
        one in the export. What is damaged or no export is refused with InvalidArgumentError or CorruptError, and leaves
        no checkpoint behind.
        """
        return await self._call(Store.import_checkpoint, path, namespace, name, format)
