"""`predict` as it serves: with any session, on a folder."""

from geoml.plugin_tests import ServeTests


class TestUnet(ServeTests):
    pass
