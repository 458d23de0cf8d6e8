"""What happens to a row: reports, cancels, retries, reads. No worker is running here."""

import asyncio
from uuid import uuid4

import pytest

from contracts import training as c
from contracts.shared import ANONYMOUS, Page
from contracts.verdict import Kind
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.messaging.envelope import SERVICE
from kit.testing import ADMIN, MAPPER, STRANGER, eventually

from .conftest import DATASET, PRIVATE, fetch, fetch_nothing, order

OUTCOME = (
    '{"metrics": {"iou": 0.7}, "split": {}, "artifacts": {"onnx_model": "s3://a/o"}, "version": 3,'
    ' "started_at": null, "ended_at": null, "wall_seconds": 9.5}'
)


@pytest.fixture
def report(caller):
    async def report(row, status, attempt=1, actor=SERVICE, **facts):
        command = c.ReportRun(training_id=row["id"], attempt=attempt, status=status, **facts)
        return await caller.send(command, actor)

    return report


@pytest.mark.spec("18.5", "submit stores the run id, reason of a failure")
@pytest.mark.spec("17.1", "initializing to submitted, submitted to running, running to failed")
async def test_reports_move_the_row_and_tell_once(submit, report, caller, heard):
    row, run_id = await submit(), str(uuid4())
    for status in ("initializing", "running", "running", "failed", "completed"):
        await report(row, status, run_id=run_id, reason="no label")
    shown = await caller.ask(c.GetTraining(training_id=row["id"]))
    assert (shown["status"], shown["zenml_run_id"], shown["error"]) == ("failed", run_id, "no label")
    await eventually(lambda: any(kind.endswith("training_failed") for kind, _ in heard))
    told = [(body["previous"], body["status"]) for kind, body in heard if kind.endswith("status_changed")]
    assert told == [("initializing", "submitted"), ("submitted", "running"), ("running", "failed")]
    ends = [kind for kind, _ in heard if kind.rsplit("_", 1)[1] in ("completed", "failed", "stopped")]
    assert ends == ["evt.training.v1.training_failed"]


WAYS = [
    (["failed"], ["failed"]),
    (["provisioning", "running"], ["provisioning", "running"]),
    (["provisioning", "failed"], ["provisioning", "failed"]),
    (["provisioning", "stopped"], ["provisioning", "stopped"]),
    (["running", "retrying", "running"], ["running", "retrying", "running"]),
    (["running", "retrying", "failed"], ["running", "retrying", "failed"]),
    (["running", "retrying", "retried"], ["running", "retrying", "retried"]),
    (["running", "cached"], ["running", "cached"]),
    (["running", "stopping", "completed"], ["running", "stopping", "completed"]),
    (["running", "stopping", "failed"], ["running", "stopping", "failed"]),
    (["stopped", "running", "completed"], ["stopped"] * 3),
    (["running", "completed", "failed"], ["running", "completed", "completed"]),
]


@pytest.mark.spec("17.1", "initializing to failed, provisioning, retrying, retried, cached")
@pytest.mark.spec("17.1", "stopping to an end of its own, terminal is final")
@pytest.mark.parametrize(("words", "shown"), WAYS)
async def test_words_of_the_pipeline_server_move_the_row(words, shown, submit, report, caller):
    row, run_id = await submit(), str(uuid4())
    assert [(await report(row, word, run_id=run_id)).result["status"] for word in words] == shown
    assert (await caller.ask(c.GetTraining(training_id=row["id"])))["status"] == shown[-1]


async def test_only_services_report(submit, report, caller):
    row = await submit()
    assert (await report(row, "completed", actor=ADMIN)).kind is Kind.FORBIDDEN
    epoch = c.ReportEpoch(training_id=row["id"], attempt=1, epoch=1, epochs=2, values={})
    assert (await caller.send(epoch, MAPPER)).kind is Kind.FORBIDDEN


async def test_reports_of_an_older_attempt_are_ignored(submit, report, caller):
    row = await submit()
    await report(row, "failed")
    again = await caller.send(c.RetryTraining(training_id=row["id"]))
    assert (again.http, again.result["status"], again.result["attempt"]) == (202, "initializing", 2)
    assert again.result["error"] == ""
    assert (await report(row, "completed", attempt=1)).result["status"] == "initializing"
    assert (await report(row, "running", attempt=2)).result["status"] == "running"


async def test_retry_sends_a_new_job(submit, report, caller, heard):
    row = await submit()
    await report(row, "failed")
    await caller.send(c.RetryTraining(training_id=row["id"]))

    def jobs():
        return [b["attempt"] for k, b in heard if k.startswith("job") and b["training_id"] == row["id"]]

    await eventually(lambda: jobs() == [1, 2])


