"""The dialect of the API of fAIr: the rules of the house."""

from gateway.http.dialect import Dialect

FAIR = Dialect("fair")
