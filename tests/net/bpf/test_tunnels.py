"""Headers around headers: what is asked of them, and that what follows looks behind them."""

import pytest

from sipcm.net.bpf.linktypes import RADIO
from sipcm.net.bpf.tunnels import TAG, TAG_PRESENT
from tests.net.bpf.asking import matches, refusal, which
from tests.net.bpf.headers import ethernet, ip4, ip6, udp

SIP = ip4(udp(b"INVITE"))
SIP6 = ip6(udp(b"INVITE"))


def tagged(inner, *tags, kind=0x8100):
    """Put VLAN *tags* before what an Ethernet frame carries."""
    tags_and_kinds = b"".join(tag.to_bytes(2) + b"\x81\0" for tag in tags[:-1])
    return ethernet(tags_and_kinds + tags[-1].to_bytes(2) + b"\x08\0" + inner, kind)


TAGGED = {
    "none": ethernet(SIP),
    "100": tagged(SIP, 100),
    "urgent 100": tagged(SIP, 0xE064),
    "200": tagged(SIP, 200),
    "100 in 200": tagged(SIP, 200, 100),
    "of a provider": tagged(SIP, 100, kind=0x88A8),
    "of old": tagged(SIP, 100, kind=0x9100),
    "not IP": tagged(bytes(60), 100),
}
EVERY_TAG = TAGGED.keys() - {"none"}
TAGS = {
    "vlan": EVERY_TAG,
    "vlan 100": EVERY_TAG - {"200", "100 in 200"},
    "vlan 0x64 and port 5060": {"100", "urgent 100", "of a provider", "of old"},
    "vlan 200 and vlan 100 and port 5060": {"100 in 200"},
    "vlan and vlan": {"100 in 200"},
    "port 5060": {"none"},
    "port 5060 or (vlan and port 5060)": EVERY_TAG - {"not IP", "100 in 200"} | {"none"},
    "not vlan": {"none"},
    "vlan 100 and ether host 66:77:88:99:aa:bb": EVERY_TAG - {"200", "100 in 200"},
}


@pytest.mark.parametrize("text", TAGS, ids=TAGS)
def test_tags(text):
    assert which(text, TAGGED) == TAGS[text]


LIVE = {
    "vlan": {"by Linux", "inline", "of Linux 200"},
    "vlan 100": {"by Linux", "inline"},
    "vlan and port 5060": {"by Linux", "inline", "of Linux 200"},
    "vlan and vlan 100": {"both"},
    "not vlan": {"none"},
}


@pytest.mark.parametrize("text", LIVE, ids=LIVE)
def test_a_tag_that_linux_has_taken_off(text):
    """What follows lies 4 bytes further on where it has not."""
    seen = {
        "none": (ethernet(SIP), 0, 0),
        "inline": (tagged(SIP, 100), 0, 0),
        "by Linux": (ethernet(SIP), 1, 0xE064),
        "of Linux 200": (ethernet(SIP), 1, 200),
        "both": (tagged(SIP, 100), 1, 200),
    }
    found = {
        name
        for name, (packet, present, tag) in seen.items()
        if matches(text, packet, linux={TAG_PRESENT: present, TAG: tag})
    }
    assert found - {"both"} == LIVE[text] - {"both"}
    assert ("both" in found) is (text in {"vlan", "vlan and vlan 100"})


def label(number, *, last):
    return (number << 12 | last << 8 | 64).to_bytes(4)


LABELLED = {
    "none": ethernet(SIP),
    "7": ethernet(label(7, last=True) + SIP, 0x8847),
    "7 with six": ethernet(label(7, last=True) + SIP6, 0x8847),
    "7, 8": ethernet(label(7, last=False) + label(8, last=True) + SIP, 0x8847),
}
LABELS = {
    "mpls": {"7", "7 with six", "7, 8"},
    "mpls 7": {"7", "7 with six", "7, 8"},
    "mpls 8": set(),
    "mpls and mpls 8": {"7, 8"},
    "mpls 7 and port 5060": {"7", "7 with six"},
    "mpls and mpls and port 5060": {"7, 8"},
    "mpls and host 10.0.0.1": {"7"},
}


@pytest.mark.parametrize("text", LABELS, ids=LABELS)
def test_labels(text):
    assert which(text, LABELLED) == LABELS[text]


def test_labels_on_ppp():
    packet = b"\xff\x03\x02\x81" + label(7, last=True) + SIP
    assert matches("mpls 7 and port 5060", packet, "PPP")


def session(number, inner, protocol=0x0021):
    body = protocol.to_bytes(2) + inner
    return ethernet(b"\x11\0" + number.to_bytes(2) + len(body).to_bytes(2) + body, 0x8864)


SESSIONS = {
    "7": session(7, SIP),
    "7 with six": session(7, SIP6, 0x0057),
    "8": session(8, SIP),
    "found": ethernet(bytes(20), 0x8863),
    "none": ethernet(SIP),
}
ASKED_OF_SESSIONS = {
    "pppoed": {"found"},
    "pppoes": {"7", "7 with six", "8"},
    "pppoes 7": {"7", "7 with six"},
    "pppoes and port 5060": {"7", "7 with six", "8"},
    "pppoes 7 and ip6": {"7 with six"},
    "pppoes and ppp[0:2] = 0x21": {"7", "8"},
}


