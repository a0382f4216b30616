"""Formats in which results travel and in which they are put into a prompt, and plain values in them.

TOON (Token-Oriented Object Notation) and JSON keep everything: ``from_toon(to_toon(x)) == x`` for values made of None,
bool, int of 64 bits, float, str, bytes, lists and dicts with str keys. Bytes and infinite floats, which both lack, are
written as ``{"$bytes": "<base64>"}`` and ``{"$float": "inf"}``. Columnar (an Arrow IPC stream) and Markdown are for
reading only.
"""

from enum import Enum
from typing import Any, Dict, Literal, Optional, Tuple, Union

from ._errors import FormatConversionError
from ._toondb import from_json, from_toon, on_text, to_json, to_toon

__all__ = [
    "ContextFormat",
    "Format",
    "FormatCapabilities",
    "TextFormat",
    "Tokenizer",
    "WireFormat",
    "convert_text",
    "count_tokens",
    "format_name",
    "from_json",
    "from_toon",
    "to_json",
    "to_toon",
]


class WireFormat(Enum):
    """How query results come from the database."""

    TOON = "toon"
    """Fewer tokens than JSON."""
    JSON = "json"
    """Understood everywhere."""
    COLUMNAR = "columnar"
    """Column by column, for analytics."""

    @classmethod
    def from_string(cls, name: str) -> "WireFormat":
        """The format of this name, whatever its case. Raises FormatConversionError for an unknown one."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            known = ", ".join(format.value for format in cls)
            raise FormatConversionError(f"{name!r} is no wire format; choose one of {known}") from None


class ContextFormat(Enum):
    """How results are written into a prompt."""

    TOON = "toon"
    """Few tokens."""
    JSON = "json"
    """Structured data."""
    MARKDOWN = "markdown"
    """Readable by people."""

    @classmethod
    def from_string(cls, name: str) -> "ContextFormat":
        """The format of this name, whatever its case. Raises FormatConversionError for an unknown one."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            known = ", ".join(format.value for format in cls)
            raise FormatConversionError(f"{name!r} is no context format; choose one of {known}") from None


TextFormat = Union[
    Literal["toon", "json", "markdown", "auto"], ContextFormat, Literal[WireFormat.TOON], Literal[WireFormat.JSON]
]
"""A format that is text. ``auto`` is TOON or compact JSON, whichever has fewer tokens for the rows at hand."""

Format = Union[TextFormat, Literal["columnar", "pandas"], WireFormat]
"""Any format: of text, ``columnar`` (a ``pyarrow.Table``) or ``pandas`` (a ``pandas.DataFrame``)."""

Tokenizer = Literal["o200k", "cl100k"]
"""A published tokenizer, by which tokens are counted exactly: ``o200k_base`` or ``cl100k_base``."""

_NAMES = ("toon", "json", "markdown", "columnar", "pandas", "auto")

_WIRE_TO_CONTEXT: Dict[WireFormat, ContextFormat] = {
    WireFormat.TOON: ContextFormat.TOON,
    WireFormat.JSON: ContextFormat.JSON,
}
_CONTEXT_TO_WIRE: Dict[ContextFormat, WireFormat] = {context: wire for wire, context in _WIRE_TO_CONTEXT.items()}


def format_name(format: object, known: Tuple[str, ...] = _NAMES) -> str:
    """The name of a format that was given as a name or as a member of an enum."""
    name = format.value if isinstance(format, (WireFormat, ContextFormat)) else format
    if isinstance(name, str) and name.strip().lower() in known:
        return name.strip().lower()
    raise FormatConversionError(f"{format!r} is no format for this; choose one of {', '.join(known)}")


class FormatCapabilities:
    """What the formats can do."""

    @staticmethod
    def wire_to_context(wire: WireFormat) -> ContextFormat:
        """The context format that says the same as a wire format. Raises FormatConversionError if there is none."""
        try:
            return _WIRE_TO_CONTEXT[wire]
        except KeyError:
            raise FormatConversionError(f"{wire} has no context format; query in TOON or JSON for a prompt") from None

    @staticmethod
    def context_to_wire(context: ContextFormat) -> WireFormat:
        """The wire format that says the same as a context format. Raises FormatConversionError if there is none."""
        try:
            return _CONTEXT_TO_WIRE[context]
        except KeyError:
            raise FormatConversionError(f"{context} is for reading only; TOON and JSON have a wire format") from None

    @staticmethod
    def supports_round_trip(format: Union[WireFormat, ContextFormat]) -> bool:
        """True if decode(encode(x)) == x holds: for TOON and JSON, not for columnar and Markdown."""
        return format in _WIRE_TO_CONTEXT or format in _CONTEXT_TO_WIRE


def count_tokens(text: str, tokenizer: Tokenizer = "o200k") -> int:
    """How many tokens a text has, exactly. Names of special tokens count as the text they are.

    At most 16 MiB; more raise LimitExceededError.
    """
    return on_text("CountTokens", {"text": text, "tokenizer": tokenizer})


def convert_text(
    text: str,
    format: Format,
    from_format: Optional[Format] = None,
    tokenizer: Tokenizer = "o200k",
    *,
    delimiter: str = ",",
    indent: int = 2,
    strict: bool = True,
) -> Any:
    """A text in another format.

    from_format: ``toon`` or ``json``, in which the text is written; None = JSON if it is that, else TOON. tokenizer: by
    which the format ``auto`` chooses. delimiter, indent, strict: of TOON, as for :func:`to_toon` and :func:`from_toon`.

    Gives a str, and for ``columnar`` an Arrow IPC stream. Raises FormatConversionError for a malformed text, with line and
    column, and for what the other format cannot hold.
    """
    names = tuple(name for name in _NAMES if name != "pandas")
    source = None if from_format is None else format_name(from_format, ("toon", "json", "auto"))
    toon = {"delimiter": delimiter, "indent": indent, "strict": strict}
    arguments = {"text": text, "from": source, "to": format_name(format, names), "tokenizer": tokenizer, "toon": toon}
    return on_text("ConvertText", arguments)
