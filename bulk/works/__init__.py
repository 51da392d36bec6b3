"""One file for each subject of jobs."""
