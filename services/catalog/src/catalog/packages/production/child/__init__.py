"""What runs in child processes: everything that GDAL or Arrow takes part in. The service and its worker import the
functions, never the libraries: those are loaded in the child (`state.load`)."""
