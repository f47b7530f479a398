"""Random filters on packets: ours against libpcap, the laws of logic, and the kernel.

Compared are verdicts, never instructions. A packet does not count where one of the programs read
behind its end: that stops a program without a match, and which tests come first is its own affair.

What an expression means is what libpcap makes of it unoptimised. The optimiser of 1.10.3 errs now
and then, as in "port 21 and 5060 or 50000 or 5060", where it forgets the last port.
"""

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations, islice
from secrets import token_hex
from typing import NamedTuple

import pytest

from sipcm.net import bpf
from sipcm.net.bpf import instructions as codes
from sipcm.net.bpf.instructions import Instruction
from sipcm.net.bpf.interpreter import run
from sipcm.net.bpf.names import Names
from tests.net.bpf import libpcap
from tests.net.bpf.expressions import expressions, shortest
from tests.net.bpf.ownpackets import Packet
from tests.net.bpf.packets import LINKTYPES, bitmap, localised, numbers, packets

pytestmark = pytest.mark.no_cover

SEED = "sample"
REPORTED = 5
"""How many disagreements a failure names."""

EMPTY = "expression rejects all packets"
"""How optimisers refuse what they can prove to be never true; ours and libpcap's can differently."""

each_linktype = pytest.mark.parametrize("linktype", LINKTYPES)
needs_libpcap = pytest.mark.skipif(libpcap.available() is not None, reason=str(libpcap.available()))


class Rewriting(NamedTuple):
    """What libpcap 1.10.3 takes in another sense than ours, and how it is told what is meant."""

    reason: str
    pattern: str
    replacement: str


REWRITINGS = [
    Rewriting(
        "class E is not multicast",
        r"\bip multicast\b",
        "ip[16] & 0xf0 = 0xe0",
    ),
    Rewriting(
        "the byte is forgotten to be loaded",
        r"\bbyte (\w+) ([&|]) (\w+)\b",
        r"link[\1] \2 \3 != 0",
    ),
    Rewriting(
        "src and dst take a network without the word net, as the manual of HEAD says",
        r"\b((?:src|dst)(?: (?:or|and) (?:src|dst))?) ([\w.:]+(?: ?/ ?\d| mask))",
        r"\1 net \2",
    ),
]


YOUNGER = r"\bvxlan\b"
"""What came after 1.10.3, which takes it for a name, and looks that up."""


OVERWRITTEN = r"(?:[<>=]|\blen\b).*(?:\bor\b|\|\|).*\bgeneve\b"
"""What leaves numbers of a relation where places behind Geneve are looked for: libpcap sets these
only where no alternative to the left was true, and keeps both in the same memory."""


class Refusal(NamedTuple):
    """What one refuses with a good reason, and the other does not."""

    reason: str
    message: str
    expression: str = ""


OUR_REFUSALS = [
    Refusal(
        "what is zero in every packet is so whether libpcap's optimiser looks at it or not",
        r"division by zero|modulus by zero",
    ),
    Refusal("HEAD refuses it", r"protocol number \d+ greater than maximum \d+"),
    Refusal("HEAD refuses it", r"LLC DSAP \d+ greater than maximum 255"),
    Refusal("HEAD refuses it in files, which know no direction", r"not a live capture, "),
]

THEIR_REFUSALS = [
    Refusal("networks need no word net", r"Mask syntax for networks only", r"\b(?:src|dst)\b"),
    Refusal("one pair of parentheses around an id is enough", r"syntax error", r"\(\s*\("),
    Refusal(
        "the first number in an operand, if only an index, is taken for the operand",
        r"division by zero|modulus by zero|shift by more than 31 bits",
        r"(?:<<|>>|/|%)\s*(?:[-(]|\w+\s*[\[+*/%^-])|%\s*\w+\s*(?:[|&]|<<|>>)",
    ),
]

# LLC is told on cooked links by a type of its own; libpcap looks for the access point as a type.
SPEAKS_OF_LLC = re.compile(
    r"\b(?:stp|ipx|netbeui|iso|aarp|atalk|clnp|esis|isis|l1|l2|iih|lsp|snp|csnp|psnp"
    r"|(?:ether|link|wlan) proto)\b"
)
HIGHEST_LLC = 1500
IPX = 0x8137

