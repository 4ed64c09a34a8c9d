"""Suricata: its configuration, rules, runs and EVE words. Knows nothing of shipper."""

import pkgutil

# suricata-update installs a package of the same name; with this line both can live on one interpreter.
__path__ = pkgutil.extend_path(__path__, __name__)
