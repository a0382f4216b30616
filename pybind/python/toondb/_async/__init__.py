"""The asyncio half: the same methods, awaited.

A call runs on one of a few threads that belong to the client, with the interpreter lock released while it waits: the
event loop goes on meanwhile. The modules whose first line says so are written by ``pybind/scripts/write_async.py`` from
the classes they mirror; a test holds them to it.
"""
