"""Which address a request comes from, when proxies may stand in between."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
HOME_BITS = 64  # of an IPv6 address; the rest a single computer chooses as it likes

Address = IPv4Address | IPv6Address


def of_request(request: HttpRequest) -> str:
    """Return the address of whoever sent a request."""
    return of(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        settings.TRUSTED_PROXIES,
    )


def of(remote: str, forwarded_for: str, trusted: Iterable[str]) -> str:
    """Return the nearest address that is not one of our proxies.

    Anybody can send the header, so its entries count only as far as proxies of ours wrote them,
    which each add theirs at the end.

    Args:
        remote: Of the connection; empty where there is none.
        forwarded_for: The header X-Forwarded-For.
        trusted: Addresses, or networks such as 10.0.0.0/8, of the proxies in front.
    """
    networks = _networks(tuple(trusted))
    nearest = UNKNOWN
    for text in (remote, *reversed(forwarded_for.split(","))):
        address = _read(text)
        if address is None:
            return nearest
        nearest = str(address)
        if not any(address in network for network in networks):
            return nearest
    return nearest


def home(address: str) -> str:
    """Return what stands for an address where each is to be counted once.

    >>> home("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::/64'
    """
    if ":" not in address:
        return address
    return str(ip_network((address, HOME_BITS), strict=False))


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each, strict=False) for each in trusted)
