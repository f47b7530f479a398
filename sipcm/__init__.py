"""sipcm watches SIP traffic, follows every call and tells what is going on.

The hot modules may be compiled. ``SIPCM_PURE=1`` makes the interpreter load the Python source of
every module instead, so that both forms can be compared in one installation.
"""

from sipcm import pure
from sipcm.version import VERSION

__all__ = ["__version__"]

__version__ = VERSION

if pure.is_forced():
    pure.load_sources_only(__path__)
