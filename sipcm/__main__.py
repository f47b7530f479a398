"""Make ``python -m sipcm`` the same as the program ``sipcm``."""

from sipcm.cli import run

run()
