"""Who was sent most."""

from shipper.views.counted_once import RULE, leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers by destination",
    rule=RULE,
    columns={"destination": "left", "bytes": "number", "packets": "number"},
    answer=leaders(("destination.ip",), lambda key, sent: [*key, sent.bytes, sent.packets]),
)
