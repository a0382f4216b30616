"""One prompt text from several reads, under a limit of tokens."""

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Union

from ._formats import TextFormat, Tokenizer, format_name
from ._toondb import Core, Query
from ._types import SectionResult

_TEXT_FORMATS = ("toon", "json", "markdown", "auto")


@dataclass
class Section:
    """One section of a context."""

    name: str
    """Its heading, one line; empty = none."""
    content: Union[str, "Query[Any]"]
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


class ContextMethods(Core):
    """Prompts from what the database holds."""

    def query_context(
        self,
        sections: Sequence[Section],
        token_limit: int,
        namespace: str = "default",
        format: TextFormat = "toon",
        tokenizer: Tokenizer = "o200k",
        deduplicate: bool = True,
    ) -> Context:
        """Put sections together into one text that never has more tokens than ``token_limit``.

        The sections stand in the text in the order given, and all read at one instant. Their rows are taken in the
        order of priority, as many as fit; what is left out is reported in the result's ``sections``. format: of the
        rows; with ``auto`` each section takes its own. tokenizer: by which tokens are counted, on the final text.
        deduplicate: give what several sections found only in the most important of them.

        At most 64 sections and 1,000,000 tokens. Raises InvalidArgumentError if not even one row fits.
        """
        given = [(each.name, each.priority, each.content, each.columns) for each in sections]
        name = format_name(format, _TEXT_FORMATS)
        return Context(*self._assemble_context(namespace, given, token_limit, name, tokenizer, deduplicate))
