"""Reads as text and tables, and one prompt text from several reads, under a limit of tokens."""

import importlib
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple, Union, overload

from ._errors import ArgumentTypeError
from ._formats import Format, TextFormat, Tokenizer, format_name
from ._generated._query import Query
from ._methods import Methods, Steps
from ._rows import ArrowStream, Rendered, frame, joined, too_many
from ._toondb import Core
from ._types import SectionResult

_TEXT_FORMATS = ("toon", "json", "markdown", "auto")


@dataclass
class Section:
    """One section of a context."""

    name: str
    """Its heading, one line; empty = none."""
    content: Union[str, Query]
    """A literal text, which may be cut at the ends of lines, or the rows of a read, for example
    ``Query.search_collection("notes", embedding, k=20)``.
    """
    priority: int = 0
    """Who gets the tokens first: 0 before 1; among equals the one given first."""
    columns: Optional[Sequence[str]] = None
    """The columns of the rows, as for the method that is named like the read."""


class Context(str):
    """The assembled text: a str that also says what it holds."""

    tokens: int
    """Its tokens, counted on the whole text; never more than allowed."""
    sections: List[SectionResult]
    """The sections, in the order given."""

    def __new__(cls, text: str, tokens: int = 0, sections: Sequence[SectionResult] = ()) -> "Context":
        self = super().__new__(cls, text)
        self.tokens = tokens
        self.sections = list(sections)
        return self


def _content(section: Section) -> Any:
    """What a section holds, as the engine takes it."""
    if not isinstance(section, Section):
        raise ArgumentTypeError(f"sections are Section(name, content, ...), not {type(section).__name__}")
    if not isinstance(section.content, (str, Query)):
        kind = type(section.content).__name__
        raise ArgumentTypeError(f"the content of section {section.name!r} is a str or a Query, not {kind}")
    if isinstance(section.content, str):
        return ("text", section.content)
    return ("read", {"read": section.content, "columns": section.columns})


class ContextMethods(Core, Methods):
    """Texts and tables that the engine makes of what it holds."""

    @overload
    def render(
        self,
        query: Query,
        *,
        format: TextFormat = "toon",
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        namespace: str = "default",
    ) -> Rendered: ...

    @overload
    def render(
        self,
        query: Query,
        *,
        format: Format,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        namespace: str = "default",
    ) -> Any: ...

    def render(
        self,
        query: Query,
        *,
        format: Format = "toon",
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
        namespace: str = "default",
    ) -> Any:
        """The rows of a read in a format, written by the engine.

        format: ``"toon"``, ``"json"``, ``"markdown"`` and ``"auto"`` (TOON or compact JSON, whichever has fewer tokens for
        the rows at hand) give a :class:`Rendered`; ``"columnar"`` gives a ``pyarrow.Table``, or an :class:`ArrowStream`
        if pyarrow is not installed; ``"pandas"`` a ``pandas.DataFrame``. The members of :class:`WireFormat` and
        :class:`ContextFormat` are taken too. tokenizer, ``"o200k"`` or ``"cl100k"``, asks for the number of tokens;
        ``"auto"`` counts by itself.

        columns: those wanted, in order; what is left out is not read. ``metadata`` and ``properties`` stand for all
        their fields, ``metadata.year`` for one, which is null in rows that lack it. None = all but the embedding, which
        is there if the query asked for it.

        A text holds one answer: at most 10,000 rows of a read that comes in pages, and 8 MiB. What is more than that,
        and was not cut by the query's own ``limit``, raises LimitExceededError; ask with a limit, and go on with the
        result's ``cursor``. Tables hold as many answers as there are.
        """
        return self._run(self._rendered(query, format, columns, tokenizer, namespace))

    def _rendered(
        self,
        query: Query,
        format: Format,
        columns: Optional[Sequence[str]],
        tokenizer: Optional[Tokenizer],
        namespace: str,
    ) -> Steps[Any]:
        name = format_name(format)
        if not isinstance(query, Query):
            raise ArgumentTypeError(f"query is a Query, such as Query.scan(), not {type(query).__name__}")
        if name == "pandas":
            # Missing modules show before the read.
            importlib.import_module("pyarrow")
            importlib.import_module("pandas")
        arguments = {"format": "columnar" if name == "pandas" else name, "columns": columns, "tokenizer": tokenizer}
        parts: List[ArrowStream] = []
        paging = query._paging()
        while True:
            answer = yield self._call("Render", namespace, {**arguments, "read": query._page(paging)})
            chosen, data, rows, tokens, cursor, truncated = answer
            paging.has_taken(rows, cursor)
            # What ends where the query's own limit ends it is all that was asked for.
            is_cut = truncated and (query._limit is None or (query._is_paged and rows < query._limit))
            if is_cut and (isinstance(data, str) or cursor is None):
                raise too_many(rows)
            if isinstance(data, str):
                return Rendered(data, chosen, rows, tokens, cursor, truncated)
            parts.append(ArrowStream(data, rows, cursor, truncated))
            if paging.complete:
                break
        table = joined(parts)
        return frame(table, parts[-1]) if name == "pandas" else table

    def query_context(
        self,
        sections: Sequence[Section],
        token_limit: int,
        *,
        format: TextFormat = "toon",
        tokenizer: Tokenizer = "o200k",
        deduplicate: bool = True,
        namespace: str = "default",
    ) -> Context:
        """Put sections together into one text that never has more tokens than ``token_limit``.

        The sections stand in the text in the order given, and all read at one instant. Their rows are taken in the
        order of priority, as many as fit; what is left out is reported in the result's ``sections``. format: of the
        rows; with ``auto`` each section takes its own. tokenizer: by which tokens are counted, on the final text.
        deduplicate: give what several sections found only in the most important of them.

        At most 64 sections and 1,000,000 tokens. Raises InvalidArgumentError if not even one row fits.
        """
        arguments = {
            "sections": [
                {"content": _content(each), "name": each.name, "priority": each.priority} for each in sections
            ],
            "token_limit": token_limit,
            "format": format_name(format, _TEXT_FORMATS),
            "tokenizer": tokenizer,
            "deduplicate": deduplicate,
        }
        return self._call("AssembleContext", namespace, arguments, _context)


def _context(answer: Tuple[Any, ...]) -> Context:
    return Context(*answer)
