-- Keep what leases hold; what Redis does not know of any more is as their owner says.
local lease_us, leases = unpack(arguments)

local seen, all = {}, {}
for _, one in ipairs(leases) do
  local lease, names = unpack(one)
  local held = holdings(lease)
  if held ~= false then -- a renewal that was overtaken by the release
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
