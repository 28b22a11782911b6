"""MiniStack as this project's AWS: started with IAM enforced, with what it lacks supplied here and nowhere else."""
