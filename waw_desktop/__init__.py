"""WaW's tracker: webcam frames to sealed minutes, on the person's own machine."""

__version__ = "0.1.0"
