"""The AWS side of flow logs: flow logs, log groups, roles, bucket policies. Knows nothing of shipper."""
