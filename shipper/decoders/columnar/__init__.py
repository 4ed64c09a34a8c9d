"""Many rows at once: texts and numbers as numpy columns, with no Python object for a record.

Nothing here knows of the fields of flow logs.
"""
