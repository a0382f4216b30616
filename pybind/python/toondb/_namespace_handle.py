"""What every part of a handle on a namespace knows."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._store import Store


class NamespaceHandle:
    """A store and the name of one of its namespaces."""

    def __init__(self, store: "Store", name: str) -> None:
        self._store = store
        self.name = name
        """The namespace's name."""
