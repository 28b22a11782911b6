"""What generated mappers call. Copied verbatim to ``generated/runtime``, so it imports nothing of ours."""
