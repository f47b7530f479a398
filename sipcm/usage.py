"""Write the text of ``-help`` from the table of options."""

from textwrap import wrap

from sipcm.option import BOOL, Option
from sipcm.options import GROUPS, OPTIONS

WIDTH = 80

_HEAD = """\
sipcm follows every SIP call in a capture and tells what happened to it.

Usage: sipcm -pcap FILE [option ...], or sipcm -i INTERFACE [option ...]

  sipcm -pcap test.pcap
      read a capture as fast as possible and print its statistics
  sipcm -pcap "monday.pcap tuesday.pcap" -json - -end_force_timeout 1s
      write the events of two captures as JSON to standard output
  sipcm -pcap test.pcap -p 8081 -forever
      serve pages about a capture on http://127.0.0.1:8081

An option is written -name value or -name=value; two dashes are as good as one.
A bool is switched on by -name and off by -name=false."""


def text() -> str:
    """Return the whole text, without a newline at its end, at most ``WIDTH`` columns wide."""
    parts = [_HEAD]
    for group in GROUPS:
        rows = [_describe(option) for option in OPTIONS if option.group == group]
        parts.append("\n".join([f"{group}:", *rows]))
    return "\n\n".join(parts)


def _describe(option: Option) -> str:
    """Return the lines about one option."""
    names = ", ".join(f"-{name}" for name in (option.name, *option.aliases))
    head = " ".join(filter(None, [names, option.metavar, *_remarks(option)]))
    indent = " " * 6
    lines = wrap(option.help, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return "\n".join([f"  {head}", *lines])


def _remarks(option: Option) -> list[str]:
    """Return what stands behind the name; a default that is off or empty needs no words."""
    remarks = []
    if option.repeated:
        remarks.append("(may be repeated)")
    if option.kind != BOOL and option.default not in {"", ()}:
        remarks.append(f"(default {option.show(option.default)})")
    return remarks
