"""ToonDB: durable memory for AI agents.

Key-values, documents with embeddings, a property graph and a bitemporal graph ("what was true at time T?"), per tenant
namespace. :class:`Database` runs the engine in this process; :class:`IpcClient` talks to ``toondb serve`` over a Unix
socket, :class:`ToonDBClient` over gRPC. All have the same methods and give the same answers; :class:`AsyncDatabase`,
:class:`AsyncIpcClient` and :class:`AsyncToonDBClient` have them awaited, for asyncio.

:func:`open` opens a directory that any number of processes share, and :func:`connect` the memory of a project or of this
user; both start its server if need be.

``ConnectionError``, ``TimeoutError``, ``Path`` and ``open`` are here by name; ``from toondb import *`` leaves Python's own alone.

    from toondb import Database

    with Database.open("./mydb") as db:
        db.put(b"key", b"value")
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, List

from ._toondb import __version__ as __version__

if TYPE_CHECKING:
    from ._public import *
    from ._public import ConnectionError as ConnectionError, Path as Path, TimeoutError as TimeoutError
    from ._public import open as open
    from ._public import __all__ as __all__
else:
    # All public names are loaded with the first of them that is asked for. ``python -m toondb`` asks for none: it would
    # wait for asyncio and all the rest longer than a server takes to start, and keep them in memory as long as it runs.

    def __getattr__(name: str) -> object:
        # Python and its tools ask modules for names of their own kind.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        public = import_module("toondb._public")
        for each in (*public.__all__, "__all__", "ConnectionError", "Path", "TimeoutError", "open"):
            globals()[each] = getattr(public, each)
        # Modules of the package are found here too, as soon as they are loaded.
        if name not in globals():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]

    def _load_whole() -> None:
        # A child that is forked while another thread loads them would wait for that thread for ever.
        if "toondb._public" in sys.modules:
            import_module("toondb._public")

    os.register_at_fork(before=_load_whole)


def __dir__() -> List[str]:
    return sorted({*import_module("toondb._public").__all__, *globals()})
