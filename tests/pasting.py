"""Messages as people paste them: the other direction of what sipcm.sip.inject does."""

from sipcm.sip.inject import Format

NEW_LINES = {
    Format.CRLF: "\r\n",
    Format.LF: "\n",
    Format.CR: "\r",
    Format.NGREPLF: ".\n",
    Format.NGREPCR: ".\r",
    Format.NGREPCRLF: ".\r\n",
}
"""What stands for CRLF in each format but ``escaped``."""


def encode(message: bytes, form: Format) -> str:
    """Return *message* as a text in *form*; one not ``escaped`` must have no line ends but CRLF."""
    if form == Format.ESCAPED:
        return "".join(map(_escaped, message.decode("utf-8", "surrogateescape")))
    text = message.decode("utf-8", "surrogateescape")
    if form == Format.CRLF:
        return text
    lines = text.split("\r\n")
    assert not any(char in line for line in lines for char in "\r\n")
    return NEW_LINES[form].join(lines)


def through_a_browser(text: str) -> str:
    """Return what a text area sends of *text* (HTML 4.10.22.4)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _escaped(char: str) -> str:
    simple = {"\r": r"\r", "\n": r"\n", "\t": r"\t", "\\": "\\\\", '"': r"\""}
    if char in simple:
        return simple[char]
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char if char.isprintable() or ord(char) > 127 else f"\\x{ord(char):02X}"
