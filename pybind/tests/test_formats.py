"""Formats by name, plain values in TOON and JSON, texts from one to another, and exact token counts."""

import math
import random
from dataclasses import dataclass
from typing import Any, Callable, List, Tuple

import pytest

import toondb
from toondb import (
    ContextFormat,
    Document,
    FormatCapabilities,
    FormatConversionError,
    InvalidArgumentError,
    LimitExceededError,
    Namespace,
    TemporalEdge,
    WireFormat,
    convert_text,
    count_tokens,
    from_json,
    from_toon,
    to_json,
    to_toon,
)

CODECS: List[Tuple[Callable[[object], str], Callable[[str], Any]]] = [(to_toon, from_toon), (to_json, from_json)]
codecs = pytest.mark.parametrize("encode, decode", CODECS, ids=["toon", "json"])

VALUES: List[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    0.1,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    1e21,
    math.inf,
    -math.inf,
    "",
    " ",
    "true",
    "null",
    "12",
    "1e5",
    "-",
    "- a",
    "[3]",
    "a: b",
    "a,b|c\td",
    'quotes " and \\ back',
    "line\nbreak\r\n",
    "\x00\x01\x1f\x7f\u2028",
    "Grüße 🦀 日本",
    b"",
    b"\x00\xff\xfe",
    [],
    {},
    [[]],
    [{}],
    {"": {}},
    [[], [[]], [1, "1", None]],
    {"a": {"b": {"c": [{"d": 1}, {"d": 2}]}}},
    [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}],
    [{"id": 1}, {"id": 2, "name": "y"}],
    {"$bytes": "eA=="},
    {"$map": {"$float": "inf"}},
    {"key with space": 1, "1": 2, "a.b": 3, "ü": 4},
]


@pytest.mark.parametrize("kind", [WireFormat, ContextFormat])
def test_names(kind: Any) -> None:
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


def test_which_formats_keep_everything() -> None:
    kept = {format for format in [*WireFormat, *ContextFormat] if FormatCapabilities.supports_round_trip(format)}
    assert kept == {WireFormat.TOON, WireFormat.JSON, ContextFormat.TOON, ContextFormat.JSON}


@codecs
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back(encode: Callable[[object], str], decode: Callable[[str], Any], value: Any) -> None:
    for shape in (value, [value], {"k": value}, [{"k": value}, {"k": value}], {"a": [value, {"b": value}]}):
        again = decode(encode(shape))
        assert again == shape
        assert kinds(again) == kinds(shape)


def kinds(value: Any) -> Any:
    """The types within a value, which ``==`` does not compare: True is 1, and 1.0 is 1, for numbers may change form."""
    if isinstance(value, list):
        return [kinds(item) for item in value]
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    return "number" if type(value) in (int, float) else type(value)


