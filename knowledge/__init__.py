"""What several stages must agree on: data files and small pure functions. Stages import it; it imports no stage."""
