"""What a change of the contracts means to those who depend on them: two sets of sources in, a list of changes out."""
