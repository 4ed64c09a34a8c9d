"""Traffic mirroring at AWS managed like code: what is wanted, what there is, and the plan between them."""
