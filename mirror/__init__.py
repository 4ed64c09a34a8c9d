"""Traffic mirroring: AWS targets, filters and sessions, and the VXLAN packets they send. Knows nothing of shipper."""
