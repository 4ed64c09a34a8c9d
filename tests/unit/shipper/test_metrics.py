"""What Prometheus reads is what the figures say."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from figure_samples import FULL, RUN
from shipper.figures import Figures
from shipper.metrics import Metrics


def samples(figures: Figures) -> dict[str, float]:
    text = Metrics([(RUN, lambda: figures)], lambda: 3).text().decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {
        sample.name
        + "".join(f" {value}" for name, value in sample.labels.items() if name in {"fate", "mark"}): sample.value
        for family in families
        for sample in family.samples
    }


def test_everything_is_there() -> None:
    found = samples(FULL)
    assert found["flowtap_records_read_total"] == FULL.sums.read
    assert found["flowtap_records_total dead_lettered"] == FULL.sums.dead_lettered
    fates = sum(value for name, value in found.items() if name.startswith("flowtap_records_total "))
    assert fates == FULL.sums.accounted
    assert found["flowtap_records_marked_total skipdata"] == FULL.sums.skipdata
    assert (found["flowtap_read_bytes_total"], found["flowtap_sent_bytes_total"]) == (1000, 3000)
    assert (found["flowtap_documents_resent_total"], found["flowtap_aside_failed_total"]) == (7, 3)
    counted = ("", "_retried", "_throttled", "_split", "_seconds")
    assert [found[f"flowtap_requests{name}_total"] for name in counted] == [20, 3, 4, 1, 0.9]
    assert (found["flowtap_documents_parked"], found["flowtap_batches_in_flight_bytes"]) == (5, 4096)
    assert (found["flowtap_waiting"], found["flowtap_waiting_since_timestamp_seconds"]) == (
        1,
        FULL.waiting.since.timestamp(),
    )  # type: ignore[union-attr]
    assert (found["flowtap_dead_letters_kept"], found["flowtap_dead_letters_kept_bytes"]) == (4, 900)
    assert (found["flowtap_queue_depth"], found["flowtap_queue_taken"]) == (7, 3)
    assert found["flowtap_info"] == 1


def test_what_is_unknown_is_absent() -> None:
    found = samples(replace(FULL, waiting=None, backlog_bytes=-1, queue_waiting=-1, queue_taken=-1))
    assert found["flowtap_waiting"] == 0
    absent = {"flowtap_waiting_since_timestamp_seconds", "flowtap_backlog_bytes"}
    assert not (absent | {"flowtap_queue_depth", "flowtap_queue_taken"}) & found.keys()
