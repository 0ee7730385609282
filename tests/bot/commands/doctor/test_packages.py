from __future__ import annotations

import pytest

from bot.commands.doctor.findings import Status
from bot.commands.doctor.packages import check_extras, check_packages, check_python, package_faults


def test_what_the_tests_run_on_will_do() -> None:
    assert [(finding.name, finding.status) for finding in (*check_python(), *check_packages())] == [
        ("python", Status.OK),
        ("packages", Status.OK),
    ]


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("numpy>=2.0", None),
        ("sqlalchemy[asyncio]>=2.0", None),
        ("numpy>=99", "numpy is "),
        ("numpy<1,>=0.5", ", expected <1,>=0.5"),
        ("there-is-no-such-package", "there-is-no-such-package is not installed"),
        ('there-is-no-such-package; extra == "dev"', None),
        ('there-is-no-such-package; python_version < "3"', None),
    ],
)
def test_each_requirement_is_met_or_told(requirement: str, fault: str | None) -> None:
    faults = list(package_faults([requirement]))
    assert faults == [] if fault is None else fault in faults[0]


def test_the_extras_that_are_installed_are_told() -> None:
    (finding,) = check_extras()
    assert finding.status is Status.OK
    assert "plots, tensorflow" in finding.detail.partition("; not installed")[0]
    assert "dev" not in finding.detail


def test_the_requirements_of_an_extra_and_of_its_extras_are_looked_at() -> None:
    optional = ['there-is-no-such-package; extra == "more"', 'labelbot[nothing-there]; extra == "more"']
    assert list(package_faults(optional)) == []
    assert list(package_faults(optional, "more")) == ["there-is-no-such-package is not installed"]
    assert list(package_faults(["import-linter[no-such-extra]"])) == []
