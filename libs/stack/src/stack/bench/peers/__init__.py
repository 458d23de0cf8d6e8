"""What people would write instead of Fairway: small, idiomatic applications that keep areas and hand a task to Celery.

They answer when the row is committed and the task is in Redis: no verdict of an owner, no outbox, no idempotency.
Geometry is JSON to them, so that they check and index less than we do. They run in the environment `peers`.
"""
