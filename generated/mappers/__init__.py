"""Compiled mappers, one module for each vendor."""
