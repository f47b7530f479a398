"""Expressions that are meant to make the compiler work for long, in any size."""

WHOLE = 65_536
"""Characters of the longest expression that is read."""


def hostile(part: int = 1) -> dict[str, str]:
    """Return the expressions by name, with everything so many times less often in them."""

    def many(pattern: str, count: int) -> str:
        return pattern * (count // part)

    def filled(pattern: str, size: int = WHOLE) -> str:
        return many(pattern, size // len(pattern))

    def nested(opening: str, inside: str, closing: str, count: int) -> str:
        return many(opening, count) + inside + many(closing, count)

    def numbered(pattern: str, count: int, joint: str = " or ", *, by: int = 1) -> str:
        """Return *pattern* with numbers up to *count* in it, and with what follows from them."""
        return joint.join(
            pattern.format(n=n, high=n >> 8, low=n & 255, next=n + 7)
            for n in range(1, count // part, by)
        )

    return {
        "answers that follow from each other": numbered(
            "(src host 10.0.{high}.{low} and dst port {n} and not udp src portrange {n}-{next})",
            701,
        ),
        "fewer of those": numbered(
            "(src host 10.0.{high}.{low} and dst port {n} and not udp src portrange {n}-{next})",
            271,
        ),
        "alternatives of all kinds": numbered(
            "((host 10.0.9.{low} or net 10.{low}.0.0/16) and (port {n} or portrange {n}-{next})"
            " and not (tcp or src port {low}))",
            560,
        ),
        "comparisons": numbered("(ip[{low}] < ip[{n}] and len > udp[{low}])", 1_400),
        "none of many pairs": numbered("not (host 10.0.{high}.{low} and port {n})", 1_300, " and "),
        "bits of one number": numbered("(ip[8:2] & {n} = {low} and ip[10:2] != {n})", 1_400),
        "one of two, many times": numbered(
            "(port {n} or not host 10.0.{high}.{low})", 1_400, " and "
        ),
        "not one of many": numbered("ip[8:2] != {n}", 4_000, " and "),
        "not one of many, or": numbered("(ip[8:2] != {n} and ip[8:2] != {next})", 1_700),
        "nothing, at length": filled("port 1 or ", 60_000) + "port 1 and ip and ip6",
        "nothing, in many parts": f"({filled('port 1 or ', 40_000)}port 1)"
        + " and ip and ip6" * 99,
        "parentheses": nested("(", "ip", ")", 10_000),
        "parentheses around an id": "port " + nested("(", "5060", ")", 10_000),
        "parentheses in arithmetic": nested("(", "len", ")", 10_000) + " > 5",
        "open parentheses": many("(", 60_000),
        "parentheses before a number": nested("(", "5", ")", 3_000),
        "not": many("not ", 100_000) + "ip",
        "not, in 64 KiB": many("not ", 16_000) + "ip",
        "exclamation marks": many("!", 60_000) + "ip",
        "not of groups": nested("not (", "ip", ")", 10_000),
        "not of ids": "port " + many("not ", 10_000) + "5060",
        "ports": filled("port 1 or ") + "port 1",
        "different ports": numbered("port {n}", 5_000),
        "ports, every other one": "port " + numbered("{n}", 20_000, by=2),
        "port ranges": numbered("portrange {n}-{next}", 20_000, by=9),
        "hosts": numbered("host 10.{high}.{low}.1", 3_000),
        "hosts, IPv6": numbered("host 2001:db8::{n:x}", 2_500),
        "hosts and ports": numbered("(host 10.0.{n}.1 and port {n})", 250),
        "exclusive or": numbered("(tcp[{n}] = 1 and not udp[{n}] = 1)", 1_000),
        "not, each": numbered("not net 10.{n}.0.0/16", 256, " and "),
        "and and or": "ip" + many(" and udp or tcp", 4_000),
        "and and or, nested": nested("ip and (udp or (", "tcp", "))", 4_000),
        "and and or of relations": numbered("(ip[{n}] = {n} or len > {n})", 1_000, " and "),
        "nested to the right": numbered("(port {n} or ", 2_000, "") + "ip" + many(")", 1_999),
        "nested to the right, allowed": numbered("(port {n} or ", 150, "")
        + "ip"
        + ")" * (150 // part - 1),
        "unary minus": many("-", 60_000) + "5 < len",
        "unary minus, apart": many("- ", 30_000) + "5 < len",
        "sum": "ip[0]" + many(" + 1", 16_000) + " > 5",
        "sum of loads": numbered("ip[{n}]", 6_000, " + ") + " > 5",
        "sum to the right": nested("(1 + ", "len", ")", 5_000) + " > 5",
        "modulus, which takes all to its right": "1" + many(" % 7", 16_000) + " = 5",
        "loads in loads": nested("ip[", "0", "]", 10_000) + " = 5",
        "loads in loads, allowed": nested("ip[", "0", "]", 150) + " = 5",
        "scratch memory": "len" + nested("+(len", "", ")", 100) + " > 5",
        "vlan": "vlan" + many(" and vlan", 6_000),
        "vlan, or": "vlan" + many(" or vlan", 6_000),
        "mpls": "mpls" + many(" and mpls", 6_000),
        "pppoes": "pppoes" + many(" and pppoes", 4_000),
        "geneve": "geneve" + many(" and geneve", 200),
        "geneve and ports": "geneve and port 5060" + many(" and geneve and port 5060", 60),
        "protochain": numbered("protochain {low}", 1_500),
        "one name": many("a", 65_000),
        "one number": "port " + many("9", 65_000),
        "one hexadecimal number": "port 0x" + many("f", 65_000),
        "colons": "host " + many(":", 65_000),
        "dots": "host " + many("1.", 32_000),
        "brackets": "ip" + many("[", 60_000),
        "backslashes": "proto " + many("\\", 60_000),
        "blanks": many(" ", 65_000),
        "longer than is read": many(" ", 10_000_000),
        "NULs": many("\0", 65_000),
        "lone surrogates": many("\ud800", 60_000),
        "digits of other scripts": "port " + many("\u0665\u0660\u0666\u0660", 16_000),
    }
