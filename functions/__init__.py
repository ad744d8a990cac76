"""One folder a Lambda: a handler decodes, calls, encodes."""

import gc
import os

if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    # What is made while Lambda starts a process stays: looking for garbage among it takes a sixth of the start's CPU.
    # `roots.built_at_start` lets the collector go on.
    gc.disable()
