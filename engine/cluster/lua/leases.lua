-- The leases that hold a slot of a capacity.
return redis.call('ZRANGEBYSCORE', key('slots', arguments[1]), '(' .. whole(now), '+inf')
