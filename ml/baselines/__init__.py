"""The forecasters that need no gradient: naive ones to be compared with, and the closed-form ridge."""
