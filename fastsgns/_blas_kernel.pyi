"""Types of the kernel "blas": it has no Python names, `_core` reaches it from C."""
