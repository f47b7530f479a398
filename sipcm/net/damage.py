"""What is wrong inside of a capture file, in words for its reader."""

from sipcm.annotation import Final, Iterator
from sipcm.net import blocks, records
from sipcm.net.blocks import BlockCursor
from sipcm.net.records import Cursor

WORDS: Final[dict[int, str]] = {
    records.CAPTURED_TOO_LONG: f"captured length {{}} is more than {records.MAX_CAPTURED}",
    blocks.BAD_LENGTH: "no block has a length of {}",
    blocks.LENGTHS_DIFFER: "the length at the end, {}, is not that at the begin",
    blocks.NO_BYTE_ORDER: "{:#010x} is no byte-order magic",
    blocks.UNKNOWN_VERSION: "version {} of pcapng is unknown",
    blocks.TOO_SHORT: "a length of {} is too short for a packet",
    blocks.TOO_LONG: f"length {{}} is more than {blocks.MAX_BLOCK}",
    blocks.BEYOND_BLOCK: "captured length {} is more than the block holds",
    blocks.UNKNOWN_INTERFACE: "interface {} is not described",
}
"""Reason -> what is said of the impossible number."""


def complaints(cursor: Cursor, file: str, *, ended: bool) -> Iterator[str]:
    """Yield what is wrong with the *file* that *cursor* has walked; *ended* says if to its end."""
    place = f"packet {cursor.number + 1} at offset {cursor.offset}"
    if isinstance(cursor, BlockCursor):
        place = f"the block at offset {cursor.offset}, behind packet {cursor.number}"
        if fault := cursor.fault:
            several = f"{cursor.skipped} packets were skipped, the first of them"
            who = "a packet was skipped," if cursor.skipped == 1 else several
            yield f"{who} at offset {fault.offset}: {_words(fault.reason, fault.detail)}"
    if cursor.damage != records.UNDAMAGED:
        words = _words(cursor.damage, cursor.detail)
        yield f"{place}: {words}, the rest of {file} is skipped"
    elif ended and cursor.unread():
        yield f"{file} ends inside {place}; everything before it was read"


def _words(reason: int, detail: int) -> str:
    return WORDS[reason].format(detail)
