"""The installed libpcap through ctypes: what compiles and judges beside ours, where there is one.

Programs come out as our instructions; instructions of either compiler go back into libpcap's own
machine. The library keeps state between calls: use it from one thread.
"""

import ctypes
import ctypes.util
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

from sipcm.net.bpf.instructions import Instruction
from tests.net.bpf.ownpackets import Packet
from tests.net.bpf.packets import bitmap

DLT = {
    "NULL": 0,
    "EN10MB": 1,
    "PPP": 9,
    "RAW": 12,
    "LOOP": 108,
    "LINUX_SLL": 113,
    "IEEE802_11_RADIO": 127,
    "LINUX_SLL2": 276,
}
"""The numbers that pcap_open_dead takes; RAW has another one in files."""

SNAPLEN = 262144
UNKNOWN_NETMASK = 0xFFFFFFFF


class Refused(Exception):  # noqa: N818 -- an answer, as FilterError is
    """libpcap does not compile an expression; the text is libpcap's."""


class _Instruction(ctypes.Structure):
    """struct bpf_insn."""

    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """struct bpf_program."""

    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.POINTER(_Instruction)))


class _Header(ctypes.Structure):
    """struct pcap_pkthdr: the time is two longs."""

    _fields_ = (
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("captured", ctypes.c_uint32),
        ("wire", ctypes.c_uint32),
    )


@cache
def _library() -> ctypes.CDLL | str:
    """Return the library with its functions declared, or why there is none."""
    name = ctypes.util.find_library("pcap") or "libpcap.so.0.8"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        return f"libpcap is not installed: {error}"
    program = ctypes.POINTER(_Program)
    library.pcap_open_dead.argtypes = [ctypes.c_int, ctypes.c_int]
    library.pcap_open_dead.restype = ctypes.c_void_p
    library.pcap_compile.argtypes = [
        ctypes.c_void_p,
        program,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint32,
    ]
    library.pcap_freecode.argtypes = [program]
    library.pcap_freecode.restype = None
    library.pcap_geterr.argtypes = [ctypes.c_void_p]
    library.pcap_geterr.restype = ctypes.c_char_p
    return library


def available() -> str | None:
    """Return why libpcap cannot be used here, None where it can."""
    library = _library()
    return library if isinstance(library, str) else None


def version() -> str:
    """Return the version of libpcap, as 1.10.3."""
    tell = _loaded().pcap_lib_version
    tell.restype = ctypes.c_char_p
    words: bytes = tell()
    return words.decode().split()[2]


def _loaded() -> ctypes.CDLL:
    library = _library()
    if isinstance(library, str):
        raise TypeError(library)
    return library


@cache
def _handle(linktype: str, snaplen: int) -> ctypes.c_void_p:
    """Return a handle to compile for; kept open, there are not many."""
    return ctypes.c_void_p(_loaded().pcap_open_dead(DLT[linktype], snaplen))


def compile(  # noqa: A001 -- the name that ours has
    expression: str,
    linktype: str = "EN10MB",
    *,
    snaplen: int = SNAPLEN,
    netmask: int | None = None,
    optimise: bool = True,
) -> tuple[Instruction, ...]:
    """Return the program that libpcap makes of *expression*. Raises Refused."""
    library, handle, program = _loaded(), _handle(linktype, snaplen), _Program()
    mask = UNKNOWN_NETMASK if netmask is None else netmask
    text = expression.encode()
    if library.pcap_compile(handle, ctypes.byref(program), text, optimise, mask):
        raise Refused(library.pcap_geterr(handle).decode(errors="backslashreplace"))
    made = program.instructions[: program.length]
    instructions = tuple(Instruction(each.code, each.jt, each.jf, each.k) for each in made)
    library.pcap_freecode(ctypes.byref(program))
    return instructions


@cache
def _offline_filter() -> Any:
    """Return the function in the form that is called fastest.

    It keeps the interpreter's lock, and without declared types references pass unconverted: 160 ns
    for what takes 280 ns otherwise.
    """
    return ctypes.PyDLL(_loaded()._name).pcap_offline_filter


class Prepared:
    """Packets with the headers that pcap_offline_filter wants, made once."""

    def __init__(self, packets: Iterable[Packet]) -> None:
        self.pairs = [
            (ctypes.byref(_Header(0, 0, len(packet), wire)), packet) for packet, wire in packets
        ]


class Filter:
    """A program in libpcap's machine, whoever compiled it."""

    def __init__(self, instructions: Sequence[Instruction]) -> None:
        code = (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
        self._program = ctypes.byref(_Program(len(instructions), code))

    def verdicts(self, prepared: Prepared) -> int:
        """Return which packets match, as a bitmap."""
        judge, program = _offline_filter(), self._program
        return bitmap(judge(program, header, packet) for header, packet in prepared.pairs)

    def usual_call(self, packet: bytes) -> Callable[[], int]:
        """Return what judges one packet as ctypes is usually used, for the stopwatch."""
        judge, header = _loaded().pcap_offline_filter, _Header(0, 0, len(packet), len(packet))
        judge.argtypes = [ctypes.POINTER(_Program), ctypes.POINTER(_Header), ctypes.c_char_p]
        return partial(judge, self._program, ctypes.byref(header), packet)

    def bare_call(self, packet: bytes) -> Callable[[], int]:
        """Return what judges one packet and does nothing else: no packet ever comes so prepared."""
        [(header, _)] = Prepared([(packet, len(packet))]).pairs
        return partial(_offline_filter(), self._program, header, packet)
