"""What can be read from a running process: snapshots, a timeline, answers on a socket, log events."""
