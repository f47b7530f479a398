"""The rows of the table of options that say how streams are read: TCP, and WebSocket in it."""

from sipcm import duration
from sipcm.option import BOOL, DURATION, INT, INTS, Option

STREAMS = "TCP"

STREAM_OPTIONS = (
    Option(
        STREAMS,
        "tcp_gc_interval",
        DURATION,
        30 * duration.SECOND,
        "Look for stale connections this often. 0s never looks.",
        metavar="TIME",
        aliases=("tcp_gc_int",),
        lowest=0,
    ),
    Option(
        STREAMS,
        "tcp_reorder_timeout",
        DURATION,
        duration.MINUTE,
        "Wait this long for a missing segment before going on without it; one second if the "
        "receiver has acknowledged it.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        STREAMS,
        "tcp_connection_timeout",
        DURATION,
        duration.HOUR,
        "Forget a connection that was silent for this long.",
        metavar="TIME",
        lowest=0,
    ),
    Option(
        STREAMS,
        "tcp_msg_buf",
        INT,
        4096,
        "Taken for the sake of scripts: a buffer is as large as its message, up to "
        "-tcp_msg_buf_max.",
        metavar="BYTES",
        lowest=1,
        highest=1 << 24,
    ),
    Option(
        STREAMS,
        "tcp_msg_buf_max",
        INT,
        16_384,
        "Keep at most so many bytes of a message in a stream: longer headers are torn there, a "
        "longer body is cut.",
        metavar="BYTES",
        lowest=1024,
        highest=1 << 24,
    ),
    Option(
        STREAMS,
        "websocket_ports",
        INTS,
        (),
        "Look for frames of WebSocket on these TCP ports even where no handshake was captured. "
        "A handshake for SIP is recognized on any port.",
        metavar="PORTS",
        lowest=1,
        highest=65_535,
        count=0,
    ),
    Option(
        STREAMS,
        "assembly_debug_log",
        BOOL,
        False,
        "Write a line about every TCP segment to standard error: what became of it.",
    ),
    Option(
        STREAMS,
        "assembly_memuse_log",
        BOOL,
        False,
        "Write to standard error now and then how much memory reassembly holds.",
    ),
)
