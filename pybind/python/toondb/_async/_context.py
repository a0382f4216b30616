"""Prompts of several reads, awaited.

Written by scripts/write_async.py from ``_context.py``.
"""

from typing import Sequence

from .._context import Context, Section
from .._formats import TextFormat, Tokenizer
from .._store import Store
from ._mirror import Mirror


class AsyncContextMethods(Mirror[Store]):
    """:class:`ContextMethods`, awaited."""

    async def query_context(
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
        return await self._call(Store.query_context, sections, token_limit, namespace, format, tokenizer, deduplicate)
