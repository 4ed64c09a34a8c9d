"""The columnar path makes of every sample what is pinned for the exact path; once as it is, once many times over."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from flow_log_samples import chunk, decoder
from shipper.decoders.flow_log.columnar import ColumnarFlowLogDecoder
from shipper.model import Batch

HERE = Path(__file__).parent / "flow_log"
SETTINGS = json.loads((HERE / "settings.json").read_text())


@pytest.mark.parametrize("sample", sorted(HERE.glob("*.in")), ids=lambda path: path.stem)
@pytest.mark.parametrize("times", [1, 40])
def test_the_columnar_path_gives_the_same(sample: Path, times: int) -> None:
    options = {"origin": "golden.log", **SETTINGS.get(sample.stem, {})}
    made = chunk(sample.read_bytes() * times, options.pop("origin"))
    exact = decoder(**options)
    one, other = exact.decode(made), ColumnarFlowLogDecoder(exact, least_lines=0).decode(made)
    for field in fields(Batch):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert (list(left) == list(right)) if isinstance(left, tuple) else left == right, field.name
