"""The pipeline that carries records into OpenSearch, and the command `shipper`. Composes the other packages."""
