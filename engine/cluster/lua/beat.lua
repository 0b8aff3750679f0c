-- Somebody lives who gives Redis what it may have lost. Its state counts as whole for
-- as long as somebody does; after that, as after a start without data, it is whole
-- again once everybody has had the time to do so. Answers which state it is, none while
-- it is not whole, and how many leases have lapsed since the last beat of anybody.
local grace_us, ready_ms = unpack(arguments)
local ready = prefix .. 'ready'

if redis.call('PEXPIRE', ready, ready_ms) == 1 then
  -- Not before: their owners may live, and have had no Redis to tell it.
  local lapsed =
    redis.call('ZREMRANGEBYSCORE', prefix .. 'leases', '-inf', whole(now))
  return { state(), lapsed }
end
if now - lost_since() < grace_us then
  return { '', 0 }
end
redis.call('SET', ready, whole(now), 'PX', ready_ms)
redis.call('DEL', prefix .. 'lost')
return { state(), 0 }
