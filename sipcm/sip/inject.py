r"""Text that a person pastes, turned into the bytes of one SIP message.

What is pasted comes from an editor, from ngrep, from a log or from an RFC; on its way through a
browser every line end becomes CRLF, whatever it was. A format says what stands for the line ends of
the message:

=============  =====================================================================================
``crlf``       nothing: the text is the message, byte for byte
``lf``         LF; a CRLF stays what it is
``cr``         CR; a CRLF stays what it is
``ngreplf``    a dot and LF, as ``ngrep -W byline`` prints them; a line end without a dot is none,
``ngrepcr``    so that wrapped lines are joined. The three are read alike
``ngrepcrlf``
``escaped``    ``\r\n``; real line ends are none. Other escapes are those of C and Go
=============  =====================================================================================

``auto`` finds out by looking, in this order, at the first line that is not blank and at those
behind it up to a blank one:

1. ``escaped`` if there are escaped line ends, the first line is not a whole start line by itself,
   and the escaped ones are more than the real ones or the first of them ends a start line. Where
   all of them are ``\n``, this is what ends a line.
2. An ngrep format if the first line is a request line with a dot behind it, or is not a start line
   without one, and half of the lines end with a dot.
3. Else ``crlf``, ``lf`` or ``cr``, whichever ends the first line.

It also takes away blank lines before the message, and from each line the white space with which the
start line begins, as in RFCs.

In every format a message without the empty line behind its headers gets one. What was done to the
text beyond its format is told with the message. Nothing here raises.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 65_507
"""The longest message: what fits in a UDP datagram over IPv4."""


class Format(StrEnum):
    """How the line ends of a message are written in a text."""

    AUTO = "auto"
    CRLF = "crlf"
    LF = "lf"
    CR = "cr"
    NGREPLF = "ngreplf"
    NGREPCR = "ngrepcr"
    NGREPCRLF = "ngrepcrlf"
    ESCAPED = "escaped"


class Note(StrEnum):
    """What was done to a text beyond its format."""

    EMPTY_LINE = "the empty line behind the headers was missing and was added"
    BLANK_LINES = "blank lines before the message were left out"
    INDENTED = "the indentation of the start line was taken off all lines"
    FRAME = "the lines of ngrep around the message were left out"
    QUOTES = "the quotation marks around the message were left out"
    LINE_FEEDS = r"\n alone was taken for the end of a line"


@dataclass(frozen=True, slots=True)
class Pasted:
    """A message, the format that its text was read in, and what else was done to that."""

    message: bytes
    format: Format
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class InjectError:
    """Why a text is no message, and where: lines and columns count characters from 1."""

    text: str
    line: int
    column: int


BLANKS: Final = " \t\r\n"

_NGREP: Final = {"\r\n": Format.NGREPCRLF, "\n": Format.NGREPLF, "\r": Format.NGREPCR}
_RAW: Final = {"\r\n": Format.CRLF, "\n": Format.LF, "\r": Format.CR}

# Halves of characters but those that stand for a byte that is no text (PEP 383).
_HALF: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?|\n")
_BLANK_LINES: Final = re.compile(r"(?>(?:[ \t]*+(?>\r\n?|\n))*)")
_INDENT: Final = re.compile(r"[ \t]*+")
_REQUEST_LINE: Final = re.compile(
    r"[^ \t\r\n\\]++[ \t]++[^\r\n]*[ \t]SIP/[0-9]++\.[0-9]++[ \t]*+\Z"
)
_STATUS_LINE: Final = re.compile(r"SIP/[0-9]++\.[0-9]++[ \t]++[0-9]{3}(?![^ \t\r\n\\.])")
_ESCAPE: Final = re.compile(r"\\(r\\n|.)", re.DOTALL)
_LONE_LF: Final = re.compile(r"(?<!\r)\n")
_LONE_CR: Final = re.compile(r"\r(?!\n)")
_DOTTED_END: Final = re.compile(r"(\.?)(?:\r\n?|\n)")
_EMPTY_LINE: Final = re.compile(r"\n\r*+\n")

# What ngrep prints before a packet: a hash for each that did not match, then who sends it to whom.
_FRAME: Final = re.compile(r"(?>(?:(?>[A-Z] (?=[^\r\n]* -> )[^\r\n]*+(?<!\.)|#*+)(?>\r\n?|\n))*)")

_ESCAPED: Final = re.compile(
    rb"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([^xuU])|([xuU])|\Z)", re.DOTALL
)
_MEANINGS: Final = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}
"""What a letter means behind a backslash; any other character stands for itself."""

_DIGITS: Final = {b"x": "two", b"u": "four", b"U": "eight"}


def decode(text: str, form: Format = Format.AUTO) -> Pasted | InjectError:
    """Return the message that *text* holds in the format *form*."""
    if half := _HALF.search(text):
        return _error("half of a character, which no message can hold", text, half.start())
    if not text.strip(BLANKS):
        return InjectError("there is no message", 1, 1)
    notes: list[Note] = []
    found = detect(text) if form == Format.AUTO else form
    if found == Format.ESCAPED:
        message = _unescape(text, notes, guessed=form == Format.AUTO)
        if isinstance(message, InjectError):
            return message
    else:
        plain = _unindented(text, notes) if form == Format.AUTO else text
        message = _in_crlf(plain, found, notes).encode("utf-8", "surrogateescape")
    message = _completed(message, notes)
    if len(message) > MOST_BYTES:
        why = f"the message has {len(message)} bytes, and {MOST_BYTES} are the most"
        return InjectError(why, 1, 1)
    return Pasted(message, found, tuple(notes))


def detect(text: str) -> Format:
    """Return the format of *text* by the rules of ``auto``."""
    text = text.lstrip(BLANKS)
    if _is_escaped(text.rstrip(BLANKS)):
        return Format.ESCAPED
    text = text[_frame_of(text) :]
    lines = _LINE_END.split(text)
    blank = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    found = _LINE_END.search(text)
    if _is_dotted([line.rstrip(" \t") for line in lines[:blank]]):
        return Format.NGREPLF if found is None else _NGREP[found[0]]
    return Format.CRLF if found is None else _RAW[found[0]]


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column, from 1, of the character at *offset* of *text*."""
    before = text[:offset]
    # Of a CRLF both characters are in the line that it ends.
    if before.endswith("\r") and text[offset : offset + 1] == "\n":
        before = before[:-1] + " "
    lines = _LINE_END.split(before)
    return len(lines), len(lines[-1]) + 1


