import asyncio

from yongzhou.house.roles import supervised
from yongzhou.house.roles.supervised import Supervised


def test_a_failing_task_is_started_again_and_others_run_on(monkeypatch):
    monkeypatch.setattr(supervised, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervised, "LONGEST_PAUSE_S", 0.02)
    runs = {"bad": 0, "good": 0}

    async def go():
        tasks = Supervised()

        async def bad():
            runs["bad"] += 1
            if runs["bad"] == 3:
                tasks.stop()
            raise ValueError("x")

        async def good():
            runs["good"] += 1
            await asyncio.sleep(60)

        tasks.add("bad", bad)
        tasks.add("good", good)
        await asyncio.wait_for(tasks.run(), 5)
        return tasks.report()

    report = asyncio.run(go())
    assert runs == {"bad": 3, "good": 1}
    assert report["bad"]["error"] == "ValueError: x"
