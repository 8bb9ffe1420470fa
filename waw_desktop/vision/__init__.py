"""From a camera to readings: the only room that knows OpenCV and MediaPipe."""
