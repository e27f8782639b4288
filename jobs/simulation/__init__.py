"""The parts of the simulator: who works, on what, when, what goes wrong, and what the right answers are."""
