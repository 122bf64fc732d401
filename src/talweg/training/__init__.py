"""Learning an energy from pictures."""
