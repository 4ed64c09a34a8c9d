"""What was refused, record by record."""

from shipper.views.filters import REFUSED
from shipper.views.flow_rows import COLUMNS, records
from shipper.views.question import Question

QUESTION = Question(
    title="Refused records by start",
    rule="Every record with action REJECT, the one that began last first: only the interface that refuses writes one.",
    columns=COLUMNS,
    answer=records("event.start", REFUSED),
)
