"""The verdict table, row by row as the design has it, and what it does not name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper.opensearch.verdicts import DOCUMENT_FAULTS, REMEDIES, Outcome, item_outcome, remedy, request_outcome

ITEMS = [
    (201, "", Outcome.DELIVERED),
    (200, "", Outcome.DELIVERED),
    (409, "version_conflict_engine_exception", Outcome.DUPLICATE),
    (429, "es_rejected_execution_exception", Outcome.RETRY),
    (429, "rejected_execution_exception", Outcome.RETRY),
    (429, "circuit_breaking_exception", Outcome.RETRY),
    (429, "", Outcome.RETRY),
    (502, "", Outcome.RETRY),
    (503, "unavailable_shards_exception", Outcome.RETRY),
    (504, "", Outcome.RETRY),
    (500, "null_pointer_exception", Outcome.SERVER_FAULT),
    *((400, kind, Outcome.REFUSED) for kind in sorted(DOCUMENT_FAULTS)),
    (400, "validation_exception", Outcome.PARKED),
    (400, "index_closed_exception", Outcome.PARKED),
    (400, "invalid_index_name_exception", Outcome.PARKED),
    (400, "never_heard_of_exception", Outcome.PARKED),
    (400, "", Outcome.PARKED),
    (404, "index_not_found_exception", Outcome.PARKED),
    (403, "cluster_block_exception", Outcome.PARKED),
    (429, "cluster_block_exception", Outcome.PARKED),
    (403, "security_exception", Outcome.STOP),
    (409, "another_conflict", Outcome.PARKED),
    (500, "mapper_parsing_exception", Outcome.SERVER_FAULT),
    (429, "mapper_parsing_exception", Outcome.RETRY),
]

REQUESTS = [
    (429, "circuit_breaking_exception", Outcome.SHRINK),
    (429, "unreadable_reply", Outcome.SHRINK),
    (429, "cluster_block_exception", Outcome.PARKED),
    (403, "cluster_block_exception", Outcome.PARKED),
    (400, "illegal_argument_exception", Outcome.SPLIT),
    (400, "parse_exception", Outcome.SPLIT),
    (413, "unreadable_reply", Outcome.SPLIT),
    (401, "", Outcome.STOP),
    (403, "security_exception", Outcome.STOP),
    (403, "unreadable_reply", Outcome.STOP),
    (403, "aws_message", Outcome.STOP),
    (400, "aws_message", Outcome.PARKED),
    (413, "aws_message", Outcome.SPLIT),
    (429, "aws_message", Outcome.SHRINK),
    (500, "", Outcome.RETRY),
    (502, "unreadable_reply", Outcome.RETRY),
    (503, "cluster_block_exception", Outcome.RETRY),
    (504, "", Outcome.RETRY),
    (599, "", Outcome.RETRY),
    (200, "unreadable_reply", Outcome.RETRY),
    (404, "", Outcome.PARKED),
    (302, "unreadable_reply", Outcome.PARKED),
]


@pytest.mark.parametrize(("status", "error_type", "outcome"), ITEMS)
def test_an_item_is_judged_by_status_and_type(status: int, error_type: str, outcome: Outcome) -> None:
    assert item_outcome(status, error_type) is outcome


@pytest.mark.parametrize(("status", "error_type", "outcome"), REQUESTS)
def test_a_request_is_judged_by_status_and_type(status: int, error_type: str, outcome: Outcome) -> None:
    assert request_outcome(status, error_type) is outcome


@given(st.integers(100, 599), st.one_of(st.text(), st.sampled_from(sorted(REMEDIES))))
def test_only_the_named_faults_cost_a_document_its_place(status: int, error_type: str) -> None:
    if item_outcome(status, error_type) is Outcome.REFUSED:
        assert (status, error_type in DOCUMENT_FAULTS) == (400, True)
    assert request_outcome(status, error_type) is not Outcome.REFUSED
    if Outcome.DELIVERED in {item_outcome(status, error_type), request_outcome(status, error_type)}:
        assert status in {200, 201}


def test_what_a_person_can_do_is_said_where_it_is_known() -> None:
    assert "cluster.max_shards_per_node" in remedy("validation_exception")
    assert remedy("never_heard_of_exception") == ""
