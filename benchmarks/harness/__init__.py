"""What the benchmark measures with: cases, subjects, scores, clocks and tables."""
