"""The ledgers of two services in one answer."""

from contracts.prediction.usage import GetUsage as GetPredictionUsage
from contracts.training.usage import GetUsage as GetTrainingUsage

PATH = "/api/v1/usage/"
ENTRY = {
    "user_id": 7, "month": "2026-11", "run": None, "runs": 2, "cpu_seconds": 13.5, "gpu_seconds": 0.0,
    "peak_memory": 900, "stored_bytes": 4000,
}  # fmt: skip
LIMITS = {"cpu_seconds": 3600.0, "gpu_seconds": None, "stored_bytes": None}


async def test_both_owners_are_asked(http, owners, mapper, problem):
    problem(await http.get(PATH), 401)
    problem(await http.get(PATH, headers=mapper), 503)
    owners.answer(GetTrainingUsage, {"entries": [ENTRY], "limits": LIMITS})
    owners.answer(GetPredictionUsage, {"entries": [], "limits": LIMITS})
    answer = await http.get(PATH, headers=mapper)
    assert answer.json() == {
        "training": {"entries": [ENTRY], "limits": LIMITS}, "prediction": {"entries": [], "limits": LIMITS},
    }  # fmt: skip
    assert owners.last(GetTrainingUsage)["user_id"] is None


async def test_filters_reach_the_owners(http, owners, mapper, problem):
    for query in (GetTrainingUsage, GetPredictionUsage):
        owners.answer(query, {"entries": [], "limits": LIMITS})
    assert (await http.get(f"{PATH}?user=9&month=2026-11&per_run=true", headers=mapper)).status_code == 200
    for query in (GetTrainingUsage, GetPredictionUsage):
        assert owners.last(query) == {"user_id": 9, "everyone": False, "month": "2026-11", "per_run": True}
    refused = problem(await http.get(f"{PATH}?month=2026-13", headers=mapper), 400)
    assert "month" in refused["error"]["details"]
