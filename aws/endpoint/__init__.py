"""An EC2 endpoint for tests and dry runs: traffic mirroring by AWS's documented rules, over HTTP."""
