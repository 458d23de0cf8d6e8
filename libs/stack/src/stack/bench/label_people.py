"""Fifty labellers at once: two campaigns, leases that are forgotten, a reviewer, and people who send what is accepted.

`python -m stack.bench.label_people` takes ten minutes; `--minutes 1` is a look.
"""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import typer
from rich.console import Console

from fairway import Fairway
from fairway.labelstore import label_key
from stack.bench.rows import Row, table
from stack.bench.system import System, system, two_gateway_workers
from stack.home import Home

PEOPLE, OVERLAP = 50, 3
THINKING = 0.8
"""Mean seconds that a labeller looks at an image."""
FORGOTTEN, REJECTED = 0.03, 0.1
"""Parts of leases that nobody submits, and of submissions that are sent back."""
LEASE_MINUTES = 1
PER_SECOND = PEOPLE / THINKING
BOX = {"label": "roof", "bounding_box": {"xmin": 1, "xmax": 40, "ymin": 2, "ymax": 30}}
console = Console()


@dataclass
class Seen:
    """What the people of one campaign have met."""

    campaign: int
    images: list[int]
    accepted: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Submissions that were taken, by labeller and image."""
    again: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Images that were sent back to who had submitted them."""
    waits: list[float] = field(default_factory=list)
    """Milliseconds until a lease was there."""
    refused: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    changed_accepted: int = 0


def prepare(admin: Fairway, running: System, title: str, images: int, **options: Any) -> Seen:
    """A campaign with images that are rows only."""
    ids: list[int] = []
    folder = f"{running.env['BUCKET_NAME']}/{running.env.get('PARENT_BUCKET_FOLDER', 'dev')}/uploads/{title}"
    size = {"filetype": "JPEG", "filesize": 1000, "dimensions": {"width": 640, "height": 480}}
    for start in range(0, images, 1000):
        body = [{"filepath": f"{folder}/{n}.jpg", "file": size} for n in range(start, min(start + 1000, images))]
        made = admin.transport.write("POST", "/images?inspect=false", body)
        ids += [one["image_id"] for one in made["images"]]
    made = admin.campaigns.create(title, f"{title}@labels.example", uses_leases=True, **options)
    for start in range(0, images, 5000):
        admin.campaigns.add_images(made.campaign_id, ids[start : start + 5000])
    admin.campaigns.set_status(made.campaign_id, "active")
    return Seen(made.campaign_id, ids)


def person(admin: Fairway, number: int, campaigns: list[Seen]) -> dict[str, str]:
    """A label user with a role on each campaign; returns its headers."""
    roles = [{"role": "labeler", "subject_type": "campaign", "subject_id": one.campaign} for one in campaigns]
    made = admin.transport.write("POST", "/label_users", {"email": f"person-{number}@labels.example", "roles": roles})
    return label_key(made["access_token"]["apikey"], made["access_token"]["apisecret"])


async def label(http: httpx.AsyncClient, number: int, campaigns: list[Seen], until: float) -> None:
    """One labeller, who works at both campaigns by turns until time is up or there is nothing left."""
    while time.monotonic() < until:
        tasks = [(one, task) for one in campaigns for task in await leased(http, one)]
        if not tasks:
            await asyncio.sleep(1)
        for seen, task in tasks:
            await asyncio.sleep(random.expovariate(1 / THINKING))
            if random.random() < FORGOTTEN:
                seen.forgotten += 1
            else:
                await submit(http, number, seen, task)


async def leased(http: httpx.AsyncClient, seen: Seen) -> list[dict[str, Any]]:
    started = time.monotonic()
    answer = await http.post(f"/campaigns/{seen.campaign}/next", json={"count": 1, "minutes": LEASE_MINUTES})
    seen.waits.append(1000 * (time.monotonic() - started))
    if answer.status_code != 200:
        seen.refused[f"lease {answer.status_code}"] += 1
        return []
    return answer.json()["tasks"]


async def submit(http: httpx.AsyncClient, number: int, seen: Seen, task: dict[str, Any]) -> None:
    body = [{"image_id": task["image_id"], "objects": [BOX]}]
    answer = await http.put(f"/campaigns/{seen.campaign}/objects", json=body)
    if answer.status_code != 200:
        seen.refused[f"submission {answer.status_code}"] += 1
        return
    seen.accepted[number, task["image_id"]] += 1
    if task["comment"]:
        seen.again[number, task["image_id"]] += 1


