"""What is given out in formats of its own, for programs: no page, and without faces."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its Content-Type, and its bytes as pieces to be joined."""

    content_type: str
    pieces: AsyncGenerator[bytes, None]
