"""Makes the test rig importable: benches stand on the modules of tests/integration. Import this first.

The repository goes first: a bench may have the name of the package that it measures.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]
