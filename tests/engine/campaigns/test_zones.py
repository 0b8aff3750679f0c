"""Telephone numbers: their form of E.164, and where they may be."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from engine.campaigns.zones import (
    UNKNOWN_ZONE,
    load_zone,
    normalise_number,
    zones_of,
    zones_of_number,
)


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550100", ("America/New_York",)),
        ("+18085550100", ("Pacific/Honolulu",)),
        ("+12684641234", ("America/Antigua",)),  # a mobile: its code is its country
        ("+4930123456", ("Europe/Berlin",)),
        ("+61212345678", ("Australia/Sydney",)),
    ],
)
def test_a_number_with_an_area_is_in_the_zones_of_that(
    number: str, zones: tuple[str, ...]
) -> None:
    assert zones_of_number(number) == zones


@pytest.mark.parametrize(
    ("number", "some"),
    [
        ("+61412345678", {"Australia/Sydney", "Australia/Perth"}),
        ("+79123456789", {"Europe/Moscow", "Asia/Kamchatka"}),
        ("+34612345678", {"Europe/Madrid", "Atlantic/Canary"}),
        ("+18005550100", {"America/New_York", "Pacific/Honolulu"}),
    ],
)
def test_a_number_without_an_area_may_be_anywhere_in_its_country(
    number: str, some: set[str]
) -> None:
    assert some <= set(zones_of_number(number))


def example_numbers() -> list[phonenumbers.PhoneNumber]:
    """A number of each kind in each country."""
    return [
        number
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in phonenumbers.PhoneNumberType.values()
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]


def test_zones_are_those_of_the_plans() -> None:
    """But for North America, where a mobile has its area, too."""
    for number in example_numbers():
        if number.country_code != 1:
            text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            zones = timezone.time_zones_for_number(number)
            known = () if zones == (UNKNOWN_ZONE,) else zones
            assert zones_of_number(text) == known


def test_a_number_of_no_plan_has_no_zone() -> None:
    assert zones_of_number("+9991234567") == ()
    assert zones_of_number("+88312345678") == ()


def test_the_zone_that_was_given_goes_before_that_of_the_number() -> None:
    zone = "America/Denver"

    assert zones_of("+4930123456", given=zone, default=None) == (zone,)


def test_a_given_zone_that_does_not_exist_is_none() -> None:
    assert zones_of("+4930123456", given="Europe/Nowhere", default="UTC") == ()


def test_the_zone_of_the_campaign_is_for_numbers_without_any() -> None:
    assert zones_of("+88312345678", given=None, default="UTC") == ("UTC",)
    assert zones_of("+4930123456", given=None, default="UTC") == ("Europe/Berlin",)
    assert zones_of("+88312345678", given=None, default=None) == ()


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+4930123456", None, "+4930123456"),
        ("+49 (30) 12 34-56", None, "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("0011 49 30 123456", "AU", "+4930123456"),
        ("tel:+4930123456", None, "+4930123456"),
        ("+390612345678", None, "+390612345678"),  # its zero is a part of it
    ],
)
def test_a_number_is_brought_to_e164(
    text: str, region: str | None, number: str
) -> None:
    assert normalise_number(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "says"),
    [
        ("030 123456", None, "no plus and country code"),
        ("seven", "DE", "is no telephone number"),
        ("", "DE", "is no telephone number"),
        ("+1212555010", None, "more or fewer digits"),
        ("+121255501000", None, "more or fewer digits"),
        ("+9991234567", None, "is no telephone number"),
        ("030 123456 ext. 7", "DE", "extension"),
        ("030 123456", "XX", "is no telephone number"),
    ],
)
def test_what_is_no_number_is_told(text: str, region: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        normalise_number(text, region)

    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../zoneinfo/UTC", "/etc/passwd", "Europe"]
)
def test_a_name_of_a_zone_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        load_zone(name)


def test_every_zone_of_a_plan_has_rules() -> None:
    names = {zone for zones in TIMEZONE_DATA.values() for zone in zones}

    assert [load_zone(name).key for name in sorted(names - {UNKNOWN_ZONE})]
