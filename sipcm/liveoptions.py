"""The options of live capture: from which interfaces, how, and what becomes of it."""

from sipcm import duration
from sipcm.option import BOOL, DURATION, INT, NAMES, STRING, Option

LIVE = "Live capture"

LARGEST_RING = 4096
"""Megabytes."""

WHOLE_PACKETS = 262_144
"""Bytes; no packet is longer."""

LIVE_OPTIONS = (
    Option(
        LIVE,
        "i",
        NAMES,
        (),
        "Capture packets from this network interface, or from several separated by commas; any "
        "stands for all of them.",
        metavar="INTERFACE",
        aliases=("iface",),
        repeated=True,
    ),
    Option(
        LIVE,
        "promisc",
        BOOL,
        True,
        "Also capture what is sent to other machines. -promisc=false leaves that out.",
    ),
    Option(
        LIVE,
        "snaplen",
        INT,
        WHOLE_PACKETS,
        "Keep at most the first N bytes of a packet.",
        metavar="N",
        lowest=64,
        highest=WHOLE_PACKETS,
    ),
    Option(
        LIVE,
        "ring_mb",
        INT,
        64,
        "Let the kernel keep so many megabytes of packets of each interface while sipcm is busy. 0 "
        "uses no ring, which is slower.",
        metavar="N",
        lowest=0,
        highest=LARGEST_RING,
    ),
    Option(
        LIVE,
        "wait_interface",
        BOOL,
        False,
        "Wait for interfaces that are not there yet.",
    ),
    Option(
        LIVE,
        "max_blocked_timeout",
        DURATION,
        duration.SECOND,
        "On a silent interface look after timers at least this often.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        LIVE,
        "capture_http",
        BOOL,
        False,
        "Also capture what is sent to and from the pages of -p.",
    ),
    Option(
        LIVE,
        "user",
        STRING,
        "",
        "Once the interfaces are open go on as this user, with no right but to capture.",
        metavar="NAME",
    ),
    Option(
        LIVE,
        "w",
        STRING,
        "",
        "Write what is captured to this pcapng file; the suffix .gz or .zst compresses it.",
        metavar="FILE",
        aliases=("write",),
    ),
    Option(
        LIVE,
        "w_max_mb",
        INT,
        0,
        "Begin another file of -w after so many megabytes. Time and number are added to the names.",
        metavar="N",
        lowest=0,
    ),
    Option(
        LIVE,
        "w_max_time",
        DURATION,
        0,
        "Begin another file of -w after this time.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        LIVE,
        "w_max_files",
        INT,
        0,
        "Keep the last N files of -w.",
        metavar="N",
        lowest=0,
    ),
)
