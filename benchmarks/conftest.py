"""Lets benchmarks use what tests use, in whichever way pytest is called.

The checkout comes last among the places of modules: what is measured is the installed package.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
