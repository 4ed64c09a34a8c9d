"""Mirroring started by GuardDuty: findings from a queue, decided on with guards, sessions with an end."""
