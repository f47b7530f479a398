"""Random filter expressions, from a grammar of the language, and mutilated ones.

The values are those of the given packets, so that filters match some. Names are few: libpcap asks
the system for each, and the network for what it takes for a host.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

# A rule and its alternatives, two blanks between them: how often, in relation to the others, and
# what is written. What stands in braces is a rule.
GRAMMAR = r"""
expression:  28*{term}  22*{operand} {join} {operand}
     8*{operand} {join} {operand} {join} {operand}  8*{not} {operand}  8*({expression})
     14*{inherited}  6*{excluding}
operand:  50*{term}  6*{not} {term}  20*({expression})  8*{not} ({expression})  6*{inherited}
     2*{expression}
join:  9*and  9*or  &&  ||
not:  5*not  !

term:  18*{host}  9*{net}  20*{port}  8*{portrange}  8*{protocol}  16*{bare}  20*{relation}
     3*{length}  8*{special}  {elsewhere}
inherited:  6*{hostwords} {ip} {join} {ip}  4*{hostwords} {ip} {join} {not} {ip}
     4*{hostwords} ({ip} {join} {ip})  3*{host} {join} ({ip} {join} {ip})
     2*{host} {join} ({bare} {join} {port})  2*{networds} {net4} {join} {net4}
     6*{portwords} {number16} {join} {number16}  4*{portwords} ({number16} {join} {number16})
     2*{portwords} {not} {number16}  2*{portwords} {number16} {join} {not} {number16}
     2*{port} {join} {number16} {join} {number16}  2*{rangewords} {range} {join} {range}
     2*{port} {join} ({number16})  2*{protowords} ({number8} {join} {number8})
     2*{protowords} {number8} {join} {number8}  2*{port} {join} ({bare}) {join} {number16}
     2*({port}) {join} {number16}  {bare} {join} {number16}  {host} {join} {number16}

excluding:  4*{bare} and {bare} and {bare}  2*{bare} and {bare} and {term} and {bare}
     2*{protowords} {number8} and {number8} and {number8}  2*{bare} and {host} and {bare}
     2*len {compare} {number16} and len {compare} {number16} and len {compare} {number16}
     not ({bare} or {bare}) and ({bare} or {term})

direction:  4*src  4*dst  src or dst  dst or src  src and dst  dst and src
host:  20*{hostwords} {ip}  8*{hostwords4} {ip4}  5*{hostwords6} {ip6}
     {hostwords4} {ip6}  {hostwords6} {ip4}  {hostwords} {mac}  {hostwords} {net4}
hostwords:  20*host  10*{direction}  10*{direction} host  {transport} host
hostwords4:  3*ip {direction}  2*ip host  arp host  arp {direction}  rarp {direction}
hostwords6:  2*ip6 host  2*ip6 {direction}
ip:  2*{ip4}  {ip6}
ip4:  6*10.0.0.1  4*10.0.0.2  5*192.168.1.10  4*192.168.1.20  2*203.0.113.5  224.0.1.75
     255.255.255.255  0.0.0.0  10.0.0.255  172.16.5.5  10.0  192.168.1  167772161  0x0a000002
ip6:  4*2001:db8::1  3*2001:db8:1::10  2*2001:db8::2  fe80::1  ::1  ff0e::75  ::ffff:10.0.0.1
net:  10*{networds} {net4}  4*{networds} {net6}  4*{networds4} {net4}  2*{networds6} {net6}
     {networds} {ip}
networds:  10*net  5*{direction} net
networds4:  2*ip net  ip {direction} net  arp net  rarp {direction} net
networds6:  2*ip6 net  ip6 {direction} net
net4:  5*10.0.0.0/8  3*192.168.0.0/16  3*192.168.1.0/24  2*10/8  2*192.168  10  10.0.0
     172.16.0.0/12  10.0.0.1/32  0.0.0.0/0  224.0.0.0/4  203.0.112.0/23
     10.0.0.0 mask 255.255.255.0  192.168 mask 255.255  10.0.0.1/8  10.0.0.0/33
net6:  4*2001:db8::/32  3*2001:db8:1::/48  2*2001:db8::/64  fe80::/10  ff00::/8  ::/0
     2001:db8::1/128  2001:db8::1  2001:db8::/127  2001:db8::/33  2001:db8::1/64  2001:db8::/129
transport:  5*udp  4*tcp  sctp
port:  12*{portwords} {number16}
portwords:  10*port  5*{direction} port  5*{transport} port  4*{transport} {direction} port
     ip port
number16:  12*5060  5*5061  3*5080  2*5090  2*53  2*50000  2*40000  443  80  22  21  0  20000
     0x13c4  011704  65535  65536
portrange:  {rangewords} {range}
rangewords:  10*portrange  4*{direction} portrange  4*{transport} portrange
     2*{transport} {direction} portrange
