"""Limits on the requests in hand."""

from __future__ import annotations

import pytest

from bot.web.api.admission import Admission
from bot.web.api.problems import Problem


def test_images_that_are_downloaded_count_as_the_largest_ones_until_they_are_labelled() -> None:
    admission = Admission()
    with admission.admit("a", 100), admission.downloads("a", 4):
        with pytest.raises(Problem, match="busy"), admission.admit("a", 100), admission.downloads("a", 1):
            pytest.fail("a fifth download is refused")
        assert admission.in_hand == 1
        with admission.admit("b", 100), admission.downloads("b", 4):
            assert admission.in_hand == 2
    with admission.admit("a", 100), admission.downloads("a", 4):
        assert admission.in_hand == 1
    assert admission.in_hand == 0
