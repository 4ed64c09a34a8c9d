"""What every part that talks to AWS shares: sessions, clients, error codes, plan and apply. A leaf."""
