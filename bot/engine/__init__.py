"""The loop: observe, assess, decide, guard, execute, reconcile, record, publish."""
