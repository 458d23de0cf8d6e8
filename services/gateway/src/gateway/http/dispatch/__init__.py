"""From a request to its route and to the call of its endpoint."""
