"""Proof: whatever happens to any request of a session, each operation is done once, and client and server end alike."""
