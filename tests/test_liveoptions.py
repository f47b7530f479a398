"""What only live capture can be told."""

import pytest

from sipcm.liveoptions import LIVE, LIVE_OPTIONS
from sipcm.options import GROUPS, OPTIONS
from tests.test_settings import load_line


def test_they_are_options_of_a_group_of_their_own():
    assert [option for option in OPTIONS if option.group == LIVE] == list(LIVE_OPTIONS)
    assert LIVE in GROUPS


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-i", "eth0"], ("eth0",)),
        (["-i", "eth0,eth1"], ("eth0", "eth1")),
        (["-i", "eth0", "-iface", "eth1,any"], ("eth0", "eth1", "any")),
    ],
)
def test_interfaces_are_given_in_one_value_or_several(arguments, names):
    settings, warnings = load_line(*arguments)
    assert settings.iface == names
    assert settings.is_live
    assert warnings == []
