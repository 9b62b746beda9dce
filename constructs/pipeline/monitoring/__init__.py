"""What tells people that something is wrong: alarms, and the topic that they publish to."""
