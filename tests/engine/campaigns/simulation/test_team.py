from engine.campaigns.simulation.team import Team


def opened(agents: int = 2) -> Team:
    team = Team(agents)
    team.open()
    return team


def test_nobody_is_at_work_before_the_shift() -> None:
    assert Team(2).present == 0


def test_who_takes_a_call_is_busy_until_the_work_is_done() -> None:
    team = opened()

    agent = team.take(10.0, is_human=True)
    assert (team.free, team.talks, team.talks_to_persons) == (1, 1, 1)
    team.end_talk(agent)
    assert (team.free, team.talks, team.busy_for(15.0)) == (1, 0, [5.0])
    assert team.finish(agent) == 10.0
    assert team.free == 2


def test_a_machine_is_no_talk_with_a_person() -> None:
    team = opened()
    team.take(0.0, is_human=False)

    assert (team.talks, team.talks_to_persons) == (1, 0)


def test_the_longest_free_is_next() -> None:
    team = opened()
    first = team.take(0.0, is_human=True)
    team.end_talk(first)
    team.finish(first)

    assert team.take(1.0, is_human=True) != first


def test_who_is_away_takes_no_call() -> None:
    team = opened(1)
    team.send_away(0)
    assert (team.free, team.present) == (0, 0)

    team.come_back(0)
    assert team.free == 1


def test_after_the_shift_they_leave_and_the_next_has_all() -> None:
    team = opened(3)
    team.take(0.0, is_human=True)
    team.send_away(1)
    team.close()
    team.dismiss()
    assert (team.present, team.is_open) == (1, False)

    team.come_back(1)
    assert team.free == 0
    team.open()
    assert (team.free, team.present) == (2, 3)
