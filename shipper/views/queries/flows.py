"""Flow-log records by any filter."""

from shipper.views.flow_rows import COLUMNS, records
from shipper.views.question import Question

QUESTION = Question(
    title="Flow-log records",
    rule="Every record as it was received, the newest first: both ends' records of the same traffic are two rows.",
    columns=COLUMNS,
    answer=records("@timestamp"),
)
