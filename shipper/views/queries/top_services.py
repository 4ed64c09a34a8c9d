"""Who sent most, and for which service."""

from shipper.views.counted_once import leaders
from shipper.views.question import Question

QUESTION = Question(
    title="Top talkers by source and server port",
    rule="Both ends record the same traffic: what goes from one address to another counts at the one interface that "
    "saw most of it. Traffic without ports is left out.",
    columns={"source": "left", "server port": "right", "bytes": "number", "packets": "number"},
    answer=leaders(("source.ip", "server.port"), lambda key, sent: [*key, sent.bytes, sent.packets]),
)
