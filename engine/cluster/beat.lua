-- Somebody lives who gives Redis what it may have lost. Its state counts as whole for
-- as long as somebody does; after that, as after a start without data, it is whole
-- again once everybody has had the time to do so. Answers which state it is, none while
-- it is not whole.
local grace_us, ready_ms = unpack(arguments)
local ready = prefix .. 'ready'

if redis.call('PEXPIRE', ready, ready_ms) == 0 then
  if now - lost_since() < grace_us then
    return ''
  end
  redis.call('SET', ready, whole(now), 'PX', ready_ms)
  redis.call('DEL', prefix .. 'lost')
end
return state()
