"""OpenSearch: client, bulk bodies and replies, verdicts, partitions and schema."""
