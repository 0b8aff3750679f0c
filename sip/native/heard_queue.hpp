/* What the far end has said and the server has not been sent yet: the newest frames, of which
 * there may be so many. Older ones are dropped, and counted.
 */
#ifndef OUTRING_HEARD_QUEUE_HPP
#define OUTRING_HEARD_QUEUE_HPP

#include <cstdint>
#include <cstring>
#include <vector>

namespace outring {

class HeardQueue {
public:
    HeardQueue(size_t frame, size_t capacity) : frame(frame), bytes(frame * capacity), limit(capacity) {}

    /* Hold at most *count* frames from now on; no more than at first. */
    void shrink(size_t count)
    {
        if (count < limit)
            limit = count;
        while (size() > limit)
            drop();
    }

    size_t size() const
    {
        return static_cast<size_t>(pushed - taken);
    }

    /* Frames that were dropped. */
    uint64_t dropped_frames() const
    {
        return dropped;
    }

    /* Where to write the next frame. */
    uint8_t *push()
    {
        if (size() == limit)
            drop();
        return at(pushed++);
    }

    /* Take the oldest frame into *target*; its number, counted from 0 over all of them. */
    uint64_t pop(uint8_t *target)
    {
        std::memcpy(target, at(taken), frame);
        return taken++;
    }

private:
    void drop()
    {
        ++taken;
        ++dropped;
    }

    uint8_t *at(uint64_t number)
    {
        return bytes.data() + frame * (number % (bytes.size() / frame));
    }

    const size_t frame;
    std::vector<uint8_t> bytes;
    size_t limit;
    uint64_t pushed = 0;
    uint64_t taken = 0; /* or dropped */
    uint64_t dropped = 0;
};

} // namespace outring

#endif
