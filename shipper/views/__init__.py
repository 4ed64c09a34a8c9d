"""What is read back from the store: questions and their answers."""
