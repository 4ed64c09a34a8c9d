"""OpenSearch Dashboards saved objects: declared, built, imported, verified. Knows nothing of shipper."""
