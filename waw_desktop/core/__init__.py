"""The pure rules: values in, values out; no clock, disk, network, thread, Qt or OpenCV."""
