-- How many leases hold a slot of each capacity.
local counts = {}
for i, name in ipairs(arguments[1]) do
  counts[i] = redis.call('ZCOUNT', key('slots', name), '(' .. whole(now), '+inf')
end
return counts
