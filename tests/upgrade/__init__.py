"""An upgrade and the way back, under load: every process as its image, two replicas of each service."""
