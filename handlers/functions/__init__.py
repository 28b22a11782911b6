"""The Lambda functions: what each starts with, and its handler."""

import gc

# Hardly anything that a starting process makes is garbage: looking for it is an eighth of a cold start. When it has
# started, ``handlers.bootstrap.start`` puts what is there out of the collector's sight and switches it on.
gc.disable()
