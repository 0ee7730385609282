from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localchat.entities import utf16_length
from bot.localchat.errors import BotApiError
from bot.localchat.html import ENTITY_OF_TAG, parse_html

PLAIN_TAGS = sorted(set(ENTITY_OF_TAG) - {"a", "span", "tg-emoji", "code", "pre"})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def cut(text: str, entity: dict[str, Any]) -> str:
    """What an entity covers, found as Telegram's clients find it."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


@pytest.mark.parametrize(("tag", "kind"), sorted((tag, ENTITY_OF_TAG[tag]) for tag in [*PLAIN_TAGS, "code", "pre"]))
def test_each_tag_gives_its_entity(tag: str, kind: str) -> None:
    text, entities = parse_html(f"🦜 <{tag}>🦜 &lt;b</{tag}> c")
    assert text == "🦜 🦜 <b c"
    assert entities == [{"type": kind, "offset": 3, "length": 5}]


def test_nested_entities_start_with_the_widest() -> None:
    text, entities = parse_html("<i>a <b>bold <u>word</u></b></i>")
    assert [(entity["type"], cut(text, entity)) for entity in entities] == [
        ("italic", "a bold word"),
        ("bold", "bold word"),
        ("underline", "word"),
    ]


@pytest.mark.parametrize(
    ("markup", "entity"),
    [
        (
            '<a href="https://example.com/?a=1&amp;b=2">x</a>',
            {"type": "text_link", "url": "https://example.com/?a=1&b=2"},
        ),
        ("<a href='example.com'>x</a>", {"type": "text_link", "url": "http://example.com"}),
        ("<a href=example.com>x</a>", {"type": "text_link", "url": "http://example.com"}),
        ('<a href="tg://user?id=42">x</a>', {"type": "text_mention", "user": {"id": 42}}),
        ('<span class="tg-spoiler">x</span>', {"type": "spoiler"}),
        ("<blockquote expandable>x</blockquote>", {"type": "expandable_blockquote"}),
        ('<pre><code class="language-python">x</code></pre>', {"type": "pre", "language": "python"}),
        ('<code class="language-python"><pre>x</pre></code>', {"type": "pre", "language": "python"}),
        ("<pre><code>x</code></pre>", {"type": "pre"}),
        ("<code><b>x</b></code>", {"type": "code"}),
        ("<b  unknown = 'kept quiet' >x</>", {"type": "bold"}),
    ],
)
def test_tags_with_attributes(markup: str, entity: dict[str, Any]) -> None:
    assert parse_html(markup) == ("x", [{"offset": 0, "length": 1} | entity])


@pytest.mark.parametrize("markup", ["<a>no address</a>", '<a href="just words">no address</a>', "<b></b>no address"])
def test_tags_without_meaning_leave_their_text(markup: str) -> None:
    assert parse_html(markup) == ("no address", [])


def test_custom_emoji_fall_back_to_plain_ones() -> None:
    assert parse_html('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>') == ("👍", [])


def test_only_the_references_that_telegram_knows_are_decoded() -> None:
    assert parse_html("&lt;&gt;&amp;&quot;&#65;&#x1F99C; &lt") == ('<>&"A🦜 <', [])
    assert parse_html("&laquo; &nbsp; &#0; &#12345678; & &ltx;") == ("&laquo; &nbsp; &#0; &#12345678; & &ltx;", [])


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("🦜 <abc", "Unclosed start tag at byte offset 5"),
        ("🦜 <abc>", 'Unsupported start tag "abc" at byte offset 5'),
        ("1 < 2 ", 'Unsupported start tag "" at byte offset 2'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("<b =x>", 'Empty attribute name in the tag "b" at byte offset 0'),
        ("<b x>", 'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0'),
        ("<b x = ", 'Unclosed start tag "b" at byte offset 0'),
        ("🦜<b x=a,b>", "Unexpected end of name token at byte offset 9"),
        ('<b x="y>', "Unclosed start tag at byte offset 0"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("🦜<b>x</i>", 'Unmatched end tag at byte offset 8, expected "</b>", found "</i>"'),
        ("<b><i>x</i>", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
        (
            "&#xD800;",
            (
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            ),
        ),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(markup: str, reason: str) -> None:
    with pytest.raises(BotApiError) as refused:
        parse_html(markup)
    assert refused.value.code == 400
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@given(st.text(st.sampled_from("<>/&=\"' abi🦜#x;1-\n") | st.characters(exclude_categories=["Cs"])))
def test_any_markup_is_parsed_or_refused(markup: str) -> None:
    try:
        text, entities = parse_html(markup)
    except BotApiError as refused:
        text, entities = refused.description, []
        assert text.startswith("Bad Request: can't parse entities: ")
    assert all(0 < entity["length"] <= utf16_length(text) - entity["offset"] for entity in entities)


@given(TEXTS)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert parse_html(html.escape(text)) == (text, [])


@given(st.lists(st.tuples(st.sampled_from([None, *PLAIN_TAGS]), TEXTS), max_size=8))
def test_offsets_count_utf16_code_units(parts: list[tuple[str | None, str]]) -> None:
    markup = "".join(html.escape(text) if tag is None else f"<{tag}>{html.escape(text)}</{tag}>" for tag, text in parts)
    text, entities = parse_html(markup)
    assert text == "".join(part for _, part in parts)
    assert [(entity["type"], cut(text, entity)) for entity in entities] == [
        (ENTITY_OF_TAG[tag], part) for tag, part in parts if tag is not None and part
    ]
