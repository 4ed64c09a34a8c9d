"""Who was sent most."""

from shipper.views.counted_once import leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers by destination",
    rule="Both ends record the same traffic: what goes from one address to another counts at the one interface that "
    "saw most of it.",
    columns={"destination": "left", "bytes": "number", "packets": "number"},
    answer=leaders(("destination.ip",), lambda key, sent: [*key, sent.bytes, sent.packets]),
)
