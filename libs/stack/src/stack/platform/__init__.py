"""The whole of Fairway on one machine: backing servers, sandbox third parties, the five services and their workers."""
