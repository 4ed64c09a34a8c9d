"""The command `shipper`: one file per noun. Results go to standard output, everything else to standard error."""
