"""Ready-made questions, one file each. A new question is a new file and a row here."""

from collections.abc import Mapping

from shipper.views.queries.actions_over_time import ACTIONS_OVER_TIME
from shipper.views.queries.alerts import ALERTS
from shipper.views.queries.refused_ports import REFUSED_PORTS
from shipper.views.queries.top_talkers import TOP_TALKERS
from shipper.views.question import Question

QUESTIONS: Mapping[str, Question] = {
    "refused-ports": REFUSED_PORTS,
    "top-talkers": TOP_TALKERS,
    "actions-over-time": ACTIONS_OVER_TIME,
    "alerts": ALERTS,
}
