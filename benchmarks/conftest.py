"""Lets benchmarks use the makers of traffic in tests/, behind the package that is installed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
