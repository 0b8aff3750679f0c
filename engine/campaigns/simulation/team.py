"""Agents that are simulated: who is free, who talks, who works on, who takes a pause."""


class Team:
    """The agents of a shift, by number. Times are simulated seconds."""

    def __init__(self, agents: int) -> None:
        """Have nobody at work."""
        self._agents = agents
        self._free: list[int] = []
        self._busy: dict[int, float] = {}
        self._talks: dict[int, bool] = {}
        self._away: set[int] = set()
        self.is_open = False
        """Whether the shift goes on."""

    def open(self) -> None:
        """Begin the shift: all are free who still are not busy."""
        self._free = [agent for agent in range(self._agents) if agent not in self._busy]
        self.is_open = True

    def close(self) -> None:
        """End the shift; who is busy leaves afterwards, who is free once nobody needs them."""
        self.is_open = False
        self._away.clear()

    def dismiss(self) -> None:
        """Let those who are free go home."""
        self._free.clear()

    @property
    def free(self) -> int:
        """How many are free."""
        return len(self._free)

    @property
    def talks(self) -> int:
        """How many have a call."""
        return len(self._talks)

    @property
    def talks_to_persons(self) -> int:
        """How many have a call with a person, and not a machine that was taken for one."""
        return sum(self._talks.values())

    @property
    def present(self) -> int:
        """How many are at work, free or busy."""
        return len(self._free) + len(self._busy)

    def busy_for(self, now: float) -> list[float]:
        """Return for how long each of those who are busy has been."""
        return [now - since for since in self._busy.values()]

    def take(self, now: float, *, is_human: bool) -> int:
        """Give a call to the agent who is free the longest; returns the agent."""
        agent = self._free.pop(0)
        self._busy[agent] = now
        self._talks[agent] = is_human
        return agent

    def end_talk(self, agent: int) -> None:
        """End the call of *agent*, who works on after it."""
        del self._talks[agent]

    def finish(self, agent: int) -> float:
        """End the work of *agent* after a call; returns when the call came."""
        self._free.append(agent)
        return self._busy.pop(agent)

    def send_away(self, agent: int) -> None:
        """Begin a pause of *agent*, who is free."""
        self._free.remove(agent)
        self._away.add(agent)

    def come_back(self, agent: int) -> None:
        """End a pause, unless the shift has ended it."""
        if agent in self._away:
            self._away.discard(agent)
            self._free.append(agent)
