"""What the calls of a campaign so far say of those to come: who answers, when, and for how long."""

from .life_table import LAST_S, LifeTable

CALLS_REMEMBERED = 500
HANDLINGS_REMEMBERED = 300
DOUBTED_CALLS = 25
"""So many calls, all answered by persons, are held to have been before the first."""
DOUBTED_HANDLINGS = 2
"""So many calls, which no agent came free of, are held to have been before the first."""
SECONDS_UNTIL_KNOWN = 15.0  # of those calls


class CallHistory:
    """What was learnt of calls: of each until it was known what it is, and of each with an agent.

    What is not known is held to be for the worse: as long as there are few calls each that is
    dialled is expected to be answered by a person, and no agent to come free. So little
    knowledge means one call for each free agent. The probabilities are means of beta
    distributions, whose prior are the doubted calls; they fade as all calls of long ago do.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._calls = LifeTable(CALLS_REMEMBERED)
        self._persons = LifeTable(CALLS_REMEMBERED)
        self._handlings = LifeTable(HANDLINGS_REMEMBERED)
        self._person_chances: dict[int, float] = {}
        self._free_chances: dict[tuple[int, int], float] = {}
        for _ in range(DOUBTED_CALLS):
            self.add_call(SECONDS_UNTIL_KNOWN, is_person=True)
        for _ in range(DOUBTED_HANDLINGS):
            self.add_handling(LAST_S)

    def add_call(self, seconds: float, *, is_person: bool) -> None:
        """Take in a call, *seconds* from its INVITE until it was known whether it is a person.

        For a person that is the end of the greeting, or the answer if that is what counts; for
        all others it is when the machine was recognised, or the end. It is to be told then, not
        once a person has hung up: otherwise those who talk would be missing among the calls.
        """
        self._person_chances.clear()
        for table in (self._calls, self._persons):
            table.age()
        self._calls.add(seconds)
        if is_person:
            self._persons.add(seconds)

    def add_handling(self, seconds: float) -> None:
        """Take in how long an agent was taken by a call: talk, and work after it."""
        self._free_chances.clear()
        self._handlings.age()
        self._handlings.add(seconds)

    def person_chance(self, age_s: float = 0.0) -> float:
        """Return the probability that a call will be a person's, dialled *age_s* ago.

        Ages are taken in whole seconds, here and below, and what was computed is kept until
        something new is learnt: a step asks for many calls of the same age.
        """
        age = int(age_s)
        chance = self._person_chances.get(age)
        if chance is None:
            chance = self._person_chances[age] = self._person_chance(age)
        return chance

    def _person_chance(self, age_s: float) -> float:
        calls = self._calls.longer_than(age_s)
        return min(1.0, self._persons.longer_than(age_s) / calls) if calls > 0 else 1.0

    def free_chance(self, age_s: float, within_s: float) -> float:
        """Return the probability that an agent comes free in *within_s*, busy since *age_s*."""
        key = int(age_s), round(within_s)
        chance = self._free_chances.get(key)
        if chance is None:
            chance = self._free_chances[key] = self._free_chance(*key)
        return chance

    def _free_chance(self, age_s: float, within_s: float) -> float:
        busy = self._handlings.longer_than(age_s)
        if busy <= 0:
            return 0.0
        return 1.0 - min(1.0, self._handlings.longer_than(age_s + within_s) / busy)

    def seconds_until_known(self) -> float:
        """Return the mean time from INVITE to a person who wants an agent."""
        return self._persons.mean()
