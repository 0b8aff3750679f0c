-- Argument: microseconds. Returns that much from now, and the state of Redis.
return { whole(now + arguments[1]), state() or '' }
