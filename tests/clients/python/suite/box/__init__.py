"""What the suites of Box's clients share; it knows no client."""
