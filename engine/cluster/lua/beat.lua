-- Heartbeat of any process. The state of Redis counts as whole while heartbeats come. After
-- a pause in them, or a start without data, it counts as lost, and is whole again once every
-- process has had the time to renew its leases (grace_us). Returns which state it is, '' while
-- it is not whole, and how many leases have lapsed since the last heartbeat of any process.
local grace_us, ready_ms = unpack(arguments)
local ready = prefix .. 'ready'

if redis.call('PEXPIRE', ready, ready_ms) == 1 then
  -- Only while the state is whole: otherwise their owners may be live, and could only
  -- not reach Redis.
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
