"""What every part of a handle on a namespace knows."""

from typing import TYPE_CHECKING

from ._errors import ErrorCode, from_code

if TYPE_CHECKING:
    from ._store import Store


def checked_name(name: str) -> str:
    """The name of a namespace, if it is one at all. The engine takes no name for the default one; to a caller an empty
    name is an id that came out empty, which would mix tenants.
    """
    if not name:
        raise from_code(ErrorCode.INVALID_ARGUMENT, "the name of a namespace is empty; the common one is 'default'")
    return name


class NamespaceHandle:
    """A store and the name of one of its namespaces."""

    def __init__(self, store: "Store", name: str) -> None:
        self._store = store
        self.name = checked_name(name)
        """The namespace's name."""