READS_FAMILY = re.compile(r"\b(?:ether|link|wlan|radio)\[|\bbyte\b")
"""What sees that the packets of libpcap are localised."""


DIRT = (
    *(
        Instruction(code, 0, 0, k)
        for slot in range(codes.MEMORY_SLOTS)
        for code, k in ((codes.LD_CONSTANT, 0x70000000 + (slot << 12)), (codes.ST, slot))
    ),
    Instruction(codes.LD_CONSTANT, 0, 0, 0),
)
"""Fills the memory with what is no place in a packet."""


@dataclass(frozen=True)
class Outcome:
    """What a compiler made of an expression.

    ``bits``     the packets that match
    ``program``  empty where the expression is refused
    ``refusal``  why; empty where it is not, or for being never true
    """

    bits: int = 0
    program: tuple[Instruction, ...] = ()
    refusal: str = ""
    seen: Sequence[Packet] = ()

    def is_void(self, number: int) -> bool:
        """Tell whether the program is stopped on a packet, or uses memory that it never wrote.

        libpcap's does so behind geneve in packets that are none.
        """
        if not self.program:
            return False
        outcome = run(self.program, *self.seen[number])
        return outcome[1] or outcome != run((*DIRT, *self.program), *self.seen[number])


def refused(message: str) -> Outcome:
    return Outcome(refusal="" if message == EMPTY else message)


@cache
def prepared(linktype: str) -> libpcap.Prepared:
    return libpcap.Prepared(localised(linktype))


def ours(expression: str, linktype: str) -> Outcome:
    try:
        program = bpf.compile(expression, linktype, resolver=Names(None))
    except bpf.FilterError as error:
        return refused(error.message)
    seen = packets(linktype)
    bits = bitmap(program.matches(packet, wire) for packet, wire in seen)
    return Outcome(bits, tuple(program.instructions), "", seen)


def theirs(expression: str, linktype: str, *, optimise: bool = False) -> Outcome:
    try:
        program = libpcap.compile(expression, linktype, optimise=optimise)
    except libpcap.Refused as error:
        return refused(str(error))
    bits = libpcap.Filter(program).verdicts(prepared(linktype))
    return Outcome(bits, program, "", localised(linktype))


def differing(one: Outcome, other: Outcome, *, ignored: int = 0) -> str:
    """Say in which packets two outcomes differ, and not for being cut; nothing where in none."""
    if bool(one.refusal) != bool(other.refusal):
        return f"refused by {'the first' if one.refusal else 'the second'} only: {one.refusal or other.refusal}"
    wrong = [
        number
        for number in numbers((one.bits ^ other.bits) & ~ignored)
        if not one.is_void(number) and not other.is_void(number)
    ]
    if not wrong:
        return ""
    some = ", ".join(map(str, wrong[:REPORTED]))
    verdicts = f"{one.bits >> wrong[0] & 1} and {other.bits >> wrong[0] & 1}"
    return f"{len(wrong)} packets ({some}...), of the first {verdicts}"


def disagreement(expression: str, linktype: str) -> str:
    """Say how libpcap's and our verdicts on *expression* differ; nothing where they do not."""
    mine = ours(expression, linktype)
    if re.search(YOUNGER, expression) or re.search(OVERWRITTEN, expression):
        return ""
    judged = theirs(rewritten(expression, linktype), linktype)
    if mine.refusal and not judged.refusal:
        # A division by what turns out to be zero is found by the optimiser, if at all.
        judged = theirs(rewritten(expression, linktype), linktype, optimise=True)
    if bool(mine.refusal) != bool(judged.refusal) and any(
        re.search(known.message, refusal) and re.search(known.expression, expression)
        for refusal, table in ((mine.refusal, OUR_REFUSALS), (judged.refusal, THEIR_REFUSALS))
        for known in table
    ):
        return ""
    ignored = moved(linktype, expression) | cooked_llc(linktype, expression)
    return differing(judged, mine, ignored=ignored)


def rewritten(expression: str, linktype: str) -> str:
    for rewriting in REWRITINGS:
        expression = re.sub(rewriting.pattern, rewriting.replacement, expression)
    # Where headers have no fixed length, relations overwrite the places of those behind them, unless
    # these were wanted first.
    wants_places = linktype == "IEEE802_11_RADIO" and expression.strip()
    return f"(ip or not ip) and ({expression})" if wants_places else expression


