"""Makes the test rig importable: benches stand on the modules of tests/integration. Import this first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
