"""Training the temporal fusion transformer: examples, the model on pytorch-forecasting, lightning around it."""