@pytest.mark.parametrize(("status", "code"), [("running", "RUN_NOT_FINISHED"), ("completed", "RUN_ALREADY_FINISHED")])
async def test_retry_is_for_what_failed(submit, report, caller, status, code):
    row = await submit()
    await report(row, status)
    refused = await caller.send(c.RetryTraining(training_id=row["id"]))
    assert (refused.kind, refused.code) == ("conflict", code)


async def test_the_loss_series_is_that_of_the_attempt(submit, report, caller):
    row = await submit()
    for epoch, loss in ((1, 0.5), (2, 0.4), (2, 0.3)):
        sample = c.ReportEpoch(training_id=row["id"], attempt=1, epoch=epoch, epochs=2, values={"train_loss": loss})
        await caller.send(sample, SERVICE)
    series = await caller.ask(c.GetEpochs(training_id=row["id"]))
    assert [(s["epoch"], s["epochs"], s["values"]["train_loss"]) for s in series] == [(1, 2, 0.5), (2, 2, 0.3)]
    await report(row, "failed")
    await caller.send(c.RetryTraining(training_id=row["id"]))
    assert await caller.ask(c.GetEpochs(training_id=row["id"])) == []


@pytest.mark.spec("7.6", "finished 409")
async def test_cancel_before_a_worker_has_it_stops_at_once(submit, caller, heard):
    row = await submit()
    verdict = await caller.send(c.CancelRun(training_id=row["id"]))
    assert verdict.result["status"] == "stopped"
    await eventually(lambda: any(kind.endswith("training_stopped") for kind, _ in heard))
    refused = await caller.send(c.CancelRun(training_id=row["id"]))
    assert (refused.kind, refused.code) == ("conflict", "RUN_ALREADY_FINISHED")


@pytest.mark.spec("7.6", "POST /trainings/runs/{run_id}/cancel/, graceful, stopping at once, stopped is recorded")
@pytest.mark.spec("17.1", "stopping, stopped")
async def test_cancel_of_a_running_one_is_a_wish(submit, report, caller):
    row, run_id = await submit(), str(uuid4())
    await report(row, "running", run_id=run_id)
    verdict = await caller.send(c.CancelRun(run_id=run_id, graceful=True))
    assert verdict.result == {"run_id": run_id, "training_id": row["id"], "status": "stopping", "graceful": True}
    assert (await caller.send(c.CancelRun(run_id=run_id))).result["graceful"] is False
    assert (await report(row, "running")).result["status"] == "stopping"
    assert (await report(row, "stopped")).result["status"] == "stopped"


@pytest.mark.parametrize("number", range(10))
async def test_cancel_and_success_race_to_one_end(number, submit, report, caller, heard):
    row, run_id = await submit(), str(uuid4())
    await report(row, "running", run_id=run_id)
    await asyncio.gather(caller.send(c.CancelRun(run_id=run_id)), report(row, "completed"), report(row, "stopped"))
    end = await caller.ask(c.GetTraining(training_id=row["id"]))

    def told():
        kinds = ("training_completed", "training_stopped")
        return [kind for kind, body in heard if kind.endswith(kinds) and body["training_id"] == row["id"]]

    await eventually(told)
    assert told() == [f"evt.training.v1.training_{end['status']}"]


async def test_runs_of_others_may_not_be_cancelled(submit, report, caller):
    row, run_id = await submit(), str(uuid4())
    await report(row, "running", run_id=run_id)
    for command in (c.CancelRun(run_id=run_id), c.RetryTraining(training_id=row["id"])):
        assert (await caller.send(command, STRANGER)).kind is Kind.FORBIDDEN
    assert (await caller.send(c.CancelRun(run_id="unknown"))).kind is Kind.NOT_FOUND
    assert (await caller.send(c.CancelRun())).kind is Kind.INVALID
    assert (await caller.send(c.CancelRun(run_id=run_id), ADMIN)).result["status"] == "stopping"


@pytest.mark.spec("7.2", "GET /trainings/{id}/, readable rows")
async def test_trainings_on_private_datasets_are_for_owner_and_admin(known, caller):
    row = (await caller.send(order(dataset_stac_id=PRIVATE))).result
    for actor in (MAPPER, ADMIN):
        assert (await caller.ask(c.GetTraining(training_id=row["id"]), actor))["id"] == row["id"]
    for query in (c.GetTraining(training_id=row["id"]), c.GetEpochs(training_id=row["id"])):
        with pytest.raises(NotFound):
            await caller.ask(query, STRANGER)
    listed = await caller.ask(c.ListTrainings(page=Page(limit=1000)), STRANGER)
    assert row["id"] not in [item["id"] for item in listed["results"]]


