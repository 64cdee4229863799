"""The desk's hands: one use case a file, plain functions inside one transaction each."""
