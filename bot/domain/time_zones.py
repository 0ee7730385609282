"""The time zones that a chat may choose, as the names of places in the IANA database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

# From west to east by continents. Each rule about summer time has its most populous places, the largest first.
ZONES = (
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "America/Adak", "Pacific/Marquesas", "Pacific/Gambier"),
    *("America/Anchorage", "America/Los_Angeles", "America/Vancouver", "America/Tijuana", "America/Denver"),
    *("America/Edmonton", "America/Phoenix", "America/Hermosillo", "America/Mexico_City", "America/Guatemala"),
    *("America/Costa_Rica", "America/Regina", "America/Chicago", "America/Winnipeg", "Pacific/Easter"),
    *("America/Lima", "America/Bogota", "America/Guayaquil", "America/Panama", "America/Jamaica", "America/Cancun"),
    *("America/New_York", "America/Toronto", "America/Havana", "America/Port-au-Prince", "America/Caracas"),
    *("America/Santo_Domingo", "America/La_Paz", "America/Manaus", "America/Puerto_Rico", "America/Halifax"),
    *("America/St_Johns", "America/Santiago", "America/Sao_Paulo", "America/Argentina/Buenos_Aires"),
    *("America/Montevideo", "America/Asuncion", "America/Cayenne", "America/Miquelon", "America/Noronha"),
    *("America/Nuuk", "Atlantic/Cape_Verde", "Atlantic/Azores", "Africa/Abidjan", "Africa/Accra", "Africa/Dakar"),
    *("Atlantic/Reykjavik", "Europe/London", "Europe/Lisbon", "Europe/Dublin", "Atlantic/Canary"),
    *("Africa/Lagos", "Africa/Kinshasa", "Africa/Luanda", "Africa/Algiers", "Africa/Tunis", "Africa/Casablanca"),
    *("Europe/Paris", "Europe/Madrid", "Europe/Berlin", "Europe/Rome", "Europe/Vienna", "Europe/Zurich"),
    *("Europe/Brussels", "Europe/Amsterdam", "Europe/Prague", "Europe/Warsaw", "Europe/Budapest"),
    *("Europe/Belgrade", "Europe/Stockholm", "Europe/Copenhagen", "Europe/Oslo", "Africa/Johannesburg"),
    *("Africa/Khartoum", "Africa/Maputo", "Africa/Lusaka", "Africa/Harare", "Africa/Tripoli"),
    *("Europe/Kaliningrad", "Africa/Cairo", "Europe/Kyiv", "Europe/Athens", "Europe/Bucharest", "Europe/Sofia"),
    *("Europe/Helsinki", "Europe/Riga", "Europe/Vilnius", "Europe/Tallinn", "Europe/Chisinau", "Asia/Nicosia"),
    *("Asia/Jerusalem", "Asia/Gaza", "Asia/Beirut", "Europe/Istanbul", "Europe/Moscow", "Asia/Riyadh"),
    *("Asia/Baghdad", "Africa/Nairobi", "Africa/Addis_Ababa", "Europe/Minsk", "Asia/Amman", "Asia/Damascus"),
    *("Asia/Kuwait", "Asia/Qatar", "Asia/Aden", "Asia/Tehran", "Asia/Dubai", "Asia/Muscat", "Asia/Baku"),
    *("Asia/Tbilisi", "Asia/Yerevan", "Europe/Samara", "Europe/Saratov", "Indian/Mauritius", "Asia/Kabul"),
    *("Asia/Karachi", "Asia/Tashkent", "Asia/Yekaterinburg", "Asia/Almaty", "Indian/Maldives", "Asia/Kolkata"),
    *("Asia/Colombo", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Omsk", "Asia/Bishkek", "Asia/Yangon", "Asia/Jakarta"),
    *("Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Novosibirsk", "Asia/Krasnoyarsk", "Asia/Shanghai"),
    *("Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Manila", "Asia/Kuala_Lumpur", "Australia/Perth"),
    *("Asia/Irkutsk", "Asia/Ulaanbaatar", "Australia/Eucla", "Asia/Tokyo", "Asia/Seoul", "Asia/Pyongyang"),
    *("Asia/Yakutsk", "Australia/Darwin", "Australia/Adelaide", "Australia/Brisbane", "Asia/Vladivostok"),
    *("Pacific/Port_Moresby", "Pacific/Guam", "Australia/Sydney", "Australia/Melbourne", "Australia/Hobart"),
    *("Australia/Lord_Howe", "Pacific/Guadalcanal", "Pacific/Noumea", "Asia/Magadan", "Asia/Sakhalin"),
    *("Pacific/Norfolk", "Pacific/Fiji", "Asia/Kamchatka", "Pacific/Tarawa", "Pacific/Auckland"),
    *("Pacific/Tongatapu", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati"),
)
# The zones of most people who speak a language of the bot.
PLAUSIBLE: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles", "Asia/Kolkata"),
        "Australia/Sydney",
    ),
    "de": ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
    "es": (
        *("Europe/Madrid", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago"),
        "America/Argentina/Buenos_Aires",
    ),
    "pt": ("America/Sao_Paulo", "Europe/Lisbon", "America/Manaus", "Africa/Luanda"),
    "ru": (
        *("Europe/Moscow", "Europe/Minsk", "Asia/Almaty", "Asia/Yekaterinburg", "Asia/Novosibirsk"),
        "Asia/Vladivostok",
    ),
    "uk": ("Europe/Kyiv", "Europe/Warsaw"),
    "ar": (*("Africa/Cairo", "Asia/Riyadh", "Asia/Dubai", "Asia/Baghdad", "Africa/Casablanca", "Africa/Algiers"),),
}


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. The library forgets all but eight zones, and then reads their files again."""
    return ZoneInfo(name)


def offset_min(name: str, now: datetime) -> int:
    """Return the offset of a zone from UTC in minutes, at an aware time."""
    offset = now.astimezone(zone_of(name)).utcoffset()
    assert offset is not None, "the time is aware"
    return offset // timedelta(minutes=1)


def offsets_in_use(now: datetime) -> list[int]:
    """Return the offsets from UTC that some zone has now, in minutes, from west to east."""
    return [offset for offset, _ in groupby(sorted(offset_min(name, now) for name in ZONES))]


def zones_with(offset: int, language: str, now: datetime) -> list[str]:
    """Return the zones that have an offset from UTC now, first those of people who speak a language.

    Args:
        offset: offset in minutes.
        language: ISO 639 code of the language.
        now: aware time.
    """
    zones = dict.fromkeys((*PLAUSIBLE.get(language, ()), *ZONES))
    return [name for name in zones if offset_min(name, now) == offset]
