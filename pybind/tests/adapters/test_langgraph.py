"""LangGraph's checkpointer, with every capability that its conformance suite knows.

What is asked for are documents without embeddings: the thread, the namespace and the metadata of each checkpoint, so
that lists, filters and deletions go by fields. What is large are keys: a checkpoint's content stands under the id of
its document, and behind it stand the writes of its tasks. So one scan reads a checkpoint whole, and a prefix deletes
it, or its thread.
"""

import asyncio
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Optional, Sequence, Tuple
from urllib.parse import quote

import pytest

pytest.importorskip("langgraph.checkpoint.conformance", reason="pip install langgraph-checkpoint-conformance")

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability

from toondb import AsyncDatabase, AsyncTransaction, Document

CHECKPOINTS = "checkpoints"
CONFIGURABLE = {"thread": "thread_id", "namespace": "checkpoint_ns", "checkpoint": "checkpoint_id"}


def place(*names: str) -> str:
    """Where a thread stands, or a namespace or checkpoint of it: no other begins like this, whatever the names hold."""
    return "".join(quote(name, safe="") + "/" for name in names)


def config_of(thread: str, namespace: str, checkpoint: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint}}


class ToonDBSaver(BaseCheckpointSaver[str]):
    """Checkpoints in a namespace of a database, which any number of tasks may use."""

    def __init__(self, db: AsyncDatabase, namespace: str = "langgraph") -> None:
        super().__init__()
        self.home = db.namespace(namespace)

    async def setup(self) -> None:
        """Makes what the checkpoints are kept in; once, and again does no harm."""
        await self.home.create_collection(CHECKPOINTS)

    def _dumps(self, value: Any) -> bytes:
        kind, data = self.serde.dumps_typed(value)
        return kind.encode() + b"\0" + data

    def _loads(self, data: bytes) -> Any:
        kind, _, rest = data.partition(b"\0")
        return self.serde.loads_typed((kind.decode(), rest))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread, namespace = config["configurable"]["thread_id"], config["configurable"].get("checkpoint_ns", "")
        id = place(thread, namespace, checkpoint["id"])
        fields = {
            "thread": thread,
            "namespace": namespace,
            "checkpoint": checkpoint["id"],
            "parent": get_checkpoint_id(config),
            "metadata": get_checkpoint_metadata(config, metadata),
        }
        async with self.home.transaction() as tx:
            await tx.put(id, self._dumps(checkpoint))
            await tx.add_documents(CHECKPOINTS, [{"id": id, "content": "", "metadata": fields}])
        return config_of(thread, namespace, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[Tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        at = config["configurable"]
        behind = place(at["thread_id"], at.get("checkpoint_ns", ""), at["checkpoint_id"], task_id)

        async def write(tx: AsyncTransaction) -> None:
            for position, (channel, value) in enumerate(writes):
                number = WRITES_IDX_MAP.get(channel, position)
                # Errors and interrupts replace older ones; of what a task has written, the first stays.
                if number < 0 or not await tx.exists(f"{behind}{number}"):
                    await tx.put(f"{behind}{number}", self._dumps((task_path, task_id, number, channel, value)))

        await self.home.run_transaction(write)

    async def aget_tuple(self, config: RunnableConfig) -> Optional[CheckpointTuple]:
        async for newest in self.alist({"configurable": {"checkpoint_ns": "", **config["configurable"]}}, limit=1):
            return newest
        return None

    async def alist(
        self,
        config: Optional[RunnableConfig],
        *,
        filter: Optional[Dict[str, Any]] = None,
        before: Optional[RunnableConfig] = None,
        limit: Optional[int] = None,
    ) -> AsyncIterator[CheckpointTuple]:
        asked = config["configurable"] if config else {}
        wanted: List[Dict[str, Any]] = [
            {field: asked[name]} for field, name in CONFIGURABLE.items() if asked.get(name) is not None
        ]
        wanted += [{"$field": [["metadata", name], {"$eq": value}]} for name, value in (filter or {}).items()]
        if before:
            wanted.append({"checkpoint": {"$lt": get_checkpoint_id(before)}})
        async for document in self.home.list_documents(
            CHECKPOINTS,
            {"$and": wanted} if wanted else None,
            order_by="checkpoint",
            descending=True,
            limit=limit,
        ):
            pairs = await self.home.scan(prefix=document.id).rows()
            if pairs:
                yield self._tuple(document, [self._loads(value) for _, value in pairs])

    def _tuple(self, document: Document, values: List[Any]) -> CheckpointTuple:
        """A checkpoint and its writes, of the values that stand under its id: itself, and its writes behind it."""
        fields = document.metadata
        parent = fields["parent"] and config_of(fields["thread"], fields["namespace"], fields["parent"])
        writes = sorted(values[1:], key=lambda write: write[:3])
        return CheckpointTuple(
            config=config_of(fields["thread"], fields["namespace"], fields["checkpoint"]),
            checkpoint=values[0],
            metadata=fields["metadata"],
            parent_config=parent,
            pending_writes=[(task_id, channel, value) for _, task_id, _, channel, value in writes],
        )

    async def adelete_thread(self, thread_id: str) -> None:
        await self._delete({"thread": thread_id})

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        await self._delete({"metadata.run_id": {"$in": list(run_ids)}})

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        for thread in thread_ids:
            wanted: Dict[str, Any] = {"thread": thread}
            if strategy != "delete":
                latest: Dict[str, str] = {}
                async for document in self.home.list_documents(
                    CHECKPOINTS, wanted, order_by="checkpoint", columns=["id", "metadata.namespace"]
                ):
                    latest[document.metadata["namespace"]] = document.id
                wanted["$id"] = {"$nin": list(latest.values())}
            await self._delete(wanted)

    async def _delete(self, wanted: Dict[str, Any]) -> None:
        """Deletes checkpoints with their contents and writes, in one commit."""
        ids = await self.home.list_document_ids(CHECKPOINTS, wanted).rows()
        async with self.home.transaction() as tx:
            await tx.delete_documents(CHECKPOINTS, ids)
            for id in ids:
                await tx.delete_prefix(id)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        source, target = place(source_thread_id), place(target_thread_id)
        documents = await self.home.list_documents(CHECKPOINTS, {"thread": source_thread_id}).rows()
        async with self.home.transaction() as tx:
            async for key, value in tx.scan(prefix=source):
                await tx.put(target + key.decode()[len(source) :], value)
            for document in documents:
                document.id = target + document.id[len(source) :]
                document.metadata["thread"] = target_thread_id
            await tx.add_documents(CHECKPOINTS, documents)


@pytest.mark.parametrize("capability", [capability.value for capability in Capability])
def test_conformance(directory: Path, ns: str, capability: str) -> None:
    @checkpointer_test(name="ToonDBSaver")
    async def saver() -> AsyncIterator[ToonDBSaver]:
        async with AsyncDatabase(directory) as db:
            opened = ToonDBSaver(db, ns)
            await opened.setup()
            yield opened

    result = asyncio.run(validate(saver, capabilities={capability})).results[capability]
    assert result.detected and result.tests_passed and result.passed, "\n".join(result.failures)
