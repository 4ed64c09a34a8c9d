"""Who sent most to whom."""

from shipper.views.counted_once import PAIR, leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers",
    rule="Both ends record the same traffic: each direction of a pair counts at the one interface that saw most of it.",
    columns={"source": "left", "destination": "left", "bytes": "number", "packets": "number", "seen at": "left"},
    answer=leaders(PAIR, lambda key, sent: [*key, sent.bytes, sent.packets, sent.seen_at or None]),
)