def _error(why: str, text: str, offset: int) -> InjectError:
    return InjectError(why, *position(text, offset))


# What auto goes by


def _is_start_line(line: str) -> bool:
    return _REQUEST_LINE.match(line) is not None or _STATUS_LINE.match(line) is not None


def _is_escaped(text: str) -> bool:
    ends = [found for found in _ESCAPE.finditer(text) if found[1] in ("r\\n", "r", "n")]
    if not ends:
        return False
    lines = _LINE_END.split(text)
    first = lines[0].removesuffix(".")
    if len(lines) > 1 and "\\" not in first and _is_start_line(first):
        return False
    before = text[: ends[0].start()].lstrip('" \t')
    return len(ends) >= len(lines) or _is_start_line(_LINE_END.sub("", before))


def _is_dotted(head: list[str]) -> bool:
    first = head[0] if head else ""
    if _REQUEST_LINE.match(first.removesuffix(".")):
        return first.endswith(".")
    if _STATUS_LINE.match(first) and not first.endswith("."):
        return False
    return 2 * sum(line.endswith(".") for line in head) >= len(head) > 0


# What is done in each format


def _unindented(text: str, notes: list[Note]) -> str:
    """Return *text* without blank lines before it, and without the indentation of its first."""
    blank = _BLANK_LINES.match(text)
    if blank is not None and blank.end():
        notes.append(Note.BLANK_LINES)
        text = text[blank.end() :]
    indented = _INDENT.match(text)
    indent = "" if indented is None else indented[0]
    if not indent:
        return text
    notes.append(Note.INDENTED)
    lines = []
    for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text):
        rest = line.lstrip(" \t")
        lines.append(rest if rest in ("", "\r", "\n", "\r\n") else line.removeprefix(indent))
    return "".join(lines)


def _in_crlf(text: str, form: Format, notes: list[Note]) -> str:
    """Return *text*, in any format but ``escaped``, with the line ends of a message."""
    if form == Format.CRLF:
        return text
    if form in (Format.LF, Format.CR):
        return (_LONE_LF if form == Format.LF else _LONE_CR).sub("\r\n", text)
    return _undotted(text, notes)


