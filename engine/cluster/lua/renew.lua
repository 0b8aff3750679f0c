-- Renew leases. What a lease holds is as Redis has it, or, if Redis has lost it, as its
-- owner says. No limit is checked: calls that are live must count, even above it.
local lease_us, leases = unpack(arguments)

local seen, all = {}, {}
for _, entry in ipairs(leases) do
  local lease, names = unpack(entry)
  local held = holdings(lease)
  if held ~= false then -- false: the release has overtaken this renewal
    names = held or names
    hold(lease, names, lease_us)
    for _, name in ipairs(names) do
      if not seen[name] then
        seen[name] = true
        all[#all + 1] = name
      end
    end
  end
end
keep(all, lease_us)
