"""The code that makes the first admin: long, good once, and for ten minutes."""

from __future__ import annotations

import re

from bot.domain.claim_code import VALID_S, ClaimCode, claim_link


def test_a_code_is_good_once() -> None:
    code = ClaimCode()
    assert code.redeem(code.text)
    assert not code.redeem(code.text)
    code.give_back()
    assert code.redeem(code.text)


def test_a_wrong_code_uses_nothing_up() -> None:
    code = ClaimCode()
    for wrong in ("", code.text[:-1], code.text + "x", code.text.swapcase(), "é" * 32, "\ud800"):
        assert not code.redeem(wrong)
    assert code.redeem(code.text)


def test_a_code_expires() -> None:
    now_s = 0.0
    late, in_time = (ClaimCode(lambda: now_s) for _ in range(2))
    now_s = VALID_S - 1
    assert in_time.redeem(in_time.text)
    now_s = VALID_S
    assert not late.redeem(late.text)


def test_codes_have_192_random_bits_that_a_link_can_hold() -> None:
    codes = {ClaimCode().text for _ in range(100)}
    assert len(codes) == 100
    assert all(re.fullmatch(r"[\w-]{32}", text, re.ASCII) for text in codes)


def test_a_link_hands_its_code_to_the_bot() -> None:
    code = ClaimCode()
    link = claim_link("some_bot", code)
    assert link == f"https://t.me/some_bot?start=claim-{code.text}"
    payload = link.partition("=")[2]
    assert len(payload) <= 64, "which is what Telegram takes"
