"""All documents of a run add up to the run, whatever the store does not take, or takes without saying so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes import NOW
from shipper.figures import Figures, Run
from shipper.model import Sums
from shipper.opensearch.best_effort import Document
from shipper.pipeline_record import PipelineRecord

RUN = Run("RUN-RUN-RUN1", "flowlogs", "backfill", "host", "0.1.0", NOW)


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["stored", "lost before", "lost after"]))))
def test_the_documents_add_up(attempts: list[tuple[int, str]]) -> None:
    now = Figures(NOW)
    fate = "stored"
    stored: dict[tuple[str, str], Document] = {}

    def write(documents: Sequence[Document]) -> bool:
        if fate != "lost before":
            stored.update({(each.index, each.id): each for each in documents})
        return fate == "stored"

    record = PipelineRecord(RUN, lambda: now, write, lambda _: "index")
    for more, fate in [*attempts, (1, "stored")]:  # noqa: B007  (read by write)
        now = replace(now, at=now.at + timedelta(minutes=1), sums=now.sums + Sums(read=more))
        record.write("running")
    told = [each.source["flowtap"]["pipeline"] for each in stored.values()]
    assert sum(each["records"]["read"] for each in told) == now.sums.read
    assert sum(each["interval_seconds"] for each in told) == (now.at - NOW).total_seconds()
    assert len(told) == 1 + sum(how == "stored" for _, how in attempts)
