"""The table of ports of tunnels."""

from sipcm.net import ports
from sipcm.net.decode import TUNNELS
from sipcm.net.ports import USUAL_PORTS, VXLAN, VXLAN_PORTS, tunnel_ports
from sipcm.options import BY_NAME


def test_every_port_has_a_place():
    assert len(USUAL_PORTS) == 1 << 16
    found = {port for port, kind in enumerate(USUAL_PORTS) if kind}
    assert found == {1701, 2152, 3544, 4500, 4789, 4790, 6081, 37008}


def test_every_kind_of_tunnel_has_a_layer():
    assert set(USUAL_PORTS) - {0} == set(TUNNELS)


def test_ports_of_vxlan_go_before_all_others():
    table = tunnel_ports((0, 2152, 65535))
    assert [table[port] for port in (0, 2152, 65535)] == [VXLAN] * 3
    assert table[4789] == 0
    assert BY_NAME["vxlan_ports"].default == VXLAN_PORTS == (4789,)
    assert USUAL_PORTS[1701] == ports.L2TP
