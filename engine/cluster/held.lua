-- How many leases hold a slot of a capacity.
local name = unpack(arguments)
return redis.call('ZCOUNT', key('slots', name), '(' .. whole(now), '+inf')
