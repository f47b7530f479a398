"""Who may ask, and who may change something: the checks before any page, and the headers after.

A page of another site cannot read ours: the name in Host must be one of ours, else a name that
somebody points at our address would make us a part of his site (DNS rebinding). It cannot change
anything either: a POST must come from our own origin, or from no page at all, as with curl.
"""

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address

from multidict import MultiMapping

from sipcm.httpui.page import RefusedError
from sipcm.option import quote

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer: with that a browser's own forms come from the origin "null" (Fetch 3.2).
    "Referrer-Policy": "same-origin",
    "Server": "sipcm",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with every answer."""

_HOST = re.compile(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^:]*))(?::\d{0,5})?")


def own_names(given: Iterable[str]) -> frozenset[str]:
    """Return the names that Host may have: of this machine, and those that were *given*."""
    machine = socket.gethostname()
    names = ["localhost", machine, machine.partition(".")[0], *given]
    return frozenset(name.lower().rstrip(".") for name in names if name)


def check_host(host: str | None, names: frozenset[str]) -> None:
    """Raise RefusedError unless *host*, with or without a port, is an address or one of *names*.

    A request without a Host is none of a browser's; simple probes send such.
    """
    if host is None:
        return
    found = _HOST.fullmatch(host)
    if found is None or not _is_ours(found, names):
        raise RefusedError(
            403, f"Host {quote(host)} is not a name of this server: allow it with -http_hosts"
        )


def check_target(target: str, names: frozenset[str]) -> None:
    """Raise RefusedError when a request's *target* is a whole address, and not of this server.

    To proxies such are sent (RFC 9112 3.2.2); the host in it goes before that of Host.
    """
    _, separator, rest = target.partition("://")
    if separator and not target.startswith("/"):
        check_host(re.split("[/?#]", rest, maxsplit=1)[0], names)


def check_origin(method: str, host: str | None, headers: MultiMapping[str]) -> None:
    """Raise RefusedError when the page of another site sends what may change something.

    Before us may stand a proxy that speaks TLS, so both schemes are ours.
    """
    if method in {"GET", "HEAD"}:
        return
    sites, origins = headers.getall("Sec-Fetch-Site", ()), headers.getall("Origin", ())
    ours = {f"http://{host}", f"https://{host}"}
    if not {"same-origin", "none"}.issuperset(sites) or not ours.issuperset(origins):
        raise RefusedError(403, "this may only be sent from a page of this server itself")


def _is_ours(found: re.Match[str], names: frozenset[str]) -> bool:
    bracketed, plain = found["bracketed"], found["plain"] or ""
    if bracketed is None and plain.lower().rstrip(".") in names:
        return True
    try:
        ip_address(plain if bracketed is None else bracketed.partition("%")[0])
    except ValueError:
        return False
    return True
