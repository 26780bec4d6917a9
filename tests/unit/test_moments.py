"""Moments belong to a zone and to their date, on both sides of a change of clocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from l335.core.moments import age, date, date_and_time, iso, with_zone, zone_of

BERLIN, NEW_YORK, SYDNEY = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Sydney"))
SUMMER = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # clocks in Berlin go back on the 25th
WINTER = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)


@pytest.fixture(params=["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """This machine stands in another zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    time.tzset()


def test_each_moment_has_the_offset_of_its_own_date() -> None:
    assert with_zone(SUMMER, BERLIN) == "2026-10-25 00:30 CEST"
    assert with_zone(WINTER, BERLIN) == "2026-10-25 23:30 CET"
    assert with_zone(SUMMER, SYDNEY) == "2026-10-25 09:30 AEDT"
    assert iso(SUMMER, BERLIN) == "2026-10-25T00:30:00+02:00"
    assert iso(WINTER, BERLIN) == "2026-10-25T23:30:00+01:00"
    assert iso(None) is None


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = [with_zone(first + timedelta(hours=n), BERLIN) for n in (0, 1)]
    assert shown == ["2026-10-25 02:30 CEST", "2026-10-25 02:30 CET"]


def test_this_machine_s_zone_is_that_of_the_date_too(machine: ZoneInfo) -> None:
    for moment in (SUMMER, WINTER, SUMMER - timedelta(days=200)):
        assert iso(moment) == iso(moment, machine)
        assert with_zone(moment) == with_zone(moment, machine)
        assert date(moment) == date(moment, machine)


def test_a_zone_without_a_name_is_called_by_its_offset() -> None:
    assert with_zone(WINTER, ZoneInfo("Asia/Dubai")) == "2026-10-26 02:30 UTC+04:00"
    assert with_zone(WINTER, zone_of(None, -330)) == "2026-10-26 04:00 UTC+05:30"
    assert with_zone(WINTER, UTC) == "2026-10-25 22:30 UTC"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=50), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=9), "9 hours ago"),
        (timedelta(hours=10), "1 Jan 23:30"),
        (timedelta(days=1, hours=10), "31 Dec 2029 23:30"),
        (timedelta(days=100), "24 Sep 2029 10:30"),
    ],
)
def test_an_age_ends_with_the_day_and_the_year(before: timedelta, words: str) -> None:
    now = datetime(2030, 1, 2, 8, 30, tzinfo=UTC)  # half past nine in Berlin
    assert age(now - before, BERLIN, now) == words


def test_the_day_is_the_viewer_s() -> None:
    now = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)
    moment = now - timedelta(hours=4)
    assert age(moment, BERLIN, now) == "4 hours ago"
    assert age(moment, UTC, now) == "1 Jan 23:00"
    assert age(moment, NEW_YORK, now) == "4 hours ago"


def test_words_of_a_choice_stay_the_same_whenever_they_are_read() -> None:
    assert date_and_time(SUMMER, NEW_YORK) == "24 Oct 2026 18:30"
    assert date(SUMMER, BERLIN) == "25 October 2026"


@pytest.mark.parametrize("name", [None, "", "Nowhere/Town", "../etc/passwd", "/etc", "Europe"])
def test_a_name_that_is_no_zone_gives_way_to_the_offset(name: str | None) -> None:
    zone = zone_of(name, -60)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=1)
    assert zone_of(name) is None
