"""Who waits for whom: what blocked threads hold, what they wait for, and whether that can end."""
