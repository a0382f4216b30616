"""Contexts, over each transport: several reads in one text under a limit of tokens."""

import random
from typing import List

import pytest

from toondb import (
    Context,
    FormatConversionError,
    InvalidArgumentError,
    LimitExceededError,
    Namespace,
    Query,
    Section,
    count_tokens,
    from_toon,
)


@pytest.fixture
def filled(home: Namespace) -> Namespace:
    notes = home.collection("notes", dimension=2)
    notes.add_documents(
        [
            {"id": f"n{number}", "content": f"note {number} about the hall", "metadata": {"year": 2000 + number}}
            for number in range(30)
        ],
        embeddings=[[1.0, number / 30] for number in range(30)],
    )
    home.batch_put([(b"pref:%d" % number, b"likes %d" % number) for number in range(30)])
    home.add_node("ada", "Person", {"born": 1815})
    home.add_node("royal", "Society")
    home.add_edge("ada", "knows", "royal")
    home.supersede_temporal_edge("ada", "lives_in", "london", 0)
    home.supersede_temporal_edge("ada", "lives_in", "ockham", 1_000)
    return home


def everything() -> List[Section]:
    return [
        Section("Rules", "Answer briefly.\nName your sources.", priority=0),
        Section("Notes", Query.search_collection("notes", [1.0, 0.0], k=20), 1, ["id", "content"]),
        Section("Preferences", Query.scan(b"pref:"), 2, ["key", "value"]),
        Section("Where", Query.query_temporal_graph("ada", mode="CURRENT"), 0),
        Section("Graph", Query.traverse("ada"), 3),
        Section("History", Query.temporal_history("ada"), 4),
    ]


def test_sections_stand_in_the_order_given(filled: Namespace) -> None:
    context = filled.query_context(everything(), 100_000)
    assert isinstance(context, Context) and isinstance(context, str)
    assert context.tokens == count_tokens(context)
    assert [section.name for section in context.sections] == [section.name for section in everything()]
    places = [context.index(f"## {section.name}\n") for section in everything()]
    assert places == sorted(places)
    assert "\n\n".join(section.content for section in context.sections) == context
    assert not any(section.truncated or section.rows_dropped for section in context.sections)
    rows = from_toon(context.sections[1].content.split("\n", 1)[1])
    assert rows[0] == {"id": "n0", "content": "note 0 about the hall"} and len(rows) == 20


def test_the_limit_holds_and_priority_decides(filled: Namespace) -> None:
    seed = 7
    rng = random.Random(seed)
    for _ in range(30):
        limit = rng.randint(60, 1_500)
        format = rng.choice(["toon", "json", "markdown", "auto"])
        tokenizer = rng.choice(["o200k", "cl100k"])
        context = filled.query_context(everything(), limit, format=format, tokenizer=tokenizer)  # type: ignore[arg-type]
        said = f"seed {seed}, limit {limit}, {format}, {tokenizer}"
        assert context.tokens == count_tokens(context, tokenizer) <= limit, said  # type: ignore[arg-type]
        for section in context.sections:
            assert section.truncated == (section.rows_dropped > 0), said
            assert (section.content == "") == (section.rows == 0), said
    tight = filled.query_context(everything(), 200)
    by_name = {section.name: section for section in tight.sections}
    assert not by_name["Rules"].truncated and not by_name["Where"].truncated
    assert 0 < by_name["Notes"].rows < 20 and by_name["Notes"].rows_dropped == 20 - by_name["Notes"].rows
    assert len(from_toon(by_name["Notes"].content.split("\n", 1)[1])) == by_name["Notes"].rows


def test_what_two_sections_find_is_given_once(filled: Namespace) -> None:
    twice = [
        Section("All", Query.scan(b"pref:", limit=10), priority=1),
        Section("First", Query.scan(b"pref:", limit=3), priority=0),
    ]
    context = filled.query_context(twice, 10_000)
    assert [(section.rows, section.duplicates) for section in context.sections] == [(7, 3), (3, 0)]
    doubled = filled.query_context(twice, 10_000, deduplicate=False)
    assert [(section.rows, section.duplicates) for section in doubled.sections] == [(10, 0), (3, 0)]


def test_a_limit_too_small_for_one_row_says_so(filled: Namespace) -> None:
    with pytest.raises(InvalidArgumentError, match=r"token_limit 3 is too small for one row; the least needs \d+"):
        filled.query_context([Section("", Query.scan(b"pref:"))], 3)


def test_arguments_are_checked(filled: Namespace) -> None:
    text = Section("", "text")
    for wrong in (0, -1, 1_000_001, 2**32):
        with pytest.raises(InvalidArgumentError):
            filled.query_context([text], wrong)
    with pytest.raises(InvalidArgumentError):
        filled.query_context([Section("", "text", -1)], 100)
    with pytest.raises(LimitExceededError, match="sections"):
        filled.query_context([text] * 65, 100)
    with pytest.raises(FormatConversionError, match="choose one of toon, json, markdown, auto"):
        filled.query_context([text], 100, format="columnar")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="no column"):
        filled.query_context([Section("", Query.scan(), columns=["id"])], 100)
    with pytest.raises(TypeError):
        filled.query_context([Section("", 3)], 100)  # type: ignore[arg-type]
    assert filled.query_context([], 100) == ""
    assert filled.query_context([text], 100) == "text"


def test_the_namespace_is_the_callers(filled: Namespace, ns: str) -> None:
    sections = [Section("", Query.scan(b"pref:", limit=1), columns=["value"])]
    assert filled._store.query_context(sections, 100, namespace=ns) == "[1]{value}:\n  likes 0"
    assert filled._store.query_context(sections, 100) == ""
