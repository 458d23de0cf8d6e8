"""Dashboards from the command line, before a small gateway."""

import json

import pytest
from small_gateway import Answer
from typer.testing import CliRunner

from fairway.cli import app, dashboards_migrate
from fairway.dashboards import difference, read_file

DTO = {"dashboard": {"widgets": []}}
STORED = {"id": "a b", **DTO}
DETAILS = {"id": "a b", "title": "Losses", "tags": ["x"], "owner": "me", "permission": "admin", "version": 2,
           "size_bytes": 28, "updated_at": "2026-01-01T00:00:00Z", "provisioned": False}  # fmt: skip
VERSION = {"version": 2, "created_at": "2026-01-01T00:00:00Z", "author": "me", "message": "why", "size_bytes": 28,
           "restored_from": None}  # fmt: skip


@pytest.fixture
def cli(at_home):
    """Runs a command line and returns its exit code and output."""

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["dashboards", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "losses.json"
    path.write_text(json.dumps({"title": "t", "id": "x", **DTO}))
    return path


def test_files_are_read_without_what_is_beside_the_content(file, tmp_path):
    assert read_file(file) == DTO
    file.write_text("[]")
    with pytest.raises(ValueError, match="no JSON object"):
        read_file(file)


def test_differences_do_not_depend_on_the_order_of_members():
    assert difference({"a": 1, "b": 2}, {"b": 2, "a": 1}, "f") == []
    assert [line for line in difference({"a": 1}, {"a": 2}, "f") if line[0] in "+-"][2:] == ['-  "a": 1', '+  "a": 2']


def test_usage_of_the_command_of_operators(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in ([], ["--help"], ["export", "-h"], ["file.json"]):
        assert dashboards_migrate.run(words) == 1
        assert "usage: dashboards-migrate" in capsys.readouterr().out
    assert dashboards_migrate.run(["export", "nowhere.json", "import"]) == 1
    assert "nowhere.json" in capsys.readouterr().err
    assert dashboards_migrate.run(["import"]) == 1
    assert "whitelisted_dashboards.json" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text("{}")
    assert dashboards_migrate.run(["import", "bad.json"]) == 1
    assert "no array" in capsys.readouterr().err


def test_the_commands(cli, at_home, file):
    at_home.rows("/dashboards", DETAILS)
    path = "/dashboard/a%20b"
    at_home.on(f"GET {path}", Answer(body=STORED))
    at_home.on("POST /dashboard/", Answer(201, STORED))
    at_home.on("POST /dashboard/previews", Answer(201, STORED))
    at_home.on(f"PATCH {path}", Answer(body=STORED))
    at_home.on(f"PATCH {path}/details", Answer(body=DETAILS))
    at_home.on(f"GET {path}/versions", Answer(body=[VERSION]))
    at_home.on(f"POST {path}/versions/1/restore", Answer(body=STORED))
    at_home.on(f"POST {path}/links", Answer(201, {"id": "l1", "token": "secret"}))
    at_home.on(f"DELETE {path}/links/l1", Answer(204, b""))
    at_home.on(f"DELETE {path}", Answer(body=STORED))
    at_home.on(f"POST {path}/undelete", Answer(body=STORED))
    done = [
        cli(*line) for line in (
            ("list", "--search", "loss"), ("get", "a b"), ("put", str(file)), ("put", str(file), "--ttl", "60"),
            ("put", str(file), "--id", "a b", "--message", "why", "--title", "Losses"),
            ("versions", "a b", "--restore", "1"),
            ("share", "a b"), ("share", "a b", "--revoke", "l1"), ("delete", "a b"), ("delete", "a b", "--undo"),
            ("diff", str(file), "--id", "a b"),
        )
    ]  # fmt: skip
    assert [code for code, _ in done] == [0] * len(done), done
    outputs = [output for _, output in done]
    assert "Losses" in outputs[0]
    assert json.loads(outputs[1]) == DTO
    assert "linked-dashboards/secret" in outputs[6].replace("\n", "")
    sent = [one for one in at_home.asked if one.method == "PATCH"]
    assert (sent[0].body, sent[0].query, sent[1].body) == (DTO, {"message": "why"}, {"title": "Losses"})
    assert at_home.asked[3].query == {"ttl": "60"}


def test_checks_fail_for_a_file_that_is_wrong(cli, at_home, file):
    result = {"valid": False, "size_bytes": 28, "max_bytes": 9, "errors": [{"pointer": "/dashboard", "message": "bad"}]}
    at_home.on("POST /dashboard/validate", Answer(body=result), Answer(body={**result, "valid": True, "errors": []}))
    code, output = cli("validate", str(file))
    assert (code, "/dashboard: bad" in output) == (1, True)
    assert cli("validate", str(file))[0] == 0
    at_home.on("GET /dashboard/losses", Answer(body={"id": "losses", "dashboard": {"widgets": [1]}}))
    code, output = cli("diff", str(file))
    assert (code, "+" in output) == (1, True)
