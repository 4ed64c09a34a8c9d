"""What is shown: each dashboard in a file of its own, each panel declared once."""

from dashboards.panels.alerts import SURICATA_ALERTS
from dashboards.panels.connection import CONNECTION
from dashboards.panels.interfaces import INTERFACES
from dashboards.panels.mirroring import MIRRORING
from dashboards.panels.overview import OVERVIEW
from dashboards.panels.pipeline import PIPELINE_HEALTH
from dashboards.panels.protocols import PROTOCOLS
from dashboards.panels.refused import REFUSED_TRAFFIC
from dashboards.panels.talkers import TALKERS

DASHBOARDS = (
    OVERVIEW, TALKERS, INTERFACES, REFUSED_TRAFFIC, SURICATA_ALERTS, PROTOCOLS, CONNECTION, MIRRORING, PIPELINE_HEALTH,
)  # fmt: skip
"""In the order in which they are read; the first one is the home page."""