@pytest.mark.parametrize("text", ASKED_OF_SESSIONS, ids=ASKED_OF_SESSIONS)
def test_sessions(text):
    assert which(text, SESSIONS) == ASKED_OF_SESSIONS[text]


def vxlan(network, inner, *, flags=8, **headers):
    shim = bytes([flags, 0, 0, 0]) + (network << 8).to_bytes(4)
    return ethernet(ip4(udp(shim + inner, (9, 4789)), **headers))


def geneve(network, kind, inner, *, options=b"", version=0):
    shim = (
        bytes([version << 6 | len(options) // 4, 0]) + kind.to_bytes(2) + (network << 8).to_bytes(4)
    )
    return udp(shim + options + inner, (9, 6081))


FRAME = ethernet(SIP)
VIRTUAL = {
    "vxlan 7": vxlan(7, FRAME),
    "vxlan 7 behind options": vxlan(7, FRAME, options=bytes(8)),
    "vxlan 8": vxlan(8, FRAME),
    "vxlan with a tag": vxlan(7, tagged(SIP, 100)),
    "vxlan without a number": vxlan(7, FRAME, flags=0),
    "a fragment": vxlan(7, FRAME, fragment=7),
    "geneve 7": ethernet(ip4(geneve(7, 0x6558, FRAME))),
    "geneve 7 behind options": ethernet(ip4(geneve(7, 0x6558, FRAME, options=bytes(12)))),
    "geneve 7 over six": ethernet(ip6(geneve(7, 0x6558, FRAME)), 0x86DD),
    "geneve without a frame": ethernet(ip4(geneve(7, 0x0800, SIP))),
    "geneve 8": ethernet(ip4(geneve(8, 0x6558, FRAME))),
    "another version": ethernet(ip4(geneve(7, 0x6558, FRAME, version=1))),
    "none": FRAME,
}
OUR_VXLAN = {"vxlan 7", "vxlan 7 behind options", "vxlan 8", "vxlan with a tag"}
OUR_GENEVE = {name for name in VIRTUAL if name.startswith("geneve")}
ASKED_OF_VIRTUAL = {
    "vxlan": OUR_VXLAN,
    "vxlan 7": OUR_VXLAN - {"vxlan 8"},
    "vxlan 7 and port 5060": {"vxlan 7", "vxlan 7 behind options"},
    "vxlan and vlan 100 and port 5060": {"vxlan with a tag"},
    "vxlan and ether src 66:77:88:99:aa:bb": OUR_VXLAN,
    "geneve": OUR_GENEVE,
    "geneve 7": OUR_GENEVE - {"geneve 8"},
    "geneve 7 and port 5060": OUR_GENEVE - {"geneve 8"},
    "geneve and ether src 66:77:88:99:aa:bb": OUR_GENEVE - {"geneve without a frame"},
    "geneve and ether[12:2] = 0x800": OUR_GENEVE - {"geneve without a frame"},
    "port 5060 or (vxlan 8 and port 5060)": {"vxlan 8", "none"},
}


@pytest.mark.parametrize("text", ASKED_OF_VIRTUAL, ids=ASKED_OF_VIRTUAL)
def test_virtual_networks(text):
    assert which(text, VIRTUAL) == ASKED_OF_VIRTUAL[text]


def test_what_cannot_be_true_still_leads_into_the_tunnel():
    """As in libpcap: all to the right looks inside of what was found, whatever else was asked."""
    found = which("geneve and 1 = 0 or port 5060", VIRTUAL)
    assert found >= OUR_GENEVE
    assert not found & OUR_VXLAN


def test_tags_of_wireless_frames():
    begin = bytes([0, 0, 8, 0, 0, 0, 0, 0, 8, 1]) + bytes(22) + b"\xaa\xaa\x03\0\0\0"
    packet = begin + b"\x81\0\0\x64\x08\0" + bytes(60)
    assert matches("vlan 100", packet, RADIO)
    assert not matches("vlan 200", packet, RADIO)


REFUSED = {
    ("vlan 4096", "EN10MB"): "VLAN tag 4096 greater than maximum 4095",
    ("mpls 1048576", "EN10MB"): "MPLS label 1048576 greater than maximum 1048575",
    ("pppoes 65536", "EN10MB"): "PPPoE session number 65536 greater than maximum 65535",
    ("geneve 16777216", "EN10MB"): "Geneve VNI 16777216 greater than maximum 16777215",
    ("vxlan 16777216", "EN10MB"): "VXLAN VNI 16777216 greater than maximum 16777215",
    ("mpls and vlan", "EN10MB"): "'vlan' cannot be used within MPLS",
    ("vlan", "RAW"): "'vlan' not supported on RAW (Raw IP)",
    ("mpls", "RAW"): "'mpls' not supported on RAW (Raw IP)",
    (" and ".join(["geneve"] * 5), "EN10MB"): (
        "the filter is too complex: it has too many tunnels within each other"
    ),
}


@pytest.mark.parametrize(("text", "linktype"), REFUSED, ids=[" on ".join(key) for key in REFUSED])
def test_refusals(text, linktype):
    error = refusal(text, linktype)
    assert str(error) == REFUSED[text, linktype]
    assert error.position == max(text.rfind("and ") + 4, 0) * ("and" in text)