def _frame_of(text: str) -> int:
    """Return where the message begins behind the lines of ngrep."""
    frame = _FRAME.match(text)
    return 0 if frame is None else frame.end()


def _undotted(text: str, notes: list[Note]) -> str:
    """Return what ngrep has printed as *text*."""
    begin = _frame_of(text)
    kept = text[begin:].rstrip("#\r\n")
    tail = text[begin + len(kept) :]
    hashes = tail.find("#")
    # The first line end is that of the message, the second is ngrep's.
    framed = hashes >= 0 and len(_LINE_END.findall(tail[:hashes])) > 1
    if framed or text[:begin].strip("\r\n"):
        notes.append(Note.FRAME)
    printed = kept + (tail[:hashes] if framed else tail)
    message = _DOTTED_END.sub(lambda found: "\r\n" if found[1] else "", printed)
    if message.endswith(".") and not _has_empty_line(message):
        return message[:-1] + "\r\n"  # the end of the text has cut off the line end
    return message


def _unescape(text: str, notes: list[Note], *, guessed: bool) -> bytes | InjectError:
    """Return what *text* means without its line ends and the quotation marks around it.

    Where the format was *guessed*, blanks around it are none of the message, and LF alone ends a
    line.
    """
    data = _LINE_END.sub("", text).encode("utf-8", "surrogateescape")
    bare = data.strip(b" \t")
    begin, end = 0, len(data)
    if guessed or _is_quoted(bare):
        begin = data.index(bare)
        end = begin + len(bare)
    if _is_quoted(bare):
        begin, end = begin + 1, end - 1
        notes.append(Note.QUOTES)
    pieces: list[bytes] = []
    at = begin
    for found in _ESCAPED.finditer(data, begin, end):
        pieces.append(data[at : found.start()])
        at = found.end()
        meaning = _meaning(found)
        if isinstance(meaning, str):
            return _error(meaning, text, _place_in(text, data, found.start()))
        pieces.append(meaning)
    pieces.append(data[at:end])
    message = b"".join(pieces)
    if guessed and b"\r" not in message and b"\n" in message:
        notes.append(Note.LINE_FEEDS)
        message = message.replace(b"\n", b"\r\n")
    return message


def _is_quoted(data: bytes) -> bool:
    """Tell whether *data* stands between two quotation marks; an escaped one is none."""
    before = data[1:].removesuffix(b'"')
    closed = len(before) + 2 == len(data) and (len(before) - len(before.rstrip(b"\\"))) % 2 == 0
    return data.startswith(b'"') and closed


def _meaning(escape: re.Match[bytes]) -> bytes | str:
    """Return what *escape* stands for, or as text what is wrong with it."""
    byte, four, eight, other, bad = escape.groups()
    if other is not None:
        return _MEANINGS.get(other, other)
    if byte is not None:
        return bytes([int(byte, 16)])
    if bad is not None:
        return f"\\{bad.decode()} is not followed by {_DIGITS[bad]} hexadecimal digits"
    if four is None and eight is None:
        return "nothing follows the backslash at the end"
    code = int(four or eight, 16)
    return chr(code).encode() if _is_character(code) else f"{escape[0].decode()} is no character"


def _is_character(code: int) -> bool:
    return code < 0xD800 or 0xDFFF < code < 0x110000


def _completed(message: bytes, notes: list[Note]) -> bytes:
    """Return *message* with an empty line behind its headers."""
    text = message.decode("latin-1")
    if _has_empty_line(text):
        return message
    notes.append(Note.EMPTY_LINE)
    found = _LINE_END.search(text.lstrip("\r\n"))
    end = b"\r\n" if found is None else found[0].encode()
    return message + (end if message.endswith((b"\r", b"\n")) else end + end)


def _has_empty_line(message: str) -> bool:
    rest = message.lstrip("\r\n")
    return _EMPTY_LINE.search(rest) is not None or ("\n" not in rest and "\r\r" in rest)


def _place_in(text: str, data: bytes, offset: int) -> int:
    """Return where in *text* the byte *offset* of *data* is, which has no line ends."""
    left = len(data[:offset].decode("utf-8", "surrogateescape"))
    for at, char in enumerate(text):
        if char not in "\r\n":
            if not left:
                return at
            left -= 1
    return len(text)
