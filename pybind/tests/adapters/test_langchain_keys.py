"""LangChain's store of bytes and its cache of model answers, each as a range of keys, through LangChain's own suites.

A call of either is one call of the engine: reads see one instant, writes are one commit, and what has a prefix in
common is deleted without being read.
"""

from hashlib import sha256
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import pytest

pytest.importorskip("langchain_tests", reason="pip install langchain-tests: the suites to pass")

from langchain_core.caches import BaseCache
from langchain_core.load import dumps, loads
from langchain_core.outputs import Generation
from langchain_core.stores import ByteStore
from langchain_tests.integration_tests import (
    AsyncCacheTestSuite,
    BaseStoreAsyncTests,
    BaseStoreSyncTests,
    SyncCacheTestSuite,
)

from toondb import Database, Namespace

pytestmark = pytest.mark.filterwarnings("ignore:.*`loads` is in beta")


class ToonDBByteStore(ByteStore):
    """The keys of a namespace."""

    def __init__(self, home: Namespace) -> None:
        self.home = home

    def mget(self, keys: Sequence[str]) -> List[Optional[bytes]]:
        return self.home.multi_get(keys)

    def mset(self, key_value_pairs: Sequence[Tuple[str, bytes]]) -> None:
        self.home.batch_put(key_value_pairs)

    def mdelete(self, keys: Sequence[str]) -> None:
        self.home.batch_delete(keys)

    def yield_keys(self, *, prefix: Optional[str] = None) -> Iterator[str]:
        for key in self.home.scan_keys(prefix):
            yield key.decode()


class ToonDBCache(BaseCache):
    """Answers of models under one prefix, for as long as they are worth keeping."""

    def __init__(self, home: Namespace, prefix: str = "answers/", ttl: Optional[float] = None) -> None:
        self.home = home
        self.prefix = prefix
        self.ttl = ttl

    def _key(self, prompt: str, llm_string: str) -> str:
        return self.prefix + sha256(f"{len(prompt)}:{prompt}{llm_string}".encode()).hexdigest()

    def lookup(self, prompt: str, llm_string: str) -> Optional[Sequence[Generation]]:
        answer = self.home.get(self._key(prompt, llm_string))
        return None if answer is None else loads(answer.decode(), allowed_objects="core")

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        self.home.put(self._key(prompt, llm_string), dumps(return_val), ttl=self.ttl)

    def clear(self, **options: Any) -> None:
        self.home.delete_prefix(self.prefix)


@pytest.fixture
def home(database: Database, ns: str) -> Namespace:
    """A namespace that holds nothing yet."""
    return database.namespace(ns)


class TestByteStore(BaseStoreSyncTests[bytes]):
    @pytest.fixture
    def three_values(self) -> Tuple[bytes, bytes, bytes]:
        return b"foo", b"\0", b""

    @pytest.fixture
    def kv_store(self, home: Namespace) -> ByteStore:
        return ToonDBByteStore(home)


class TestByteStoreAsync(BaseStoreAsyncTests[bytes]):
    @pytest.fixture
    def three_values(self) -> Tuple[bytes, bytes, bytes]:
        return b"foo", b"\0", b""

    @pytest.fixture
    def kv_store(self, home: Namespace) -> ByteStore:
        return ToonDBByteStore(home)


class TestCache(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, home: Namespace) -> BaseCache:
        return ToonDBCache(home)


class TestCacheAsync(AsyncCacheTestSuite):
    @pytest.fixture
    def cache(self, home: Namespace) -> BaseCache:
        return ToonDBCache(home)
