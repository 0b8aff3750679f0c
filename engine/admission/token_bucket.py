"""TokenBucket: how many requests may be admitted, by how long threads lag. Pure."""

from math import exp

FASTEST, SLOWEST = 4000.0, 10.0  # bounds of the rate, in requests per second
BURST_S = 0.05  # as many requests as come in this time may be admitted at once
FALL_S = 1.0  # of lag, after which the rate is 1/e of what it was
# Without lag the rate grows by a factor of e in this time; after N seconds without lag it
# grows 1 + N times as fast, so that a short pause proves little and a long one much.
RISE_S = 4.0


class TokenBucket:
    """Gives a token to each request that may be admitted, at a rate that follows the lag.

    The rate falls while a thread lags and rises otherwise. The owner calls ``refill``
    all the time, also when no request waits: nothing else adds tokens or changes the
    rate.
    """

    def __init__(self, slowest: float = SLOWEST, fastest: float = FASTEST) -> None:
        """Begin with a full bucket, and keep the rate between *slowest* and *fastest*."""
        self.rate = fastest
        """Requests per second that may be admitted now."""
        self._slowest, self._fastest = slowest, fastest
        self._tokens = fastest * BURST_S
        self._time_without_lag_s = 0.0  # since a thread lagged last

    def take(self) -> bool:
        """Take a token for one request; False if there is none."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def refill(self, elapsed_s: float, *, is_late: bool) -> None:
        """Set the rate, and add the tokens of the *elapsed_s* seconds since the last call.

        *is_late*: whether a thread lagged for more than the limit in that time.
        """
        if is_late:
            # One long stop is one sign of overload, so it counts for FALL_S at most.
            change, self._time_without_lag_s = exp(-min(elapsed_s / FALL_S, 1.0)), 0.0
        else:
            change = exp(elapsed_s / RISE_S * (1 + self._time_without_lag_s))
            self._time_without_lag_s = min(self._time_without_lag_s + elapsed_s, RISE_S)
        self.rate = min(max(self.rate * change, self._slowest), self._fastest)
        most = max(self.rate * BURST_S, 1.0)
        self._tokens = min(self._tokens + self.rate * elapsed_s, most)
