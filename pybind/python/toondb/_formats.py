"""Formats in which results travel and in which they are put into a prompt."""

from enum import Enum
from typing import Dict

from ._errors import FormatConversionError


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


_WIRE_TO_CONTEXT: Dict[WireFormat, ContextFormat] = {
    WireFormat.TOON: ContextFormat.TOON,
    WireFormat.JSON: ContextFormat.JSON,
}
_CONTEXT_TO_WIRE: Dict[ContextFormat, WireFormat] = {context: wire for wire, context in _WIRE_TO_CONTEXT.items()}


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
    def supports_round_trip(format: WireFormat) -> bool:
        """True if decode(encode(x)) == x holds: for TOON and JSON."""
        return format in _WIRE_TO_CONTEXT
