"""Decoders: pure functions from a chunk to ready-made bulk lines and rejects."""