range:  5*5060-5061  4*5060-5090  2*10000-20000  2*1-1023  5061-5060  0-65535  1024-65535  0-5059
     5060-5060  5060  40000-70000
protocol:  10*{protowords} {number8}  3*{protowords} \{transport}  2*{chain} {number8}
     {chain} \{transport}
protowords:  3*proto  5*ip proto  3*ip6 proto
chain:  2*protochain  2*ip protochain  2*ip6 protochain
number8:  6*17  5*6  2*132  3*1  3*58  2*44  2*50  2*51  0  2  43  59  60  47  0x11  255  256
bare:  8*ip  6*ip6  4*arp  rarp  8*udp  7*tcp  3*sctp  4*icmp  3*icmp6  {odd}  {layer2}
odd:  igmp  igrp  pim  vrrp  carp  ah  esp
layer2:  atalk  aarp  decnet  lat  sca  moprc  mopdl  iso  stp  ipx  netbeui  esis  isis  clnp

relation:  10*{access} {compare} {number}  6*{access} & {number} {compare} {number}
     4*{arithmetic} {compare} {arithmetic}  3*len {compare} {number}  2*{known}
     {access} {compare} {access}
compare:  6*=  2*==  4*!=  3*>  3*<  2*>=  2*<=
known:  2*udp[8:4] = 0x494e5649  2*ip[6:2] & 0x1fff != 0
     2*tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x494e5649  tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
     tcp[tcpflags] = tcp-ack  icmp[icmptype] = icmp-echo  icmp6[icmp6type] = icmp6-neighborsolicit
     ip[0] & 0xf != 5  ip[8] < 65  10 % 3 + 4 = 3  1 ^ 3 + 4 = 6  5 - -1 = 6  1 = 1  not 1 = 1
     ip[(ip[0] & 0xf) * 4:2] = 5060
arithmetic:  6*{access}  3*{number}  2*len  8*{arithmetic} {operator} {value}
     3*{value} {operator} {arithmetic}  2*({arithmetic})  -{value}
value:  5*{number}  4*{access}  len
operator:  5*+  5*-  3**  3*&  3*|  /  %  ^  2*<<  2*>>
number:  4*0  3*1  2*2  2*4  2*5  2*6  2*8  2*17  2*20  2*60  2*0xf  0xf0  0xff  7  31  32  64  69
     100  1500  5060  0x0800  0x1fff  0x2000  0x4500  0xffff  0x13c413c4  0x0a000001  0x7fffffff
     0x80000000  4294967295
access:  10*{layer}[{offset}]  10*{layer}[{offset}:{size}]
layer:  10*ip  5*ip6  6*udp  6*tcp  4*ether  2*icmp  2*icmp6  sctp  arp  link  {oddlayer}
oddlayer:  2*rarp  2*igmp  {odd}  {layer2}  wlan  radio
offset:  4*0  2*1  3*2  2*4  3*6  2*8  3*9  4*12  2*13  2*14  2*16  20  24  40  54  100  2000
     4294967295  2*{arithmetic}  ip[0] & 15  len - 1
size:  2*1  4*2  4*4  3
length:  3*less {number16}  2*less 100  3*greater 60  greater 1000  2*len > 500  length <= 70

linklayer:  4*{ether} {mac}  2*{ether} {mac} {join} {mac}  2*broadcast  ether broadcast
     2*multicast  ether multicast  4*{etherproto}
ether:  2*ether host  2*ether {direction}  ether {direction} host
mac:  3*00:11:22:33:44:55  3*66:77:88:99:aa:bb  ff:ff:ff:ff:ff:ff  001122334455  6677.8899.aabb
     00-11-22-33-44-55
etherproto:  3*ether proto {type}  link proto {type}  ether proto ({type} or {type})
type:  3*0x0800  2*\ip  2*0x86dd  \ip6  2*\arp  \rarp  2*0x8100  0x88cc  0x8847  0x8864  0x0600
     \iso  \stp  \ipx  \netbeui  \atalk  \aarp  \decnet  loopback  0x42  0xe0  6  24  1500  1501
     65535
groups:  2*ip multicast  2*ip6 multicast  ip broadcast  multicast
tag:  4*vlan  4*vlan {tagnumber}  2*mpls  mpls {label}  2*pppoes  pppoes {session}  pppoed  geneve
     geneve {label}
tagnumber:  4*100  3*200  300  400  0  4095  4096
label:  2*1024  2*100000  2*11  12  1048576
session:  2*39  2*1  0x27  65536
tagged:  4*{tag}  6*{tag} and {term}  3*{tag} {join} {operand}  {tag} and {tag}
     {term} {join} ({tag} and {term})
llc:  2*llc  llc i  llc s  llc u  llc rr  llc rnr  llc rej  llc ui  llc ua  llc sabme  llc xid
     llc test
