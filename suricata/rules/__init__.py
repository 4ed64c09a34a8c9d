"""Rules: what is shipped, where a sensor keeps them, what is muted, and how they are brought up to date."""