def any_value(rng: random.Random, depth: int) -> Any:
    """A value made of the awkward ones."""
    kind = rng.randrange(8 if depth else 6)
    if kind < 3:
        return rng.choice(VALUES)
    if kind == 3:
        return rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300)
    if kind == 4:
        return rng.randint(-(2**63), 2**63 - 1)
    if kind == 5:
        return "".join(chr(rng.choice([rng.randrange(128), rng.randrange(0xD800)])) for _ in range(rng.randrange(9)))
    if kind == 6:
        return [any_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    names = ["a", "b", "$bytes", "x y", "", "0"]
    return {rng.choice(names): any_value(rng, depth - 1) for _ in range(rng.randrange(4))}


@codecs
def test_any_value_comes_back(encode: Callable[[object], str], decode: Callable[[str], Any]) -> None:
    for seed in range(2_000):
        value = any_value(random.Random(seed), 5)
        assert decode(encode(value)) == value, f"seed {seed}"


@dataclass
class Sensor:
    name: str
    range: Tuple[int, int]


def test_dataclasses_and_tuples_are_written_as_dicts_and_lists() -> None:
    assert from_toon(to_toon([Sensor("a", (1, 2))])) == [{"name": "a", "range": [1, 2]}]
    assert from_json(to_json(Document("1", "text", [0.5], {"k": b"v"}))) == {
        "id": "1",
        "content": "text",
        "embedding": [0.5],
        "metadata": {"k": b"v"},
        "score": None,
        "distance": None,
        "expires_at": None,
    }
    edges = [TemporalEdge("a", "is", "b", 1, 0, {}), TemporalEdge("a", "is", "c", 2, 3, {})]
    assert to_toon(edges).startswith("[2]")


@codecs
@pytest.mark.parametrize(
    "value, says",
    [
        ({"a": [1, {"b": float("nan")}]}, r"^at a\[1\].b: NaN"),
        ([2**63], r"^at \[0\]: an integer value does not fit"),
        ({"a": {1: 2}}, r"^at a: a field name must be a str, not <class 'int'>"),
        ({"a": {1, 2}}, r"^at a: a value of type <class 'set'> has no counterpart"),
        (object(), r"^a value of type <class 'object'>"),
        (Sensor, r"^a value of type <class 'type'>"),
        ({"a": Sensor("x", (1, 2**64))}, r"^at a.range\[1\]: an integer"),
    ],
)
def test_what_no_format_holds_is_named(
    encode: Callable[[object], str], decode: Callable[[str], Any], value: object, says: str
) -> None:
    with pytest.raises(FormatConversionError, match=says) as raised:
        encode(value)
    assert raised.value.code == toondb.ErrorCode.FORMAT_CONVERSION


@codecs
def test_depth_is_bounded(encode: Callable[[object], str], decode: Callable[[str], Any]) -> None:
    value: List[Any] = []
    value.append(value)
    with pytest.raises(LimitExceededError, match="nested deeper"):
        encode(value)
    nested: Any = 1
    for _ in range(17):
        nested = [nested]
    with pytest.raises(LimitExceededError, match="nested deeper"):
        encode(nested)
    assert decode(encode(nested[0])) == nested[0]
    for deep in ("[" * 100_000, "\n".join("  " * level + "a:" for level in range(1_000))):
        if decode is from_json or deep[0] == "a":
            with pytest.raises((LimitExceededError, FormatConversionError)):
                decode(deep)


def test_malformed_texts_say_where() -> None:
    with pytest.raises(FormatConversionError, match="malformed JSON at line 2, column 7: "):
        from_json('{\n "a": tru\n}'.replace("tru\n", "?\n"))
    with pytest.raises(FormatConversionError, match="malformed TOON at line 3, column "):
        from_toon("[2]{a,b}:\n  1,2\n  3\n")
    with pytest.raises(FormatConversionError, match="twice"):
        from_json('{"a": 1, "a": 2}')


def test_texts_are_converted() -> None:
    json = '[{"a":1,"b":"x"},{"a":2,"b":"y"}]'
    toon = "[2]{a,b}:\n  1,x\n  2,y"
    assert convert_text(json, "toon") == toon
    assert convert_text(toon, "json") == json
    assert convert_text(toon, WireFormat.JSON, from_format="toon") == json
    assert convert_text(json, "auto") == toon
    assert convert_text(json, ContextFormat.MARKDOWN) == "| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n"
    with pytest.raises(FormatConversionError, match="only a list of maps"):
        convert_text("3", "markdown")
    with pytest.raises(FormatConversionError, match="choose one of toon, json, auto"):
        convert_text("| a |", "json", from_format="markdown")
    with pytest.raises(FormatConversionError, match="no format"):
        convert_text("1", "yaml")  # type: ignore[arg-type]


def test_tokens_are_counted() -> None:
    # Published examples of the two tokenizers.
    assert count_tokens("") == 0
    assert count_tokens("tiktoken is great!") == 6
    assert count_tokens("tiktoken is great!", "cl100k") == 6
    assert count_tokens("antidisestablishmentarianism") == 6
    assert count_tokens("お誕生日おめでとう", "cl100k") == 9
    assert count_tokens("お誕生日おめでとう") == 8
    assert count_tokens("<|endoftext|>") > 1
    with pytest.raises(toondb.InvalidArgumentError, match="o200k cl100k"):
        count_tokens("x", "gpt2")  # type: ignore[arg-type]
    with pytest.raises(LimitExceededError):
        count_tokens("x " * (8 * 2**20 + 1))


def test_toon_as_its_options_say() -> None:
    rows = {"rows": [{"b": "x,y", "a": 1}, {"b": "z", "a": 2}], "more": {"deep": [1, 2]}}
    assert to_toon(rows) == 'rows[2]{b,a}:\n  "x,y",1\n  z,2\nmore:\n  deep[2]: 1,2'
    assert to_toon(rows, delimiter="|", indent=4) == "rows[2|]{b|a}:\n    x,y|1\n    z|2\nmore:\n    deep[2|]: 1|2"
    for delimiter in (",", "\t", "|"):
        for indent in (1, 2, 16):
            text = to_toon(rows, delimiter=delimiter, indent=indent)
            assert from_toon(text, indent=indent) == rows
    wrong = "rows[3]{b,a}:\n  x,1\n\n  z,2"
    with pytest.raises(FormatConversionError):
        from_toon(wrong)
    assert from_toon(wrong, strict=False) == {"rows": [{"b": "x", "a": 1}, {"b": "z", "a": 2}]}
    assert convert_text('{"a":[1,2]}', "toon", delimiter="|") == "a[2|]: 1|2"
    assert convert_text(wrong, "json", strict=False) == '{"rows":[{"b":"x","a":1},{"b":"z","a":2}]}'
    assert convert_text("a:\n    b: 1", "json", "toon", indent=4) == '{"a":{"b":1}}'
    for ask in (lambda: to_toon(rows, delimiter=";"), lambda: to_toon(rows, indent=0), lambda: from_toon("a: 1", indent=17)):
        with pytest.raises(InvalidArgumentError, match="delimiter|indent"):
            ask()


def test_fields_keep_their_order(home: Namespace) -> None:
    fields = {"zulu": "last", "alpha": 1, "mike": {"z": None, "a": {"y": 1, "b": "t"}}, "b": "text"}
    home.collection("docs", dimension=1).add("d", "c", [1.0], fields)
    home.add_node("n", "Letter", fields)
    home.put(b"k", b"v")
    document, node = home.collection("docs").get("d"), home.get_node("n")
    assert document is not None and node is not None
    for found in (document.metadata, node.properties):
        assert list(found) == list(fields) and list(found["mike"]) == ["z", "a"] and list(found["mike"]["a"]) == ["y", "b"]
    columns = [f"metadata.{name}" for name in fields]
    rows = home.collection("docs").search([1.0])
    assert [name for name in rows.to_arrow().column_names if name.startswith("metadata.")] == columns
    assert from_json(to_json(fields)) == fields and list(from_json(to_json(fields))) == list(fields)