osi:  iso proto {isonumber}  iso proto \isis  iso proto \esis  clnp  isis proto {isisnumber}  l1
     l2  iih  lsp  snp  csnp  psnp
isonumber:  129  130  131
isisnumber:  15  16  17  18  20  24  27
decnet:  2*decnet host 10.123  decnet src 10.123  decnet dst 1.1
byte:  2*byte {offset1} = {number8}  byte {offset1} < {number8}  byte {offset1} > {number8}
     byte {offset1} & {number8}  byte {offset1} | {number8}
offset1:  0  1  9  14  23
way:  3*inbound  3*outbound
wlan:  2*wlan host {mac}  2*wlan {direction} {mac}  wlan addr1 {mac}  wlan addr2 {mac}
     wlan addr3 {mac}  wlan ra {mac}  wlan ta {mac}  2*type data  type mgt  type ctl
     type mgt subtype beacon  type data subtype qos-data  subtype ack  dir tods  dir fromds
     dir nods  radio[0] = 0  radio[2:2] = 0x0800  wlan[0] & 0xc = 8
elsewhere:  ifname eth0  lane  vpi 3  fisu  tcp proto 6  udp net 10  ether port 5060  port  src
     less  vxlan  vxlan 7  2*{way}  {wlan}  {linklayer}  {tag}  {llc}
