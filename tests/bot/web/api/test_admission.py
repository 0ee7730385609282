"""Limits on the requests in flight."""

from __future__ import annotations

import pytest

from bot.web.api.admission import Admission
from bot.web.api.problems import Problem


def test_images_that_are_downloaded_count_as_the_largest_ones_until_they_are_labelled() -> None:
    admission = Admission(max_requests=2)
    with admission.admit("a", 100), admission.downloads("a", 4):
        with pytest.raises(Problem, match="busy"), admission.admit("a", 100), admission.downloads("a", 1):
            pytest.fail("a fifth download is refused")
        with (
            admission.admit("b", 100),
            admission.downloads("b", 4),
            pytest.raises(Problem, match="busy"),
            admission.admit("c", 100),
        ):
            pytest.fail("a third request is refused")
    with admission.admit("a", 100), admission.downloads("a", 4), admission.admit("b", 100):
        pass
