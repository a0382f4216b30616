"""The format enums."""

import pytest

from toondb import ContextFormat, FormatCapabilities, FormatConversionError, WireFormat


def test_from_string() -> None:
    for kind in (WireFormat, ContextFormat):
        for format in kind:
            assert kind.from_string(format.value) is format
            assert kind.from_string(f" {format.value.upper()} ") is format
        with pytest.raises(FormatConversionError, match="choose one of"):
            kind.from_string("yaml")


def test_conversions() -> None:
    assert FormatCapabilities.wire_to_context(WireFormat.TOON) is ContextFormat.TOON
    assert FormatCapabilities.wire_to_context(WireFormat.JSON) is ContextFormat.JSON
    assert FormatCapabilities.context_to_wire(ContextFormat.TOON) is WireFormat.TOON
    assert FormatCapabilities.context_to_wire(ContextFormat.JSON) is WireFormat.JSON
    with pytest.raises(FormatConversionError):
        FormatCapabilities.wire_to_context(WireFormat.COLUMNAR)
    with pytest.raises(FormatConversionError):
        FormatCapabilities.context_to_wire(ContextFormat.MARKDOWN)


def test_round_trips() -> None:
    supported = {format for format in WireFormat if FormatCapabilities.supports_round_trip(format)}
    assert supported == {WireFormat.TOON, WireFormat.JSON}