@pytest.mark.spec("7.2", "GET /trainings/, filter local_model, filter user, filter status, ordering")
async def test_lists_are_filtered_ordered_and_paged(submit, report, caller):
    name = f"listed {uuid4().hex[:6]}"
    rows = [await submit(model_name=name) for _ in range(3)]
    await report(rows[1], "failed")
    model = rows[0]["local_model"]

    async def ids(**filters):
        page = Page(limit=filters.pop("limit", 50), ordering=filters.pop("ordering", ""))
        answer = await caller.ask(c.ListTrainings(page=page, local_model=model, **filters), STRANGER)
        return answer["count"], [rows.index(next(r for r in rows if r["id"] == i["id"])) for i in answer["results"]]

    assert await ids() == (3, [2, 1, 0])
    assert await ids(ordering="submitted_at") == (3, [0, 1, 2])
    assert await ids(ordering="nonsense,-id", limit=2) == (3, [2, 1])
    assert await ids(status="failed") == (1, [1])
    assert await ids(user=STRANGER.id) == (0, [])
    assert await ids(user=MAPPER.id) == (3, [2, 1, 0])


async def test_the_compiled_list_is_the_one_that_is_built_anew(submit, report, caller):
    rows = [await submit(), (await caller.send(order(dataset_stac_id=PRIVATE))).result]
    await report(rows[0], "failed", reason="no label")
    for actor in (MAPPER, STRANGER, ADMIN, ANONYMOUS):
        for page in (Page(limit=1000), Page(limit=1), Page(limit=2, offset=1)):
            compiled = await caller.ask(c.ListTrainings(page=page), actor)
            ordered = page.model_copy(update={"ordering": "-submitted_at"})
            anew = await caller.ask(c.ListTrainings(page=ordered), actor)
            assert compiled == anew
            assert compiled["results"] or actor is ANONYMOUS


@pytest.mark.spec("1.3", "unknown model 400")
async def test_filter_by_an_unknown_model_is_refused(known, caller):
    with pytest.raises(Invalid) as refused:
        await caller.ask(c.ListTrainings(local_model=987_654_321))
    assert list(refused.value.facts) == ["local_model"]


async def test_publishable_is_for_owner_and_admin_and_what_is_completed(submit, running, caller):
    row = await submit(epochs=7)
    query = c.GetPublishable(training_id=row["id"])
    with pytest.raises(Forbidden, match=r"Not allowed\."):
        await caller.ask(query, STRANGER)
    with pytest.raises(Conflict):
        await caller.ask(query)
    await fetch_nothing(
        running, "update trainings set status = 'completed', zenml_run_id = %s, outcome = %s where id = %s",
        str(uuid4()), OUTCOME, row["id"],
    )  # fmt: skip
    facts = await caller.ask(query)
    assert (facts["version"], facts["hyperparameters"]["epochs"]) == (3, 7)
    assert facts["artifacts"] == {"onnx_model": "s3://a/o"}
    assert (await caller.ask(query, ADMIN))["training_id"] == row["id"]


async def test_no_logs_before_there_is_a_run(submit, caller):
    row = await submit()
    assert await caller.ask(c.GetRunLogs(training_id=row["id"])) == []


@pytest.mark.spec("7.4", "GET /trainings/runs/{run_id}/status/, run_id, status, is_terminal, unknown 404")
async def test_run_routes_are_for_owner_and_admin(submit, report, caller):
    row, run_id = await submit(), str(uuid4())
    await report(row, "failed", run_id=run_id)
    with pytest.raises(NotFound):
        await caller.ask(c.GetRunState(run_id="unknown"))
    state = {"run_id": run_id, "status": "failed", "is_terminal": True}
    assert await caller.ask(c.GetRunState(run_id=run_id), ADMIN) == state


@pytest.mark.spec("1.5", "unseen rows are 404, seen but not owned is 403")
@pytest.mark.spec("7.4", "other user 403")
@pytest.mark.parametrize(("dataset", "error"), [(DATASET, Forbidden), (PRIVATE, NotFound)])
async def test_runs_are_closed_to_strangers_and_hidden_with_their_dataset(known, report, caller, dataset, error):
    row, run_id = (await caller.send(order(dataset_stac_id=dataset))).result, str(uuid4())
    await report(row, "running", run_id=run_id)
    queries = [c.GetRunState(run_id=run_id), c.GetRunLogs(run_id=run_id), c.GetRunLogs(training_id=row["id"])]
    for query in [*queries, c.GetPublishable(training_id=row["id"])]:
        with pytest.raises(error):
            await caller.ask(query, STRANGER)
    kind = "forbidden" if error is Forbidden else "not_found"
    for command in (c.CancelRun(run_id=run_id), c.CancelRun(training_id=row["id"])):
        assert (await caller.send(command, STRANGER)).kind == kind
    assert (await caller.send(c.CancelRun(run_id=run_id), ADMIN)).result["status"] == "stopping"


