"""Who sent most."""

from shipper.views.counted_once import RULE, leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers by source",
    rule=RULE,
    columns={"source": "left", "bytes": "number", "packets": "number"},
    answer=leaders(("source.ip",), lambda key, sent: [*key, sent.bytes, sent.packets]),
)
