"""Suricata's EVE: tables of its fields, patterns learned from them, the decoder.

Data flow: `decoder` → `learned` (or `event`, which defines right) → `shapes`, `values` → lines.
"""
