"""Who sent most, and for which service."""

from shipper.views.counted_once import RULE, leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers by source and server port",
    rule=f"{RULE} Traffic without ports is left out.",
    columns={"source": "left", "server port": "right", "bytes": "number", "packets": "number"},
    answer=leaders(("source.ip", "server.port"), lambda key, sent: [*key, sent.bytes, sent.packets]),
)
