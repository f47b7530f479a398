"""The operator's errors share one root."""

import pytest

from sipcm.errors import CaptureError, ConfigError, SipcmError


@pytest.mark.parametrize("kind", [ConfigError, CaptureError])
def test_every_error_is_caught_by_the_root(kind):
    with pytest.raises(SipcmError, match=r"^one clear line$"):
        raise kind("one clear line")
