"""What writes to documents are told and what they give: a count or ids, and what else there is to know."""

from typing import Iterable, List, Literal, Optional

OnConflict = Literal["replace", "skip", "error"]
"""What happens to a document that is added under an id that exists: it takes the other's place, the other stays, or
AlreadyExistsError is raised and nothing is written.
"""


class AddedIds(List[str]):
    """The ids of all documents given, in their order."""

    skipped: List[str]
    """Those of documents that were not added because theirs existed (``on_conflict="skip"``)."""

    def __init__(self, ids: Iterable[str] = (), skipped: Iterable[str] = ()) -> None:
        super().__init__(ids)
        self.skipped = list(skipped)


class Affected(int):
    """How many documents were changed or deleted."""

    ids: Optional[List[str]]
    """Which, if that was asked (``return_ids=True``)."""

    def __new__(cls, count: int, ids: Optional[List[str]] = None) -> "Affected":
        self = super().__new__(cls, count)
        self.ids = ids
        return self