async def review(http: httpx.AsyncClient, seen: Seen, parties: list[httpx.AsyncClient], until: float) -> None:
    """Accepts and sends back; then somebody tries to change what was accepted."""
    while time.monotonic() < until:
        await asyncio.sleep(2)
        rows = (await http.get(f"/campaigns/{seen.campaign}/images?review=submitted&per_page=200")).json()
        waiting = [one["image_id"] for one in rows.get("images", [])]
        decisions = [
            {"image_id": one, "accepted": random.random() > REJECTED, "comment": "Look again."} for one in waiting
        ]
        done = await http.post(f"/campaigns/{seen.campaign}/reviews", json={"decisions": decisions})
        kept = [one["image_id"] for one in decisions if one["accepted"]] if done.status_code == 200 else []
        for image_id in kept[:5]:
            body = [{"image_id": image_id, "objects": []}]
            answer = await random.choice(parties).put(f"/campaigns/{seen.campaign}/objects", json=body)
            seen.changed_accepted += answer.status_code == 200


async def everybody(running: System, keys: list[dict[str, str]], campaigns: list[Seen], seconds: float) -> None:
    options: dict[str, Any] = {"base_url": running.url, "timeout": 60, "trust_env": False}
    parties = [httpx.AsyncClient(headers=one, **options) for one in keys]
    reviewer = httpx.AsyncClient(headers={"Authorization": f"Bearer {running.token}"}, **options)
    until = time.monotonic() + seconds
    work = [label(http, number, campaigns, until) for number, http in enumerate(parties)]
    await asyncio.gather(*work, review(reviewer, campaigns[0], parties, until))
    for http in (*parties, reviewer):
        await http.aclose()


def figures(running: System, single: Seen, shared: Seen) -> list[Row]:
    """Compares what people met with what the database holds."""
    twice = sum(n - 1 - single.again[key] > 0 for key, n in single.accepted.items())
    twice += sum(n > 1 for n in shared.accepted.values())
    with running.connect("catalog") as database:
        lost = sum(_lost(database, one) for one in (single, shared))
        many = database.execute(_TOO_MANY, (OVERLAP, shared.campaign)).fetchone()
    waits = sorted(single.waits + shared.waits)
    done = sum(single.accepted.values()) + sum(shared.accepted.values())
    method = (
        f"{PEOPLE} people, {done} submissions, {single.forgotten + shared.forgotten} leases forgotten; "
        + ", ".join(f"{name}: {n}" for name, n in sorted((single.refused + shared.refused).items()))
    )
    return [
        Row("labellers: images that came twice to one person", twice, "", "<= 0", method),
        Row("labellers: submissions that were lost", lost, "", "<= 0", "taken ones without a row of the image"),
        Row("labellers: images with too many answers", many[0] if many else 0, "", "<= 0", f"overlap {OVERLAP}"),
        Row(
            "labellers: accepted work that was changed", single.changed_accepted, "", "<= 0", "tried after each review"
        ),
        Row("labellers: p95 of a lease", round(waits[int(len(waits) * 0.95)], 1), "ms", None, f"{len(waits)} leases"),
    ]


_TOO_MANY = """select count(*) from (select campaign_image_id from labelstore.answers a
join labelstore.campaign_images i on i.id = a.campaign_image_id where a.submission_id is not null
group by 1, i.campaign_id having count(*) > %s and i.campaign_id = %s) x"""
_KEPT = """select count(distinct (s.actor_id, r.campaign_image_id)) from labelstore.revisions r
join labelstore.submissions s on s.id = r.submission_id where s.campaign_id = %s and s.kind = 'submission'"""


def _lost(database: Any, seen: Seen) -> int:
    return len(seen.accepted) - database.execute(_KEPT, (seen.campaign,)).fetchone()[0]


def people(running: System, minutes: float) -> list[Row]:
    images = int(minutes * 60 * PER_SECOND)
    with Fairway(running.url, running.token) as admin:
        single = prepare(admin, running, "people-single", images // 2 + 500, review=True)
        shared = prepare(admin, running, "people-shared", images // 6 + 500, overlap=OVERLAP)
        keys = [person(admin, number, [single, shared]) for number in range(PEOPLE)]
        asyncio.run(everybody(running, keys, [single, shared], minutes * 60))
    return figures(running, single, shared)


def main(minutes: float = 10) -> None:
    with console.status("starting"), system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        two_gateway_workers(running)
        console.print(table(people(running, minutes)))


if __name__ == "__main__":
    typer.run(main)
