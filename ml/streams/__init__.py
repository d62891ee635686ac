"""What is predicted: one light file a stream kind. Importing one costs numpy and nothing else."""
