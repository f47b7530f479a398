"""The version of sipcm, read by the build and by ``sipcm -version``."""

VERSION = "0.1.0"
