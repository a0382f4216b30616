"""Checkpoints: a namespace as it was at one commit, kept beside the database.

A checkpoint outlives the namespace it was taken of; its id, ``<namespace>/<32 hex digits>``, says which that was.
Exports and imports travel in parts, so that neither side ever holds a whole checkpoint in memory.
"""

import os
import tempfile
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, Iterator, List, Optional, Sequence, Union

from ._errors import ArgumentTypeError, ErrorCode, from_code
from ._methods import Methods, Steps, steps
from ._toondb import Core
from ._types import CheckpointInfo, ExportFormat, Metadata, RestoreResult

ReadableFile = Union[str, "os.PathLike[str]", BinaryIO]
"""A path, or a file open for reading bytes."""

WritableFile = Union[str, "os.PathLike[str]", BinaryIO]
"""A path, or a file open for writing bytes."""

PART_BYTES = 2 << 20
"""Bytes of a checkpoint in one request or reply: well below every transport's largest message."""


@contextmanager
def _written(target: WritableFile) -> Iterator[BinaryIO]:
    """The file to write to. One named by its path appears under that name only when it is whole and on disk."""
    if not isinstance(target, (str, os.PathLike)):
        yield target
        return
    path = os.path.expanduser(target)
    handle, unfinished = tempfile.mkstemp(".part", f"{os.path.basename(path)}.", os.path.dirname(path) or ".")
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise


@contextmanager
def _readable(source: ReadableFile) -> Iterator[BinaryIO]:
    if not isinstance(source, (str, os.PathLike)):
        yield source
        return
    with open(os.path.expanduser(source), "rb") as file:
        yield file


def _home(checkpoint_id: str) -> str:
    """The namespace that a checkpoint's id names: where requests about the checkpoint itself go."""
    if not isinstance(checkpoint_id, str):
        kind = type(checkpoint_id).__name__
        raise ArgumentTypeError(f"checkpoint_id is a str, such as the id of a CheckpointInfo, not {kind}")
    return checkpoint_id.partition("/")[0] or "default"


class CheckpointMethods(Core, Methods):
    """Copies of a namespace to come back to."""

    def create_checkpoint(
        self,
        name: str = "",
        *,
        include_patterns: Sequence[str] = (),
        metadata: Optional[Metadata] = None,
        namespace: str = "default",
    ) -> CheckpointInfo:
        """Take a checkpoint of a namespace as it is now; writes go on meanwhile and are not in it.

        name: for people, need not be unique. include_patterns: globs over keys (as in :meth:`cache_invalidate`); with
        any, the checkpoint holds only the key-values whose key matches one, otherwise the whole namespace. metadata:
        whatever is to be remembered about it. Raises NamespaceNotFoundError, LimitExceededError and DiskFullError.
        """
        arguments = {"name": name, "include_patterns": include_patterns, "metadata": metadata}
        return self._call("CreateCheckpoint", namespace, arguments)

    def list_checkpoints(self, *, namespace: str = "default") -> List[CheckpointInfo]:
        """The checkpoints of a namespace, oldest first, also of one that was deleted since."""
        return self._call("ListCheckpoints", namespace, {})

    def restore_checkpoint(
        self, checkpoint_id: str, *, namespace: Optional[str] = None, overwrite: bool = False
    ) -> RestoreResult:
        """Make a namespace hold what a checkpoint holds, in one step: a crash leaves all of the old or all of the new.

        namespace: where to; None = the one it was taken of. One that holds anything is refused with AlreadyExistsError
        unless ``overwrite``. Raises CheckpointNotFoundError.
        """
        target = _home(checkpoint_id) if namespace is None else namespace
        return self._call("RestoreCheckpoint", target, {"checkpoint_id": checkpoint_id, "overwrite": overwrite})

    def delete_checkpoint(self, checkpoint_id: str) -> bool:
        """Delete a checkpoint. Returns True if it existed. Raises InvalidArgumentError for what is no id."""
        return self._call("DeleteCheckpoint", _home(checkpoint_id), {"checkpoint_id": checkpoint_id})

    @steps
    def export_checkpoint(
        self, checkpoint_id: str, path: WritableFile, *, format: ExportFormat = "binary"
    ) -> Steps[int]:
        """Write a checkpoint to a file, to be kept elsewhere. Returns how many bytes.

        path: where to; the file appears, or replaces an older one, only when it is whole and on disk, readable by
        its owner alone. Or a file open for writing bytes, which is left open. format: "binary", compact and
        checksummed; "json", for people and other programs. Raises CheckpointNotFoundError.
        """
        arguments = {"checkpoint_id": checkpoint_id, "format": format, "bytes_max": PART_BYTES}
        offset: Optional[int] = 0
        total = 0
        with _written(path) as file:
            while offset is not None:
                part = {**arguments, "offset": offset}
                data, offset = yield self._call("ExportCheckpoint", _home(checkpoint_id), part)
                yield self._aside(partial(file.write, data))
                total += len(data)
        return total

    @steps
    def import_checkpoint(
        self, path: ReadableFile, *, name: str = "", format: ExportFormat = "binary", namespace: str = "default"
    ) -> Steps[CheckpointInfo]:
        """Make a checkpoint of a namespace from an exported file; :meth:`restore_checkpoint` puts it to use.

        path: where from; or a file open for reading bytes, read to its end and left open. name: for people; empty = the
        one in the export. What is damaged or no export is refused with InvalidArgumentError or CorruptError, and leaves
        no checkpoint behind.
        """
        continues: Optional[int] = None
        made: Optional[CheckpointInfo] = None
        with _readable(path) as file:
            part = yield self._aside(partial(file.read, PART_BYTES))
            more = True
            while more:
                following = yield self._aside(partial(file.read, PART_BYTES))
                more = len(following) > 0
                given = {"format": format, "name": name, "data": part, "continues": continues, "more": more}
                made, continues = yield self._call("ImportCheckpoint", namespace, given)
                part = following
        if made is None:
            raise from_code(ErrorCode.PROTOCOL, "the last part of an import was answered without a checkpoint")
        return made
