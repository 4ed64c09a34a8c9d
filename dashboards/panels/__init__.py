"""What is shown: each dashboard in a file of its own, each panel declared once."""

from dashboards.panels.alerts import SURICATA_ALERTS
from dashboards.panels.connection import CONNECTION
from dashboards.panels.mirroring import MIRRORING
from dashboards.panels.overview import OVERVIEW
from dashboards.panels.pipeline import PIPELINE_HEALTH
from dashboards.panels.protocols import PROTOCOLS
from dashboards.panels.refused import REFUSED_TRAFFIC

DASHBOARDS = (OVERVIEW, REFUSED_TRAFFIC, SURICATA_ALERTS, PROTOCOLS, CONNECTION, MIRRORING, PIPELINE_HEALTH)
"""In the order in which they are read; the first one is the home page."""
