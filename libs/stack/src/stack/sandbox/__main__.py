"""`python -m stack.sandbox <name> --port N [--data DIR]`, on $SANDBOX_HOST. Each command imports its own server only,
to start faster."""

import os
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Sandbox third parties.")
HOST = os.environ.get("SANDBOX_HOST", "127.0.0.1")
Port = Annotated[int, typer.Option()]
Data = Annotated[Path | None, typer.Option(help="A sample folder; without it, the generated village.", exists=True)]


@cli.command("tiles")
def serve_tiles(
    port: Port, kept: Annotated[Path, typer.Option(help="where painted tiles stay")], data: Data = None
) -> None:
    """An XYZ tile server with TileJSON."""
    from stack.sandbox import tiles

    _serve(tiles.app(data, kept), port)


@cli.command("synthetic-tiles")
def serve_synthetic_tiles(port: Port) -> None:
    """Synthetic tiles everywhere, for predictions of any size."""
    from stack.sandbox import synthetic_tiles

    _serve(synthetic_tiles.app(), port)


@cli.command("rawdata")
def serve_rawdata(port: Port, data: Data = None) -> None:
    """The HOT Raw Data API over the same place."""
    from stack.sandbox import rawdata

    _serve(rawdata.app(data), port)


@cli.command("issuer")
def serve_issuer(port: Port) -> None:
    """An issuer of sign-in tokens like Hanko, and the login portal's token check."""
    from stack.sandbox import issuer

    _serve(issuer.app(f"http://{HOST}:{port}"), port)


@cli.command("osm")
def serve_osm(port: Port) -> None:
    """The login at OpenStreetMap."""
    from stack.sandbox import osm_login

    _serve(osm_login.app(), port)


@cli.command("smtp")
def serve_smtp(port: Port, mail_port: Annotated[int, typer.Option(help="where mail is taken")]) -> None:
    """A mail sink; --port answers what arrived."""
    from stack.sandbox import smtp

    _serve(smtp.app(mail_port, HOST), port)


@cli.command("otlp")
def serve_otlp(port: Port) -> None:
    """A receiver of OpenTelemetry traces."""
    from stack.sandbox import otlp

    _serve(otlp.app(), port)


@cli.command("mapswipe")
def serve_mapswipe(port: Port) -> None:
    """Mapswipe's backend and its sign-in."""
    from stack.sandbox.mapswipe import server

    _serve(server.app(f"http://{HOST}:{port}"), port)


@cli.command("webhooks")
def serve_webhooks(port: Port) -> None:
    """A receiver of webhooks."""
    from stack.sandbox import webhooks

    _serve(webhooks.app(), port)


@cli.command("files")
def serve_files(port: Port, data: Annotated[Path, typer.Option(exists=True)]) -> None:
    """A folder, as a host of model files would serve it."""
    from stack.sandbox import files

    _serve(files.app(data), port)


def _serve(app: Starlette, port: int) -> None:
    uvicorn.run(app, host=HOST, port=port, access_log=False, log_level="warning")


cli()
