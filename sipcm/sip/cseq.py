"""What a CSeq header says (RFC 3261 20.16)."""

from dataclasses import dataclass
from typing import Final

_DIGITS: Final = b"0123456789"


@dataclass(frozen=True, slots=True)
class CSeq:
    """The number and the method of a transaction."""

    number: int
    method: bytes


def parse_cseq(value: bytes) -> CSeq | None:
    """Return what an unfolded value says that may lack the space; None for what says neither."""
    method = value.lstrip(_DIGITS)
    digits = value[: len(value) - len(method)]
    if not digits or len(digits) > 10 or not method.strip():
        return None
    return CSeq(int(digits), method.strip(b" \t"))
