"""What the person sees. The only room that knows Qt."""