def moved(linktype: str, expression: str) -> int:
    """Return the packets that libpcap sees another family in than *expression* may read."""
    if not READS_FAMILY.search(expression):
        return 0
    pairs = zip(packets(linktype), localised(linktype), strict=True)
    return bitmap(one != other for one, other in pairs)


def cooked_llc(linktype: str, expression: str) -> int:
    """Return the packets that LLC may tell of, where *expression* speaks of such."""
    if linktype != "LINUX_SLL2" or not SPEAKS_OF_LLC.search(expression):
        return 0
    kinds = [int.from_bytes(packet[:2]) for packet, _ in packets(linktype)]
    return bitmap(kind <= HIGHEST_LLC or kind == IPX for kind in kinds)


def disagreements(
    candidates: Iterable[str], judge: Callable[[str], str], *, limit: int = REPORTED
) -> Iterator[str]:
    """Yield what *judge* says of the candidates that it finds fault with, made short first."""
    faulty = (each for each in dict.fromkeys(candidates) if judge(each))
    for expression in islice(faulty, limit):
        short = shortest(expression, lambda text: bool(judge(text)))
        yield f"{short}: {judge(short)}"


WRONG_ONCE = [
    ("EN10MB", "ip and ip6 and ip"),
    ("EN10MB", "ip and arp and ip6"),
    ("EN10MB", "ip proto 47 and 58 and 6"),
    ("EN10MB", "len < 100 and len > 200 and len < 300"),
    ("RAW", "ip6 and host 10.0.0.1 and icmp"),
    ("EN10MB", "aarp[6] < 5"),
    ("EN10MB", "atalk[0] < 5 or lat[0] < 5 or decnet[0] < 5 or carp[0] < 5"),
    ("EN10MB", "ip[100] <= ip6[6] % 0x2000 % 0x2000"),
    ("EN10MB", "ip[0] > 5 % 0 | ip[6:2]"),
    ("LINUX_SLL2", "stp"),
    ("LINUX_SLL2", "iso or not ether proto 0xe0"),
    ("PPP", "ether proto 0x8847"),
    ("PPP", "mpls 100000 and ip or ether proto 0x281"),
    ("EN10MB", "pppoes and mpls and ip"),
    ("IEEE802_11_RADIO", "2 * ip6[6] > 5"),
    ("IEEE802_11_RADIO", "4 | ip[9] > 31"),
]


@needs_libpcap
@pytest.mark.parametrize(("linktype", "expression"), WRONG_ONCE)
def test_what_was_wrong_once_is_as_in_libpcap(linktype, expression):
    assert disagreement(expression, linktype) == ""


def check_against_libpcap(linktype: str, seed: object, count: int) -> None:
    judge = partial(disagreement, linktype=linktype)
    sample = islice(expressions(seed, linktype), count)
    assert list(disagreements(sample, judge)) == []


@needs_libpcap
@each_linktype
def test_verdicts_are_those_of_libpcap(linktype):
    check_against_libpcap(linktype, SEED, 100)


@needs_libpcap
@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_linktype
def test_verdicts_are_those_of_libpcap_on_many(linktype):
    check_against_libpcap(linktype, token_hex(), 12_500)


# The laws of logic. Tags move what is behind them: they may not change places.
ORDERED = re.compile(r"\b(?:vlan|mpls|pppoes|geneve|vxlan)\b")

LAWS = {
    "De Morgan, and": ("not (({a}) and ({b}))", "not ({a}) or not ({b})"),
    "De Morgan, or": ("not (({a}) or ({b}))", "not ({a}) and not ({b})"),
    "or commutes": ("({a}) or ({b})", "({b}) or ({a})"),
    "and commutes": ("({a}) and ({b})", "({b}) and ({a})"),
    "absorption": ("({a}) or (({a}) and ({b}))", "{a}"),
}


def double_negation(expression: str, linktype: str) -> str:
    """Say what changes when *expression* is negated twice: nothing may, of no packet."""
    one, other = ours(expression, linktype), ours(f"not not ({expression})", linktype)
    if one.bits == other.bits and bool(one.refusal) == bool(other.refusal):
        return ""
    return differing(one, other) or "they differ in packets that are cut"


