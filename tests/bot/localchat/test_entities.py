from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localchat.entities import find_entities, utf16_length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("look: https://example.com/cat.jpg, nice", [("url", "https://example.com/cat.jpg")]),
        ("(http://example.com/a?b=1&c=d)", [("url", "http://example.com/a?b=1&c=d")]),
        ("example.com/cat.png and photo.py", [("url", "example.com/cat.png"), ("url", "photo.py")]),
        ("/label@labelbot_local_bot now", [("bot_command", "/label@labelbot_local_bot")]),
        ("🦜 /top 3", [("bot_command", "/top")]),
        ("either/or, 3/4, </b>", []),
        ("write to bob@example.com.", [("email", "bob@example.com")]),
        ("hi @alice_local!", [("mention", "@alice_local")]),
        ("#cats and #1", [("hashtag", "#cats")]),
        ("e.g. this... https://", []),
    ],
)
def test_what_stands_out_in_plain_text(text: str, found: list[tuple[str, str]]) -> None:
    units = text.encode("utf-16-le")
    cut = [
        (e["type"], units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"))
        for e in find_entities(text)
    ]
    assert cut == found


@given(st.text(st.sampled_from("a.@/:#_ 🦜-https1") | st.characters(exclude_categories=["Cs"])))
def test_entities_lie_within_the_text_one_after_the_other(text: str) -> None:
    end = 0
    for entity in find_entities(text):
        assert entity["offset"] >= end
        assert entity["length"] > 0
        end = entity["offset"] + entity["length"]
    assert end <= utf16_length(text)
