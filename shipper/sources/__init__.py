"""Sources: where records come from, in chunks that can be committed in any order."""
