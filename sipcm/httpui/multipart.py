"""A form that brings a file (RFC 7578), taken apart as it comes.

Of the form only the file is given out. What is kept of it is no longer than a head of a part.
"""

import re
from enum import Enum, auto
from typing import Final

LONGEST_HEAD: Final = 8192
"""Bytes of the headers of a part."""

LONGEST_BOUNDARY: Final = 70
"""Characters between parts (RFC 2046 5.1.1)."""

MOST_PARTS: Final = 16
"""Fields of a form, with its files."""

FIELD: Final = "file"
"""The field that is the file, even where it has no name of a file."""

_BLANK: Final = b"\r\n\r\n"

_PARAMETER: Final = re.compile(
    r';\s*(name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE
)

_DISPOSITION: Final = b"content-disposition:"


class BadFormError(Exception):
    """A form that cannot be read; the text says why."""


class _Stage(Enum):
    BEGIN = auto()
    HEAD = auto()
    CONTENT = auto()
    END = auto()


class FileForm:
    """A form whose parts are divided by *boundary*.

    ``name``   of its file, as the client calls it; None before it has begun
    ``ended``  whether the form has come to its end
    """

    def __init__(self, boundary: str) -> None:
        if not boundary.isascii() or not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise BadFormError("the boundary between the parts is missing or too long")
        self.name: str | None = None
        self.ended = False
        self._delimiter = b"\r\n--" + boundary.encode()
        self._held = b"\r\n"  # so that the first delimiter is as all others
        self._stage = _Stage.BEGIN
        self._parts = 0
        self._wanted = False

    def feed(self, data: bytes) -> bytes:
        """Take *data* in and return what it has of the file. Raises BadFormError."""
        self._held += data
        found = b""
        while True:
            stage, before = self._stage, len(self._held)
            if stage == _Stage.BEGIN:
                self._begin()
            elif stage == _Stage.HEAD:
                self._read_head()
            elif stage == _Stage.CONTENT:
                content = self._read_content()
                found += content if self._wanted else b""
            else:
                self._held = b""  # what follows the end means nothing
            if self._stage == stage and len(self._held) == before:
                return found
            if self._stage == _Stage.END:
                self.ended = True

    def _begin(self) -> None:
        size = len(self._delimiter)
        if len(self._held) >= size:
            if not self._held.startswith(self._delimiter):
                raise BadFormError("it does not begin with a part")
            self._held = self._held[size:]
            self._stage = _Stage.HEAD

    def _read_head(self) -> None:
        """Read what is behind a delimiter: the end of the form, or the headers of a part."""
        if self._held.startswith(b"--"):
            self._stage = _Stage.END
            return
        end = self._held.find(_BLANK, 0, LONGEST_HEAD)
        if end < 0:
            if len(self._held) >= LONGEST_HEAD:
                raise BadFormError("the headers of a part are too long")
            return
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise BadFormError(f"there are more than {MOST_PARTS} parts")
        field, name = _names(self._held[:end])
        self._wanted = name is not None or field == FIELD
        if self._wanted:
            if self.name is not None:
                raise BadFormError("there are several files: send one at a time")
            self.name = name or ""
        self._held = self._held[end + len(_BLANK) :]
        self._stage = _Stage.CONTENT

    def _read_content(self) -> bytes:
        """Take out what is of the content of a part for sure."""
        end = self._held.find(self._delimiter)
        if end >= 0:
            content, self._held = self._held[:end], self._held[end + len(self._delimiter) :]
            self._stage = _Stage.HEAD
            return content
        end = max(len(self._held) - len(self._delimiter) + 1, 0)
        content, self._held = self._held[:end], self._held[end:]
        return content


def _names(head: bytes) -> tuple[str, str | None]:
    """Return the name of the field and of the file in the headers *head* of a part."""
    field, file = "", None
    for line in head.split(b"\r\n"):
        if not line.lower().startswith(_DISPOSITION):
            continue
        for name, quoted, plain in _PARAMETER.findall(line.decode("utf-8", "replace")):
            value = re.sub(r"\\(.)", r"\1", quoted) or plain
            if name.lower() == "name":
                field = value
            else:
                file = value
    return field, file