"""

SPECIAL = {
    "EN10MB": "6*{linklayer}  6*{tagged}  2*{groups}  {llc}  {osi}  {decnet}  {byte}",
    "LINUX_SLL": "4*{way}  2*{etherproto}  {tagged}  2*{groups}  {llc}  {osi}  {decnet}  {byte}",
    "LINUX_SLL2": "4*{way}  2*{etherproto}  {tagged}  2*{groups}  {llc}  {osi}  {byte}",
    "RAW": "2*{etherproto}  2*{groups}  2*{tagged}  {osi}  2*{byte}",
    "NULL": "3*{etherproto}  2*{groups}  {tagged}  {osi}  {byte}",
    "LOOP": "3*{etherproto}  2*{groups}  {tagged}  {osi}  {byte}",
    "PPP": "3*{etherproto}  2*{groups}  4*{tagged}  {osi}  {decnet}  {byte}",
    "IEEE802_11_RADIO": "6*{wlan}  3*{linklayer}  2*{groups}  2*{tagged}  {llc}  {byte}",
}
"""The alternatives of one more rule: what has a meaning on a link type besides the rest."""

DEEPEST = {"expression": 4, "arithmetic": 3}
"""How often a rule may lie in itself."""

FLAT = {"expression": "term", "arithmetic": "value"}
"""What stands for a rule that would lie too deep."""

DAMAGED = 0.04
"""How many expressions are damaged on purpose, of one."""

# Words are separated by blanks in what is damaged: two that grow together are a name.
TOKEN = re.compile(r"[\w.:/\\-]+|&&|\|\||<<|>>|[<>!=]=|\S")
NAMES = re.compile(r"\\|[0-9]-[0-9]|\b(?:loopback|eth0|llc|type|subtype|dir)\b")
"""What may get where a host is wanted, and would be looked up there."""

_ALTERNATIVE = re.compile(r"(?:(\d+)\*)?(.+)")
_PART = re.compile(r"\{(\w+)\}|([^{]+)")

Alternative = list[tuple[str, str]]
Rules = dict[str, tuple[list[Alternative], list[int]]]


def _rules(grammar: str) -> Rules:
    """Read *grammar*: the alternatives of each rule, as rules and texts in turn, and the weights."""
    rules = {}
    for name, body in re.findall(r"^(\w+):(.*(?:\n .*)*)", grammar, re.MULTILINE):
        texts = re.split(r"\s{2,}", body.strip())
        found = [match.groups() for text in texts if (match := _ALTERNATIVE.fullmatch(text))]
        alternatives = [_PART.findall(text) for _, text in found]
        rules[name] = (alternatives, [int(weight or 1) for weight, _ in found])
    return rules


def expressions(seed: object, linktype: str) -> Iterator[str]:
    """Make expressions for *linktype* without end, the same ones for the same *seed*."""
    random = Random(f"{seed} {linktype}")
    rules = _rules(f"{GRAMMAR}\nspecial:  {SPECIAL[linktype]}")
    while True:
        expression = "".join(_write(random, rules, "expression", dict(DEEPEST)))
        yield damage(random, expression) if random.random() < DAMAGED else expression


def _write(random: Random, rules: Rules, name: str, room: dict[str, int]) -> Iterator[str]:
    """Yield the pieces of a random text of the rule *name*; *room* is how deep it may still get."""
    if name in room and not room[name]:
        name = FLAT[name]
    inside = {rule: left - (rule == name) for rule, left in room.items()}
    alternatives, weights = rules[name]
    [chosen] = random.choices(alternatives, weights)
    for rule, text in chosen:
        if rule:
            yield from _write(random, rules, rule, inside)
        else:
            yield text


def damage(random: Random, expression: str) -> str:
    """Drop, repeat, swap or replace a word; leave expressions with names as they are."""
    words = TOKEN.findall(expression)
    if NAMES.search(expression) or len(words) < 2:
        return expression
    place = random.randrange(len(words))
    other = random.randrange(len(words))
    match random.randrange(4):
        case 0:
            del words[place]
        case 1:
            words.insert(other, words[place])
        case 2:
            words[place], words[other] = words[other], words[place]
        case _:
            words[place] = words[other]
    return " ".join(words)


def shortest(expression: str, is_wanted: Callable[[str], bool]) -> str:
    """Take words out of *expression* as long as what is left is wanted."""
    if NAMES.search(expression):
        return expression
    words = TOKEN.findall(expression)
    size = len(words) // 2
    while size:
        for start in range(len(words)):
            fewer = words[:start] + words[start + size :]
            if 0 < len(fewer) < len(words) and is_wanted(" ".join(fewer)):
                words = fewer
                break
        else:
            size -= 1
    return " ".join(words)


# What mutants are made with: pieces that a parser may stumble on.
_PIECES = (
    "(", ")", "()", "[", "]", ":", "::", "!", "not ", "and", "or ", "&&", "||", "\\", "\\udp", "\0",
    "-", "--", "<<", ">>", "%", "^", "=", "==", "$2b", "0x", "09", "1.2.3", "1.2.3.4.5", "1:2",
    "::ffff:1.2.3.4", "99999999999", "4294967295", "4294967296", "0" * 300, "9" * 5000,
    "0x" + "f" * 70, "/33", "/129", "/", " mask 255.0.255.0", "\u0660", "\u0661\u0662", "\u00e9",
    "\U0001f600", "\ud800", "\u2028", "\x1f", "\x85", "\u00a0", "\t\r\n", "#", ";", "'", '"', "{}",
    "port ", "host ", "net ", "portrange 1-", "vlan ", "mpls ", "geneve ", "pppoes ", "proto ",
    "protochain ", "ip[", "tcp[tcpflags] ", "len ", "llc ", "gateway ", "a" * 300, "a." * 200,
    "a" * 70000, "(" * 50, ")" * 50, "not " * 100, "- " * 100, "ip[" * 60, "%s", "src or dst ",
)  # fmt: skip


def mutants(seed: object, corpus: Sequence[str]) -> Iterator[str]:
    """Make texts that look like the expressions of *corpus*, without end."""
    random = Random(f"{seed} mutants")
    while True:
        text = random.choice(corpus)
        for _ in range(1 + int(random.expovariate(0.6))):
            text = random.choice(_MUTATIONS)(random, text, random.choice(corpus))
        yield text


def _span(random: Random, text: str) -> tuple[int, int]:
    """Return the ends of a part of *text*, more often a short one."""
    start = random.randint(0, len(text))
    return start, min(len(text), start + int(random.expovariate(1 / 4)))


def _delete(random: Random, text: str, _: str) -> str:
    start, end = _span(random, text)
    return text[:start] + text[end:]


def _repeat(random: Random, text: str, _: str) -> str:
    start, end = _span(random, text)
    times = random.choice((2, 2, 3, 10, 100))
    return text[:start] + text[start:end] * times + text[end:]


def _flip(random: Random, text: str, _: str) -> str:
    place = random.randint(0, len(text))
    return text[:place] + chr(random.randrange(128)) + text[place + 1 :]


def _insert(random: Random, text: str, _: str) -> str:
    start, end = _span(random, text)
    return text[:start] + random.choice(_PIECES) + text[random.choice((start, end)) :]


def _splice(random: Random, text: str, other: str) -> str:
    return text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]


def _join(random: Random, text: str, other: str) -> str:
    return f"({text}) {random.choice(('and', 'or'))} {random.choice(('not', ''))} ({other})"


def _nest(random: Random, text: str, _: str) -> str:
    before, after = random.choice((("(", ")"), ("not ", ""), ("not (", ")"), ("-(", ")")))
    times = random.choice((1, 2, 10, 100, 250))
    return before * times + text + after * times


def _number(random: Random, text: str, _: str) -> str:
    value = random.choice((random.getrandbits(8), random.getrandbits(33), -1, 1 << 64))
    return re.sub(r"\d+", str(value), text, count=random.choice((0, 1)))


def _damage(random: Random, text: str, _: str) -> str:
    return damage(random, text)


_MUTATIONS = (_delete, _repeat, _flip, _insert, _splice, _join, _nest, _number, _damage)
