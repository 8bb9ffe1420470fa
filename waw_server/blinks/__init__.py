"""Sealed minutes of blinks: taken in once, summed by quarter-hours, read back."""
