"""The one table of what sipcm can be told.

The parser of the command line, ``-help``, the configuration file, the environment and the page
that shows the settings are all made from ``OPTIONS``.
"""

import sys

from sipcm import duration
from sipcm.accessoptions import ACCESS_OPTIONS, WEB
from sipcm.calloptions import CALL_OPTIONS, CALLS
from sipcm.liveoptions import LIVE, LIVE_OPTIONS
from sipcm.option import (
    BOOL,
    CHOICE,
    DURATION,
    DURATIONS,
    FLOAT,
    INT,
    INTS,
    NAMES,
    STRING,
    WORDS,
    Option,
)
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.streamoptions import STREAM_OPTIONS, STREAMS

INPUT = "Input"
REPLAY = "Replay"
OUTPUT = "Events and output"
RATES = "Too many events"
GENERAL = "General"
GROUPS = (INPUT, LIVE, REPLAY, CALLS, OUTPUT, RATES, WEB, STREAMS, GENERAL)

LARGEST_STORE = 65_536
"""Megabytes."""

EVENT_TYPES = EVENT_NAMES[1:]
"""All but the one that means none."""

OPTIONS = (
    Option(
        INPUT,
        "pcap",
        STRING,
        (),
        "Read packets from this capture file, or from several named in one value and separated by "
        "spaces. - is standard input.",
        metavar="FILE",
        repeated=True,
    ),
    Option(
        INPUT,
        "pcap_loop",
        INT,
        0,
        "Read all files N times, one pass after the other. 0 and 1 both mean once.",
        metavar="N",
        lowest=0,
    ),
    Option(
        INPUT,
        "bpf",
        STRING,
        "",
        "Read only the packets that this filter matches, in the language of tcpdump, as udp port "
        "5060 or 5061. Where it asks for ports, later fragments pass too.",
        metavar="FILTER",
    ),
    Option(
        INPUT,
        "bpf_exact",
        BOOL,
        False,
        "Let no fragment pass that -bpf itself does not match.",
    ),
    Option(
        INPUT,
        "bpf_dump",
        BOOL,
        False,
        "Print the program that -bpf is compiled to, as tcpdump -d does, then end.",
    ),
    Option(
        INPUT,
        "vxlan_ports",
        INTS,
        (4789,),
        "Look for VXLAN behind these UDP ports, separated by commas.",
        metavar="PORTS",
        lowest=1,
        highest=65_535,
        count=0,
    ),
    Option(
        INPUT,
        "dedup",
        BOOL,
        True,
        "Count a packet that was captured twice within 5 ms, but follow it once.",
    ),
    Option(
        INPUT,
        "end_force_timeout",
        DURATION,
        0,
        "At the end of the input let every timer run for at most this long, so that open calls "
        "give their last events. 0s leaves the timers alone.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        INPUT,
        "end_wait",
        DURATION,
        0,
        "At the end of the input let time in the capture run on for this long.",
        metavar="TIME",
        lowest=0,
    ),
    *LIVE_OPTIONS,
    Option(
        REPLAY,
        "replay",
        BOOL,
        False,
        "Read files at the speed at which they were recorded.",
    ),
    Option(
        REPLAY,
        "delay_scale",
        FLOAT,
        0.0,
        "Multiply the time between packets: 0.1 is ten times faster. 0 does not scale.",
        metavar="FACTOR",
        aliases=("replay_scale",),
    ),
    Option(
        REPLAY,
        "min_delay",
        DURATION,
        0,
        "Wait at least this long between packets.",
        metavar="TIME",
        aliases=("replay_min_delay",),
        lowest=0,
    ),
    Option(
        REPLAY,
        "max_delay",
        DURATION,
        0,
        "Wait at most this long between packets, even if -min_delay is longer. 0s sets no limit.",
        metavar="TIME",
        aliases=("replay_max_delay",),
        lowest=0,
    ),
    *CALL_OPTIONS,
    Option(
        OUTPUT,
        "event_buffer_size",
        INT,
        10_240,
        "Keep the last N events; fewer where these take more than 2 kB each on average.",
        metavar="N",
        lowest=1,
        highest=100_000_000,
    ),
    Option(
        OUTPUT,
        "event_types_blst",
        WORDS,
        (),
        "Do not keep events of these types, separated by commas; they are only counted.",
        metavar="TYPES",
        words=EVENT_TYPES,
    ),
    Option(
        OUTPUT,
        "json",
        STRING,
        "",
        "Write every event to this file, one JSON object a line. - is standard output; the "
        "statistics then go to standard error.",
        metavar="PATH",
    ),
    Option(
        OUTPUT,
        "show",
        WORDS,
        (),
        "Print these lists before the statistics: calls, events, registrations, or some of them "
        "separated by commas.",
        metavar="LISTS",
        words=("calls", "events", "registrations"),
    ),
    Option(
        OUTPUT,
        "select",
        STRING,
        "",
        "Write and show only events that this expression fits, such as status >= 400 and not "
        "method = OPTIONS. docs/selecting.md explains it.",
        metavar="EXPRESSION",
    ),
    Option(
        OUTPUT,
        "verbose",
        BOOL,
        False,
        "Write a line about every packet to standard error.",
    ),
    Option(
        RATES,
        "evr_limits",
        INTS,
        (),
        "Tell at most so many events of one type and sender in each of -evr_intervals; 0 sets no "
        "limit. Unless given: 20,240,3600 for live capture, none for files.",
        metavar="N,N,N",
        lowest=0,
        highest=1_000_000_000,
        count=3,
    ),
    Option(
        RATES,
        "evr_intervals",
        DURATIONS,
        (duration.SECOND, duration.MINUTE, duration.HOUR),
        "The intervals that -evr_limits are for. 0s leaves one out.",
        metavar="TIME,TIME,TIME",
        lowest=0,
        count=3,
    ),
    Option(
        RATES,
        "evr_conseq_report_min",
        INT,
        100,
        "Of events over a limit tell the first, the Nth, and then each time their number doubles.",
        metavar="N",
        lowest=1,
    ),
    Option(
        RATES,
        "evr_conseq_report_max",
        INT,
        10_000,
        "From the Nth event over a limit on tell each Nth.",
        metavar="N",
        lowest=1,
    ),
    Option(
        RATES,
        "evr_max_entries",
        INT,
        1_048_576,
        "Keep the rates of at most N types and senders.",
        metavar="N",
        lowest=1,
        highest=100_000_000,
    ),
    Option(
        RATES,
        "evr_gc_interval",
        DURATION,
        10 * duration.SECOND,
        "Forget this often those that have not sent for a while. 0s never does before "
        "-evr_max_entries is near.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        RATES,
        "evr_gc_old_age",
        DURATION,
        5 * duration.MINUTE,
        "Forget them when they have not sent for so long.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        RATES,
        "evr_gc_target",
        INT,
        10,
        "Forget none as long as there are no more than N.",
        metavar="N",
        lowest=0,
    ),
    Option(
        WEB,
        "p",
        INT,
        0,
        "Serve web pages on this port. 0 serves none.",
        metavar="PORT",
        aliases=("http_port",),
        lowest=0,
        highest=65_535,
    ),
    Option(
        WEB,
        "l",
        STRING,
        "127.0.0.1",
        "Serve web pages on this address. 0.0.0.0 or :: opens them to the network; unix:PATH is a "
        "unix socket, which needs no -p.",
        metavar="ADDRESS",
        aliases=("http_addr",),
    ),
    Option(
        WEB,
        "http_hosts",
        NAMES,
        (),
        "Serve requests that call this machine by one of these names, beside its addresses, its "
        "own name and localhost.",
        metavar="NAMES",
    ),
    *ACCESS_OPTIONS,
    Option(
        WEB,
        "messages_mb",
        INT,
        64,
        "Keep the newest messages of calls, in so many megabytes, for the pages that show a call. "
        "0 keeps none.",
        metavar="N",
        lowest=0,
        highest=LARGEST_STORE,
    ),
    Option(
        WEB,
        "forever",
        BOOL,
        False,
        "Go on serving web pages after the end of the input.",
        aliases=("run_forever",),
    ),
    *STREAM_OPTIONS,
    Option(
        GENERAL,
        "config",
        STRING,
        "",
        "Read options from this TOML file. The environment (SIPCM_ and the option in capitals) "
        "goes before the file, the command line before both.",
        metavar="FILE",
    ),
    Option(
        GENERAL,
        "log_level",
        INT,
        2,
        "Log up to this level: -1 errors, 0 warnings, 1 notices, 2 information, 3 debugging; "
        "below -1 only faults of sipcm itself.",
        metavar="LEVEL",
        lowest=-3,
        highest=3,
    ),
    Option(
        GENERAL,
        "loop",
        CHOICE,
        "uvloop" if sys.implementation.name == "cpython" else "asyncio",
        "Run on this event loop: uvloop (faster, for CPython) or asyncio (part of Python).",
        metavar="NAME",
        words=("uvloop", "asyncio"),
    ),
    Option(
        GENERAL,
        "version",
        BOOL,
        False,
        "Print the version and how it was built, then end.",
        asks=True,
    ),
    Option(
        GENERAL,
        "help",
        BOOL,
        False,
        "Print this text, then end.",
        aliases=("h",),
        asks=True,
    ),
)

BY_NAME = {name: option for option in OPTIONS for name in (option.name, *option.aliases)}


def nearest(name: str) -> str:
    """Return the name of an option that looks like *name*, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake pays for it

    return next(iter(get_close_matches(name, BY_NAME, 1)), "")