async def test_names_follow_the_users(submit, running, caller):
    from contracts.gateway import UserChanged

    row = await submit()
    await caller.publish(UserChanged(user_id=MAPPER.id, username="renamed"))

    async def renamed():
        return (await caller.ask(c.GetTraining(training_id=row["id"])))["user"]["username"] == "renamed"

    await eventually(renamed)
    assert await fetch(running, "select username from trainings where id = %s", row["id"]) == [("mapper",)]


@pytest.fixture
async def twice_run(submit, report, caller):
    """A training whose first run failed and whose second one is running, and the ids of both runs."""
    row, first, second = await submit(), str(uuid4()), str(uuid4())
    await report(row, "failed", run_id=first)
    await caller.send(c.RetryTraining(training_id=row["id"]))
    await report(row, "running", attempt=2, run_id=second)
    return row, first, second


@pytest.mark.spec("7.4", "GET /trainings/runs/{run_id}/status/ of an earlier attempt")
@pytest.mark.spec("7.5", "GET /trainings/runs/{run_id}/logs/ of an earlier attempt")
@pytest.mark.spec("7.6", "POST /trainings/runs/{run_id}/cancel/ of an earlier attempt is 409 RUN_ALREADY_FINISHED")
async def test_earlier_runs_can_still_be_looked_into(twice_run, caller):
    _, first, second = twice_run
    earlier = await caller.ask(c.GetRunState(run_id=first))
    assert earlier == {"run_id": first, "status": "retried", "is_terminal": True}
    with pytest.raises(NotFound, match=first):  # the question reaches the pipeline server, which never had this run
        await caller.ask(c.GetRunLogs(run_id=first))
    with pytest.raises(Forbidden):
        await caller.ask(c.GetRunLogs(run_id=first), STRANGER)
    assert (await caller.send(c.CancelRun(run_id=first))).code == "RUN_ALREADY_FINISHED"
    assert (await caller.send(c.CancelRun(run_id=second))).result["status"] == "stopping"


@pytest.mark.spec("25", "DELETE /trainings/{id}/")
async def test_only_an_ended_training_is_deleted(submit, report, caller, heard):
    row = await submit()
    command = c.DeleteTraining(training_id=row["id"])
    assert (await caller.send(command)).code == "RUN_NOT_FINISHED"
    await report(row, "failed", run_id=str(uuid4()))
    assert (await caller.send(command, STRANGER)).kind is Kind.FORBIDDEN
    assert (await caller.send(command)).http == 204
    with pytest.raises(NotFound):
        await caller.ask(c.GetTraining(training_id=row["id"]))
    assert (await caller.send(command)).kind is Kind.NOT_FOUND
    await eventually(lambda: any(kind.endswith("training_deleted") for kind, _ in heard))


async def test_private_training_of_others_cannot_be_deleted_or_cloned(known, caller):
    row = (await caller.send(order(dataset_stac_id=PRIVATE))).result
    for command in (c.DeleteTraining(training_id=row["id"]), c.CloneTraining(training_id=row["id"])):
        assert (await caller.send(command, STRANGER)).kind is Kind.NOT_FOUND


@pytest.mark.spec("25", "POST /trainings/{id}/clone/")
async def test_clone_is_a_new_training_with_the_same_wishes(submit, caller):
    row = await submit(epochs=7)
    copy = (await caller.send(c.CloneTraining(training_id=row["id"]))).result
    same = ("local_model", "base_model_stac_id", "dataset", "overrides", "title", "keywords", "description")
    assert copy["id"] != row["id"]
    assert [copy[key] for key in same] == [row[key] for key in same]
    changed = c.CloneTraining(training_id=row["id"], model_name=f"other {uuid4().hex[:6]}", overrides={"epochs": 3})
    other = await caller.send(changed, STRANGER)
    assert (other.result["overrides"], other.result["user"]["osm_id"]) == ({"epochs": 3}, STRANGER.id)
    assert (await caller.send(c.CloneTraining(training_id=row["id"]), STRANGER)).code == "model_name_taken"
