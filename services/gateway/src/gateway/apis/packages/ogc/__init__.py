"""OGC API - Processes 1.0 in front of the same processors and jobs: each processor is a process, each job a job."""
