"""`trace`: everything both witnesses say of one connection.

`find.candidates` leads from a target to connections, `find.story` from one of them to a `Trace`: its flow-log records
(`Trace.connection.records`), Suricata's events, and why a witness is silent. Both yield searches, as answers to
questions do; `question.run` sends them. Everything but that is pure.
"""