def movable_pairs(linktype: str, seed: object, count: int) -> Iterator[tuple[str, str]]:
    """Yield pairs of expressions that compile and may change places."""
    sample = islice(expressions(seed, linktype), count)
    movable = [
        each for each in sample if not ORDERED.search(each) and not ours(each, linktype).refusal
    ]
    yield from zip(movable[::2], movable[1::2], strict=False)


def broken_laws(linktype: str, seed: object, count: int) -> Iterator[str]:
    for a, b in movable_pairs(linktype, seed, count):
        for law, sides in LAWS.items():
            one, other = (side.format(a=a, b=b) for side in sides)
            if told := differing(ours(one, linktype), ours(other, linktype)):
                yield f"{law}: a = {a}, b = {b}: {told}"


def check_laws(linktype: str, seed: object, count: int) -> None:
    judge = partial(double_negation, linktype=linktype)
    assert list(disagreements(islice(expressions(seed, linktype), count), judge)) == []
    assert list(islice(broken_laws(linktype, seed, count), REPORTED)) == []


@each_linktype
def test_the_laws_of_logic_hold(linktype):
    check_laws(linktype, SEED, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_linktype
def test_the_laws_of_logic_hold_for_many(linktype):
    check_laws(linktype, token_hex(), 2_000)


# One program, four machines: the interpreter, the function made of it, the kernel's and libpcap's.


def kernel_bits(program: bpf.Program, seen: Iterable[Packet]) -> int:
    """Return the packets that the kernel lets through to a socket that *program* is attached to."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        program.attach(receiver)
        return bitmap(arrives(packet, sender, receiver) for packet, _ in seen)


def arrives(packet: bytes, sender: socket.socket, receiver: socket.socket) -> bool:
    sender.send(packet)
    try:
        receiver.recv(len(packet) + 1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True


def is_for_the_kernel(program: Iterable[Instruction]) -> bool:
    """Tell whether the kernel runs a program, and runs it as others do.

    It takes no loops and no offsets that are not of packets; it shifts by X modulo 32.
    """
    return not any(
        code in {codes.LSH | codes.WITH_X, codes.RSH | codes.WITH_X}
        or (k >> 31 and code in {codes.JA, codes.LD_WORD, codes.LD_HALF, codes.LD_BYTE})
        for code, _, _, k in program
    )


def verdicts_of_machines(program: bpf.Program, seen: list[Packet]) -> dict[str, int]:
    code = program.instructions
    ran = [run(code, packet, wire) for packet, wire in seen]
    verdicts = {
        "interpreter": bitmap(value for value, _ in ran),
        "function": bitmap(program.matches(packet, wire) for packet, wire in seen),
    }
    if libpcap.available() is None:
        verdicts["libpcap"] = libpcap.Filter(code).verdicts(libpcap.Prepared(seen))
    if is_for_the_kernel(code):
        # To the kernel, offsets that X takes beyond 2 GiB are not of the packet.
        relative = any(
            each.code in {codes.LD_WORD_X, codes.LD_HALF_X, codes.LD_BYTE_X} for each in code
        )
        beyond = bitmap(stopped for _, stopped in ran) if relative else 0
        verdicts["kernel"] = kernel_bits(program, seen) & ~beyond | verdicts["function"] & beyond
    return verdicts


def machines(expression: str, linktype: str) -> str:
    """Say which machines differ in their verdicts; nothing where none does."""
    try:
        program = bpf.compile(expression, linktype, resolver=Names(None))
    except bpf.FilterError:
        return ""
    whole = [(packet, wire) for packet, wire in packets(linktype) if len(packet) == wire]
    verdicts = verdicts_of_machines(program, whole)
    return ", ".join(
        f"{one} and {other} on {numbers(verdicts[one] ^ verdicts[other])[:REPORTED]}"
        for one, other in combinations(verdicts, 2)
        if verdicts[one] != verdicts[other]
    )


def check_machines(linktype: str, seed: object, count: int) -> None:
    judge = partial(machines, linktype=linktype)
    assert list(disagreements(islice(expressions(seed, linktype), count), judge)) == []


@each_linktype
def test_machines_agree(linktype):
    check_machines(linktype, SEED, 40)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_linktype
def test_machines_agree_on_many(linktype):
    check_machines(linktype, token_hex(), 2_000)
