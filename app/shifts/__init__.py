"""Calendar arithmetic, rosters and appointments."""
