"""Ready-made questions, one file each. A new question is a new file and a line in `catalog`."""
